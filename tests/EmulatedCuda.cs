using System.ComponentModel;
using System.Diagnostics;

namespace Spex.Tests;

/// <summary>The emulated CUDA driver of tests/CudaEmulator, built once a process where there is a compiler; tests are skipped where there is none.</summary>
internal static class EmulatedCuda
{
    private static readonly Lazy<string?> Built = new(Build);

    /// <summary>The folder of its libcuda.so.1.</summary>
    public static string Folder
    {
        get
        {
            Xunit.Assert.SkipUnless(OperatingSystem.IsLinux(), "The emulated CUDA driver is libcuda.so.1.");
            Xunit.Assert.SkipWhen(Built.Value is null, "There is no C++ compiler (c++) to build the emulated CUDA driver with.");
            return Built.Value!;
        }
    }

    /// <summary>Runs a program that finds the emulated driver first: ILGPU looks for its driver once a process, so each case needs one of its own.</summary>
    /// <param name="program">A program beside the tests.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">What else its environment holds.</param>
    /// <returns>Its exit code, and all that it wrote.</returns>
    public static async Task<(int ExitCode, string Output)> Run(string program, string[] arguments, params (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = new(Path.Combine(AppContext.BaseDirectory, program), arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LD_LIBRARY_PATH"] = string.Join(':', new[] { Folder, Environment.GetEnvironmentVariable("LD_LIBRARY_PATH") }.OfType<string>());
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;

        // A kernel that does not end shall not keep the tests from it.
        using CancellationTokenSource longest = new(TimeSpan.FromMinutes(8));
        await using CancellationTokenRegistration kill = longest.Token.Register(() => process.Kill(entireProcessTree: true));
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await errors);
    }

    private static string? Build()
    {
        string folder = Directory.CreateTempSubdirectory("spex-cuda-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, true);
        try
        {
            using Process compiler = Process.Start(
                new ProcessStartInfo("bash", [Path.Combine(AppContext.BaseDirectory, "CudaEmulator", "build"), folder]) { RedirectStandardError = true })!;
            string errors = compiler.StandardError.ReadToEnd();
            compiler.WaitForExit();
            return compiler.ExitCode switch
            {
                0 => folder,
                127 => null,
                _ => throw new InvalidOperationException(errors),
            };
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
