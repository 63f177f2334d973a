using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using Spex.Cli.Commands;
using Spex.Core;

namespace Spex.Cli;

/// <summary>The `spex` command: reads arguments, calls the library, prints, and turns errors into one line and an exit code.</summary>
internal static class SpexCommand
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>The run failed or was stopped.</summary>
    public const int Failed = 1;

    /// <summary>The arguments, or the files they name, were wrong.</summary>
    public const int Wrong = 2;

    /// <summary>Set it to 1 to see where an unexpected error came from.</summary>
    public const string TraceVariable = "SPEX_TRACE";

    /// <summary>Runs the command.</summary>
    /// <returns><see cref="Done"/>, <see cref="Failed"/> or <see cref="Wrong"/>.</returns>
    public static int Invoke(IReadOnlyList<string> arguments, Terminal terminal, CancellationToken cancel = default)
    {
        ParseResult parsed = Create(terminal, cancel).Parse(arguments);
        string[] errors = [.. parsed.Errors.Select(error => error.Message).Concat(UnknownOptions(parsed)).Distinct()];
        if (errors.Length > 0)
        {
            foreach (string message in errors)
            {
                terminal.Error.WriteLine($"spex: {message}");
            }

            terminal.Error.WriteLine($"`{Path(parsed.CommandResult.Command)} --help` lists what there is.");
            return Wrong;
        }

        try
        {
            return parsed.Invoke(new InvocationConfiguration
            {
                Output = terminal.Output,
                Error = terminal.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
        }
        catch (SpexInputException error)
        {
            return Fail(terminal, error, error.Message, Wrong);
        }
        catch (SpexException error)
        {
            return Fail(terminal, error, error.Message, Failed);
        }
        catch (OperationCanceledException error) when (cancel.IsCancellationRequested)
        {
            return Fail(terminal, error, error.InnerException is null ? "stopped." : $"stopped. {error.Message}", Failed);
        }
        catch (OutOfMemoryException error)
        {
            return Fail(terminal, error, "There is not enough memory. A smaller --budget needs less.", Failed);
        }
#pragma warning disable CA1031 // The last line of defence: whatever went wrong, people get one line and not a stack trace.
        catch (Exception error)
        {
            return Fail(terminal, error, $"Something went wrong that was not foreseen: {error.GetType().Name}: {error.Message} {TraceVariable}=1 shows where.", Failed);
        }
#pragma warning restore CA1031
    }

    /// <summary>The commands and options there are.</summary>
    internal static RootCommand Create(Terminal terminal, CancellationToken cancel)
    {
        RootCommand root = new("Finds which parts of an input caused a model's output, and which of them act together.")
        {
            ExplainCommand.Create(terminal, cancel),
            ReportCommand.Create(terminal),
            PlotCommand.Create(terminal),
            CompareCommand.Create(terminal),
            ExportCommand.Create(),
            PruneCommand.Create(terminal, cancel),
            BenchmarkCommand.Create(terminal, cancel),
            TrainCommand.Create(terminal, cancel),
            ConvertCommand.Create(terminal),
            DevicesCommand.Create(terminal),
        };

        // The library would ask the process's console for its width, which need not be where the help goes.
        root.Options.OfType<HelpOption>().Single().Action = new HelpAction { MaxWidth = terminal.OutputConsole.Profile.Width };
        return root;
    }

    /// <summary>Words that look like options but were taken for arguments; behind `--` everything is an argument.</summary>
    private static IEnumerable<string> UnknownOptions(ParseResult parsed) =>
        from token in parsed.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash)
        where token.Type == TokenType.Argument && token.Value.StartsWith("--", StringComparison.Ordinal) && token.Value.Length > 2
        select $"There is no option {token.Value}. If it is meant as a text or a file, put it behind `--`.";

    private static int Fail(Terminal terminal, Exception error, string message, int code)
    {
        terminal.Error.WriteLine($"spex: {message}");
        if (Environment.GetEnvironmentVariable(TraceVariable) == "1")
        {
            terminal.Error.WriteLine(error);
        }

        return code;
    }

    private static string Path(Command command)
    {
        Symbol? parent = command.Parents.FirstOrDefault();
        return parent is Command above ? $"{Path(above)} {command.Name}" : "spex";
    }
}
