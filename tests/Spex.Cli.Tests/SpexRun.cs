namespace Spex.Cli.Tests;

/// <summary>One call of the command within the test's process: what it printed and its exit code.</summary>
internal sealed record SpexRun(int Code, string Output, string Error)
{
    public static SpexRun Of(params string[] arguments) => Of(CancellationToken.None, arguments);

    public static SpexRun Of(CancellationToken cancel, params string[] arguments)
    {
        StringWriter output = new() { NewLine = "\n" }, error = new() { NewLine = "\n" };
        int code = SpexCommand.Invoke(arguments, Terminal.Of(output, error), cancel);
        return new SpexRun(code, output.ToString(), error.ToString());
    }
}
