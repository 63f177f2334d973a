using System.CommandLine;
using Spex.Core.Formats;
using Spex.Core.Games;
using Spex.Engine.ValueFunctions;
using Spex.Reports;

namespace Spex.Cli.Commands;

/// <summary>`spex explain game FILE`: a table or a sparse function.</summary>
internal static class ExplainGameCommand
{
    public static Command Create(Terminal terminal, CancellationToken cancel)
    {
        Argument<string> file = new("FILE") { Description = "A game file: JSON (table, sparse function or several games), or a game that shapiq saved (JSON, NPZ)." };
        Option<string?> name = new("--name") { Description = "Which game, in a file of several.", HelpName = "ID" };
        ExplainOptions options = new();
        Command command = new("game", "Explains a function given as a file: a table of all values, or a sparse function.") { file, name };
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(file);
            string? id = parsed.GetValue(name);
            Game game = GameFile.Read(path, id);
            Subject subject = new("game", id is null ? path : $"{id} in {path}", "what the game gives", "feature", game.FeatureNames);
            return ExplainRun.Invoke(subject, new GameValueFunction(game), options, parsed, terminal, cancel);
        });
        return command;
    }
}
