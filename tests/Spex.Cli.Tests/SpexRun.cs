namespace Spex.Cli.Tests;

/// <summary>One call of the command within the test's process: what it printed and its exit code.</summary>
/// <remarks>Explanations and benchmarks run on the processor unless a test names a device, so that a machine with a GPU prints the same.</remarks>
internal sealed record SpexRun(int Code, string Output, string Error)
{
    public static SpexRun Of(params string[] arguments) => Of(CancellationToken.None, arguments);

    public static SpexRun Of(CancellationToken cancel, params string[] arguments)
    {
        StringWriter output = new() { NewLine = "\n" }, error = new() { NewLine = "\n" };
        int code = SpexCommand.Invoke(OnTheProcessor(arguments), Terminal.Of(output, error), cancel);
        return new SpexRun(code, output.ToString(), error.ToString());
    }

    private static string[] OnTheProcessor(string[] arguments) =>
        arguments is ["explain" or "benchmark", string kind, .. string[] rest] && kind[0] != '-' && !arguments.Contains("--device") && !arguments.Contains("--help") ? [arguments[0], kind, "--device", "cpu", .. rest] : arguments;
}
