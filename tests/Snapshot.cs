using System.Runtime.CompilerServices;

namespace Spex.Tests;

/// <summary>Compares a text with the one that is kept beside the test: a change of what people see is then a change that a person has looked at.</summary>
/// <remarks>Linked into every test project.</remarks>
internal static class Snapshot
{
    /// <summary>Set it to 1 to keep what the tests got as the new snapshots.</summary>
    public const string AcceptVariable = "SPEX_ACCEPT";

    /// <summary>Fails where the text differs from the snapshot, leaving a .received file beside it.</summary>
    /// <param name="text">What was got.</param>
    /// <param name="name">The snapshot's file name without its ending.</param>
    /// <param name="test">The test's file, which the compiler fills in; the snapshot stands in the folder Snapshots beside it.</param>
    public static void Match(string text, string name, [CallerFilePath] string test = "")
    {
        string received = text.ReplaceLineEndings("\n").TrimEnd('\n') + "\n";
        string folder = Path.Combine(Path.GetDirectoryName(test)!, "Snapshots");
        string file = Path.Combine(folder, $"{name.Replace(' ', '-')}.txt"), receivedFile = Path.ChangeExtension(file, ".received.txt");
        string? kept = File.Exists(file) ? File.ReadAllText(file).ReplaceLineEndings("\n") : null;
        if (received == kept)
        {
            File.Delete(receivedFile);
            return;
        }

        Directory.CreateDirectory(folder);
        if (Environment.GetEnvironmentVariable(AcceptVariable) == "1")
        {
            File.WriteAllText(file, received);
            File.Delete(receivedFile);
            return;
        }

        File.WriteAllText(receivedFile, received);
        Assert.Fail(
            $"""
            {(kept is null ? $"There is no snapshot {file}." : $"The text differs from {file}, first in {FirstDifference(kept, received)}")}
            What was got is in {receivedFile}. If it is right, `{AcceptVariable}=1 dotnet test -c Release` keeps it (or {AcceptVariable}=1 before one test executable).
            """);
    }

    private static string FirstDifference(string kept, string received)
    {
        string[] was = kept.Split('\n'), now = received.Split('\n');
        int line = 0;
        while (line < was.Length && line < now.Length && was[line] == now[line])
        {
            line++;
        }

        string Show(string[] lines) => line < lines.Length ? lines[line] : "(the end)";
        return $"line {line + 1}:\n- {Show(was)}\n+ {Show(now)}";
    }
}
