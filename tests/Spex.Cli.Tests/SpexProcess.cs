using System.Diagnostics;

namespace Spex.Cli.Tests;

/// <summary>The command as a process of its own, in a process group of its own, so that it can be sent signals as a terminal sends them.</summary>
internal sealed class SpexProcess : IDisposable
{
    /// <summary>A process that has not done what is waited for by then hangs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly Task<string> _output, _error;

    private SpexProcess(Process process)
    {
        _process = process;
        _output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        _error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Starts `spex` in a folder.</summary>
    public static SpexProcess Start(string folder, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        string command = Path.Combine(AppContext.BaseDirectory, "spex.dll");
        Assert.SkipUnless(File.Exists("/usr/bin/setsid") && File.Exists("/bin/kill"), "There is no setsid or no kill here.");
        ProcessStartInfo start = new("/usr/bin/setsid", [DotNet(), command, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return new SpexProcess(Process.Start(start)!);
    }

    /// <summary>Sends a signal to the process alone.</summary>
    public void Signal(string signal) => Kill(signal, $"{_process.Id}");

    /// <summary>Sends a signal to the process and all it started, as a terminal does for Ctrl+C.</summary>
    public void SignalGroup(string signal) => Kill(signal, $"-{_process.Id}");

    /// <summary>Waits until something holds while the process runs.</summary>
    public void WaitUntil(Func<bool> holds)
    {
        long start = Stopwatch.GetTimestamp();
        while (!holds())
        {
            Assert.False(_process.HasExited, $"The process ended too early: {(_process.HasExited ? _error.Result : "")}");
            Assert.True(Stopwatch.GetElapsedTime(start) < Patience, "What was waited for did not happen.");
            Thread.Sleep(5);
        }
    }

    /// <summary>Waits for the end.</summary>
    public SpexRun End()
    {
        Assert.True(_process.WaitForExit(Patience), "The process does not end.");
        return new SpexRun(_process.ExitCode, _output.Result, _error.Result);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            SignalGroup("KILL");
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    // The host that runs the tests need not be on the path.
    private static string DotNet() => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    private static void Kill(string signal, string process)
    {
        using Process kill = Process.Start("/bin/kill", ["-s", signal, "--", process]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }
}
