using Spectre.Console;

namespace Spex.Cli;

/// <summary>Where the command writes: results to stdout; progress, remarks and errors to stderr.</summary>
internal sealed class Terminal
{
    // Lines are not wrapped when piped: whoever reads them may.
    private const int PipedWidth = 10_000;

    private Terminal(TextWriter output, TextWriter error, bool outputIsTerminal, bool errorIsTerminal)
    {
        Output = output;
        Error = error;
        ErrorIsTerminal = errorIsTerminal;
        OutputConsole = Create(output, outputIsTerminal);
        ErrorConsole = Create(error, errorIsTerminal);
    }

    /// <summary>Results, as plain text.</summary>
    public TextWriter Output { get; }

    /// <summary>Everything else, as plain text.</summary>
    public TextWriter Error { get; }

    /// <summary>Results, with colours where a terminal shows them.</summary>
    public IAnsiConsole OutputConsole { get; }

    /// <summary>Everything else, with colours and a moving progress bar where a terminal shows them.</summary>
    public IAnsiConsole ErrorConsole { get; }

    /// <summary>Whether somebody watches the progress.</summary>
    public bool ErrorIsTerminal { get; }

    /// <summary>The process's own.</summary>
    public static Terminal OfProcess() => new(Console.Out, Console.Error, !Console.IsOutputRedirected, !Console.IsErrorRedirected);

    /// <summary>Writers that are no terminal.</summary>
    public static Terminal Of(TextWriter output, TextWriter error) => new(output, error, false, false);

    private static IAnsiConsole Create(TextWriter writer, bool isTerminal)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            Interactive = isTerminal ? InteractionSupport.Detect : InteractionSupport.No,
            ColorSystem = isTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(writer),
        });
        if (!isTerminal)
        {
            console.Profile.Width = PipedWidth;
            console.Profile.Capabilities.Unicode = true;
        }

        return console;
    }
}
