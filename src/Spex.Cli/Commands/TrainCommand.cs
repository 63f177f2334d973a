using System.CommandLine;

namespace Spex.Cli.Commands;

/// <summary>`spex train`: what can be trained.</summary>
internal static class TrainCommand
{
    public static Command Create(Terminal terminal, CancellationToken cancel) =>
        new("train", "Trains a model of this program's own.") { TrainSentimentCommand.Create(terminal, cancel) };
}
