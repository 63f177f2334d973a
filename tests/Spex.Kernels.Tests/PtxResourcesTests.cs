using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Spex.Tests;

namespace Spex.Kernels.Tests;

/// <summary>What each kernel takes of a multiprocessor, kept as tables: what its PTX tells everywhere, and what the assembler makes of it where there is one.</summary>
public sealed partial class PtxResourcesTests
{
    /// <summary>Names an assembler that is not on the path.</summary>
    private const string PtxasVariable = "SPEX_PTXAS";

    // Registers depend on who hands them out.
    private const string TableVersion = "11.8";

    [Fact]
    public void What_kernels_hold_and_how_they_move_it_changes_only_on_purpose()
    {
        StringBuilder table = new($"{"kernel",-44}{"target",-8}{"threads",8}{"local",7}{"shared",8}{"barriers",10}{"shuffles",10}{"wide",6}\n");
        foreach ((string target, MethodInfo kernel, string ptx) in CompileAll())
        {
            int Count(string instruction) => Regex.Count(ptx, $@"^\s*(@!?%\w+ )?{instruction}", RegexOptions.Multiline, TimeSpan.FromSeconds(10));
            table.Append(
                CultureInfo.InvariantCulture,
                $"{PtxCompiler.NameOf(kernel),-44}{target,-8}{PtxCompiler.ThreadsOf(kernel),8}{Bytes(LocalMemory(), ptx),7}{Bytes(SharedMemory(), ptx),8}{Count(@"bar(rier)?\."),10}{Count(@"shfl\."),10}{Count(@"(ld|st)\.\w+\.v[24]\."),6}\n");
        }

        Snapshot.Match(table.ToString(), "ptx");
    }

    [Fact]
    public void Registers_spills_and_stack_change_only_on_purpose()
    {
        string assembler = Environment.GetEnvironmentVariable(PtxasVariable) is { Length: > 0 } named ? named : "ptxas";
        string? version = TryRun(assembler, "--version");
        Assert.SkipWhen(version is null, $"There is no ptxas (of a CUDA toolkit): neither on the path nor named by {PtxasVariable}.");
        bool isOfTable = version!.Contains($"release {TableVersion}", StringComparison.Ordinal);
        StringBuilder table = new($"ptxas {TableVersion}\n{"kernel",-44}{"target",-8}{"threads",8}{"registers",11}{"stack",7}{"spilled",9}{"shared",8}\n");
        string folder = Directory.CreateTempSubdirectory("spex-ptx").FullName;
        try
        {
            foreach ((string target, MethodInfo kernel, string ptx) in CompileAll())
            {
                string file = Path.Combine(folder, "kernel.ptx");
                File.WriteAllText(file, ptx);
                string told = TryRun(assembler, $"-arch={target}", "-v", "-o", Path.Combine(folder, "kernel.cubin"), file) ?? "";
                Match stack = Stack().Match(told), used = Used().Match(told);
                Assert.True(stack.Success && used.Success, $"{PtxCompiler.NameOf(kernel)}, {target}: {told}");
                table.Append(
                    CultureInfo.InvariantCulture,
                    $"{PtxCompiler.NameOf(kernel),-44}{target,-8}{PtxCompiler.ThreadsOf(kernel),8}{used.Groups["registers"],11}{stack.Groups["frame"],7}{stack.Groups["stores"],9}{(used.Groups["shared"].Success ? used.Groups["shared"].Value : "0"),8}\n");

                // Whatever the version: what does not fit into registers is slow.
                Assert.Equal((PtxCompiler.NameOf(kernel), target, "0", "0", "0"), (PtxCompiler.NameOf(kernel), target, stack.Groups["frame"].Value, stack.Groups["stores"].Value, stack.Groups["loads"].Value));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        Assert.SkipUnless(isOfTable, $"Nothing spills; the table of registers is that of ptxas {TableVersion}, this is another: {version.Trim().Split('\n')[^1]}");
        Snapshot.Match(table.ToString(), "ptxas");
    }

    private static IEnumerable<(string Target, MethodInfo Kernel, string Ptx)> CompileAll() =>
        from kernel in PtxCompiler.Kernels
        from target in PtxCompiler.Targets
        select (target.Name, kernel, PtxCompiler.Compile(kernel, target.Architecture, target.InstructionSet));

    // Static arrays: ".shared .align 8 .b8 name[1024];".
    private static int Bytes(Regex declaration, string ptx) =>
        declaration.Matches(ptx).Sum(match => int.Parse(match.Groups["count"].Value, CultureInfo.InvariantCulture) * int.Parse(match.Groups["bits"].Value, CultureInfo.InvariantCulture) / 8);

    private static string? TryRun(string program, params string[] arguments)
    {
        try
        {
            ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return output + errors.Result;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    [GeneratedRegex(@"\.local\s+(\.align\s+\d+\s+)?\.[bsuf](?<bits>\d+)\s+[^\[;]+\[(?<count>\d+)\]")]
    private static partial Regex LocalMemory();

    [GeneratedRegex(@"\.shared\s+(\.align\s+\d+\s+)?\.[bsuf](?<bits>\d+)\s+[^\[;]+\[(?<count>\d+)\]")]
    private static partial Regex SharedMemory();

    [GeneratedRegex(@"(?<frame>\d+) bytes stack frame, (?<stores>\d+) bytes spill stores, (?<loads>\d+) bytes spill loads")]
    private static partial Regex Stack();

    [GeneratedRegex(@"Used (?<registers>\d+) registers(, (?<shared>\d+) bytes smem)?")]
    private static partial Regex Used();
}
