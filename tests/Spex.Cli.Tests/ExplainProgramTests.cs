namespace Spex.Cli.Tests;

public class ExplainProgramTests
{
    [Fact]
    public void Explains_a_program()
    {
        SpexRun run = Explain(3, "while read l; do case $l in 111) echo 5;; *1) echo 1;; *) echo 0;; esac; done");
        Assert.Equal("", run.Error);
        Assert.Equal(0, run.Code);
        Assert.Contains("0 × 1 × 2  +4.000", run.Output);
    }

    [Theory]
    [InlineData("while read l; do echo nan; done", "NaN for mask 0")]
    [InlineData("read l; echo 1; exit 3", "exit code 3 before it answered line 2, mask 1000")]
    [InlineData("while read l; do echo abc; done", "answered \"abc\" to line 1, mask 0000")]
    public void Bad_answers_end_the_run_naming_the_mask(string script, string expected)
    {
        SpexRun run = Explain(4, script);
        Assert.Equal(1, run.Code);
        Assert.Contains(expected, run.Error);
        Assert.DoesNotContain("   at ", run.Error);
    }

    [Fact]
    public void A_missing_program_and_a_missing_count_are_named()
    {
        Assert.Contains("cannot be started", SpexRun.Of("explain", "command", "--features", "3", "--", "no-such-program-here").Error);
        Assert.Contains("--features N", SpexRun.Of("explain", "command", "--", "sh").Error);
        Assert.Equal(2, SpexRun.Of("explain", "command", "--features", "3").Code);
    }

    [Fact]
    public void Stopping_a_slow_program_takes_no_second()
    {
        Assert.SkipUnless(File.Exists("/bin/sh"), "There is no /bin/sh here.");
        using CancellationTokenSource cancel = new(300);
        SpexRun run = SpexRun.Of(cancel.Token, "explain", "command", "--features", "4", "--", "/bin/sh", "-c", "sleep 30");
        Assert.Equal(1, run.Code);
        Assert.Contains("stopped", run.Error);
    }

    private static SpexRun Explain(int features, string script)
    {
        Assert.SkipUnless(File.Exists("/bin/sh"), "There is no /bin/sh here.");
        return SpexRun.Of("explain", "command", "--features", $"{features}", "--", "/bin/sh", "-c", script);
    }
}
