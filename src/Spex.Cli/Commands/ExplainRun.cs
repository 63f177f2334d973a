using System.CommandLine;
using Spex.Core.Formats;
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
        // A file that cannot be written is told before the ablations are paid for, not after.
        string? result = parsed.GetValue(options.Result), json = parsed.GetValue(options.Json), spectrum = parsed.GetValue(options.Spectrum);
        foreach (string path in new[] { result, json, spectrum }.OfType<string>())
        {
            OutputFile.Check(path);
        }

        using CpuDevice device = new(parsed.GetValue(options.Threads));
        ExplainerSettings settings = options.Read(parsed);
        if (settings.SamplesFile is null)
        {
            settings = settings with { RescueFile = $"spex-{DateTime.Now:yyyyMMdd-HHmmss}.samples" };
        }

        Explainer explainer = new(device);
        Explanation explanation = parsed.GetValue(options.Quiet)
            ? explainer.Explain(function, settings, null, cancel) with { Remarks = [] }
            : AblationProgressView.Show(terminal, progress => explainer.Explain(function, settings, progress, cancel));
        ConsoleReport.Write(terminal.OutputConsole, subject, explanation, parsed.GetValue(options.Top));
        if (result is not null)
        {
            ResultFile.Write(result, subject, explanation);
        }

        if (json is not null)
        {
            bool exact = explanation.Faithfulness.Measure == Spex.Core.Metrics.FaithfulnessMeasure.Exact;
            InteractionValuesFile.Write(json, explanation.Interactions, exact ? null : explanation.Run.Ablations);
        }

        if (spectrum is not null)
        {
            SpectrumFile.Write(spectrum, explanation.Spectrum, subject.FeatureNames, writer => ResultFile.WriteRun(writer, explanation.Run));
        }

        return SpexCommand.Done;
    }
}
