namespace Spex.Cli.Tests;

/// <summary>Real processes that are stopped and killed: what was paid for is kept, and nothing of it is paid for again.</summary>
public sealed class StoppedRunTests : IDisposable
{
    private const int Features = 8;
    private const int All = 1 << Features;

    // Says which masks it was asked, as soon as it has answered: a value is paid for then. DELAY is no part of what tells programs apart.
    private const string Program =
        """
        while read mask; do
            sleep "$DELAY"
            case $mask in 1*1) echo 2;; 1*) echo 1;; *) echo 0.5;; esac
            echo "$mask" >> "$LOG"
        done
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spex");

    public void Dispose() => _folder.Delete(true);

    [Fact]
    public void A_killed_run_goes_on_and_pays_for_nothing_twice_that_was_recorded()
    {
        using (SpexProcess killed = Start("first", "0.01", "--samples", "v.samples"))
        {
            killed.WaitUntil(() => SamplesLength() > 1000);
            killed.Signal("KILL");
            Assert.Equal(128 + 9, killed.End().Code);
        }

        SpexRun resumed = Finish("second", "--samples", "v.samples");
        string[] asked = Asked("second");
        Assert.Equal(asked.Length, asked.Distinct().Count());
        Assert.InRange(asked.Length, 1, All - 1);
        Assert.Contains($"({All - asked.Length} known before)", resumed.Output);
        Assert.Equal(Table(Finish("third").Output), Table(resumed.Output));

        // Everything is known now: the program is asked nothing.
        Finish("fourth", "--samples", "v.samples");
        Assert.Empty(Asked("fourth"));
    }

    [Theory]
    [InlineData("INT", true)]
    [InlineData("INT", false)]
    [InlineData("TERM", false)]
    public void A_stopped_run_loses_no_value_that_was_answered(string signal, bool group)
    {
        // Without a samples file too: the run then names the file where its values are.
        using SpexProcess stopped = Start("first", "0.01");
        stopped.WaitUntil(() => Asked("first").Length >= 40);
        string[] paid = Asked("first");
        if (group)
        {
            stopped.SignalGroup(signal);
        }
        else
        {
            stopped.Signal(signal);
        }

        SpexRun end = stopped.End();
        Assert.Equal(1, end.Code);
        Assert.StartsWith("spex: stopped. The ", end.Error.Split('\n').Last(line => line.Length > 0));
        Assert.DoesNotContain("   at ", end.Error);
        string samples = Path.GetFileName(Assert.Single(Directory.EnumerateFiles(_folder.FullName, "*.samples")));
        Assert.Contains(samples, end.Error);

        SpexRun resumed = Finish("second", "--samples", samples);
        Assert.Empty(Asked("second").Intersect(paid));
        Assert.Contains("known before", resumed.Output);
    }

    private static string Table(string output) => output[output.IndexOf("FBII", StringComparison.Ordinal)..];

    private SpexRun Finish(string log, params string[] options)
    {
        using SpexProcess process = Start(log, "0", options);
        SpexRun run = process.End();
        Assert.Equal(0, run.Code);
        return run;
    }

    private SpexProcess Start(string log, string delay, params string[] options) => SpexProcess.Start(
        _folder.FullName,
        new Dictionary<string, string> { ["LOG"] = Path.Combine(_folder.FullName, log), ["DELAY"] = delay },
        ["explain", "command", "--device", "cpu", "--features", $"{Features}", .. options, "--", "/bin/sh", "-c", Program]);

    private string[] Asked(string log)
    {
        string path = Path.Combine(_folder.FullName, log);
        if (!File.Exists(path))
        {
            return [];
        }

        // The last line may be on its way.
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using StreamReader reader = new(stream);
        string text = reader.ReadToEnd();
        return text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private long SamplesLength()
    {
        FileInfo file = new(Path.Combine(_folder.FullName, "v.samples"));
        return file.Exists ? file.Length : 0;
    }
}
