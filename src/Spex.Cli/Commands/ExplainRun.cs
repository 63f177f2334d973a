using System.CommandLine;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Explaining;
using Spex.Engine.ValueFunctions;
using Spex.Reports;

namespace Spex.Cli.Commands;

/// <summary>What all `explain` commands do once they have a value function.</summary>
internal static class ExplainRun
{
    public static int Invoke(Subject subject, IValueFunction function, ExplainOptions options, ParseResult parsed, Terminal terminal, CancellationToken cancel)
    {
        bool quiet = parsed.GetValue(options.Quiet);
        using CpuDevice device = new(parsed.GetValue(options.Threads));
        Explanation explanation = quiet
            ? new Explainer(device).Explain(function, options.Read(parsed), null, cancel)
            : AblationProgressView.Show(terminal, progress => new Explainer(device).Explain(function, options.Read(parsed), progress, cancel));
        ConsoleReport.Write(terminal.OutputConsole, subject, explanation, parsed.GetValue(options.Top));
        return SpexCommand.Done;
    }
}
