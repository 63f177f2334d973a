using System.CommandLine;

namespace Spex.Cli.Commands;

/// <summary>`spex explain`: what can be explained.</summary>
internal static class ExplainCommand
{
    public static Command Create(Terminal terminal, CancellationToken cancel) =>
        new("explain", "Explains an output: ablates parts of the input and finds the interactions that made it.")
        {
            ExplainTextCommand.Create(terminal, cancel),
            ExplainImageCommand.Create(terminal, cancel),
            ExplainRagCommand.Create(terminal, cancel),
            ExplainTableCommand.Create(terminal, cancel),
            ExplainHeadsCommand.Create(terminal, cancel),
            ExplainGameCommand.Create(terminal, cancel),
            ExplainProgramCommand.Create(terminal, cancel),
            ExplainTorchScriptCommand.Create(terminal, cancel),
        };
}
