using System.CommandLine;

namespace Spex.Cli.Commands;

/// <summary>`spex prune`: what can be made smaller.</summary>
internal static class PruneCommand
{
    public static Command Create(Terminal terminal, CancellationToken cancel) =>
        new("prune", "Finds the parts of a model that are worth most together.") { PruneHeadsCommand.Create(terminal, cancel) };
}
