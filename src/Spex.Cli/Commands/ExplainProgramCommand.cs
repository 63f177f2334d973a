using System.CommandLine;
using Spex.Core;
using Spex.Engine.ValueFunctions;
using Spex.Reports;

namespace Spex.Cli.Commands;

/// <summary>`spex explain command --features N -- PROGRAM ARGS`: any program.</summary>
internal static class ExplainProgramCommand
{
    public static Command Create(Terminal terminal, CancellationToken cancel)
    {
        Option<int?> features = OptionKinds.OptionalNumber("--features", "N", "How many features the program's masks have.", 1, Spex.Core.Masks.MaskMatrix.MaxFeatureCount);
        Option<string?> name = new("--name") { Description = "What tells the program's function from others with the same arguments, for --samples.", HelpName = "NAME" };
        Argument<string[]> program = new("PROGRAM") { Description = "The program and its arguments, after --.", Arity = ArgumentArity.ZeroOrMore };
        ExplainOptions options = new();
        Command command = new("command", "Explains a program that reads one mask a line (0 and 1) and answers one number a line.") { features, name, program };
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            string[] words = parsed.GetValue(program) ?? [];
            int n = parsed.GetValue(features) ?? throw new SpexInputException("Say how many features there are: --features N.");
            if (words.Length == 0)
            {
                throw new SpexInputException("Give the program after --, for example: spex explain command --features 12 -- python3 model.py");
            }

            using CommandValueFunction function = new(n, words[0], words[1..], parsed.GetValue(name));
            Subject subject = new("command", string.Join(' ', words), "the number that the program answers", "feature", null);
            return ExplainRun.Invoke(subject, function, options, parsed, terminal, cancel);
        });
        return command;
    }
}
