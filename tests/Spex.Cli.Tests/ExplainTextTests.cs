namespace Spex.Cli.Tests;

public class ExplainTextTests
{
    [Fact]
    public void Double_negation_is_the_strongest_pair()
    {
        SpexRun run = SpexRun.Of("explain", "text", "Her acting never fails to impress", "--index", "FBII", "--order", "2");
        Assert.Equal(0, run.Code);
        Assert.Contains("64 of 64 ablations", run.Output);
        Assert.Contains("exact on all 64 masks", run.Output);
        string strongestPair = run.Output.Split('\n').First(line => line.Contains(" × ", StringComparison.Ordinal));
        Assert.StartsWith("never × fails", strongestPair.Trim());
    }

    [Fact]
    public void A_long_review_is_explained_by_spex_with_its_quality_stated()
    {
        string text = string.Join(' ', Enumerable.Repeat("The plot is dull but her acting never fails to impress and I was not bored", 4));
        SpexRun run = SpexRun.Of("explain", "text", text, "--method", "spex", "--budget", "2000", "--validate", "200", "--top", "3");
        Assert.Equal(0, run.Code);
        Assert.Contains("method        spex, 2,000 ablations and 200 to validate", run.Output);
        Assert.Contains("validated on 200 unseen masks", run.Output);
    }

    [Theory]
    [InlineData("no words", "explain", "text", "")]
    [InlineData("or --file FILE", "explain", "text")]
    [InlineData("not both", "explain", "text", "good", "--file", "x")]
    [InlineData("'--bogus'", "explain", "text", "good", "--bogus")]
    [InlineData("--index is one of", "explain", "text", "good", "--index", "XYZ")]
    [InlineData("--order takes a whole number", "explain", "text", "good", "--order", "0")]
    [InlineData("--budget takes a whole number", "explain", "text", "good", "--budget", "many")]
    public void Wrong_arguments_are_answered_with_one_line_and_2(string expected, params string[] arguments)
    {
        SpexRun run = SpexRun.Of(arguments);
        Assert.Equal(2, run.Code);
        Assert.Equal("", run.Output);
        Assert.Contains(expected, run.Error);
        Assert.DoesNotContain("   at ", run.Error);
    }

    [Fact]
    public void A_budget_below_the_least_names_it()
    {
        string text = string.Join(' ', Enumerable.Range(0, 40).Select(i => $"word{i}"));
        SpexRun run = SpexRun.Of("explain", "text", text, "--method", "spex", "--budget", "50");
        Assert.Equal(2, run.Code);
        Assert.Matches("needs at least [0-9]+ ablations for 40 features; the budget is 50", run.Error);
    }

    [Fact]
    public void One_word_is_explained()
    {
        SpexRun run = SpexRun.Of("explain", "text", "wonderful");
        Assert.Equal(0, run.Code);
        Assert.Contains("2 of 2 ablations", run.Output);
    }

    [Fact]
    public void Ten_thousand_words_are_explained_with_what_the_budget_carries()
    {
        string text = string.Join(' ', Enumerable.Range(0, 10_000).Select(i => i % 7 == 0 ? "good" : i % 11 == 0 ? "dull" : $"word{i % 50}"));
        SpexRun run = SpexRun.Of("explain", "text", text, "--budget", "1000", "--top", "3");
        Assert.Equal("", run.Error);
        Assert.Equal(0, run.Code);
        Assert.Contains("10,000 words", run.Output);
        Assert.Contains("1,000 ablations", run.Output);
        SpexRun small = SpexRun.Of("explain", "text", text, "--method", "spex", "--budget", "10");
        Assert.Equal(2, small.Code);
        Assert.Matches("needs at least [0-9]+ ablations for 10000 features; the budget is 10", small.Error);
    }

    [Fact]
    public void A_cancelled_run_keeps_its_values_and_says_so()
    {
        using CancellationTokenSource cancel = new();
        cancel.Cancel();
        SpexRun run = SpexRun.Of(cancel.Token, "explain", "text", "a good film");
        Assert.Equal(1, run.Code);
        Assert.Contains("stopped", run.Error);
    }
}
