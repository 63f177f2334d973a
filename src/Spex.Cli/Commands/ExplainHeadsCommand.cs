using System.CommandLine;

namespace Spex.Cli.Commands;

/// <summary>`spex explain heads`: which attention heads of a language model answer questions, and which together.</summary>
internal static class ExplainHeadsCommand
{
    public static Command Create(Terminal terminal, CancellationToken cancel)
    {
        HeadOptions heads = new();
        ExplainOptions options = new();
        Command command = new("heads", "Explains how a language model answers multiple-choice questions: which attention heads, and which heads together.");
        heads.AddTo(command);
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            using HeadTask task = HeadTask.Open(heads, options, parsed, terminal);
            return ExplainRun.Invoke(task.Subject, task.Explained, options, parsed, terminal, cancel);
        });
        return command;
    }
}
