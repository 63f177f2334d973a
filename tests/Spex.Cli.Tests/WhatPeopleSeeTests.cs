using System.CommandLine;
using System.Text.RegularExpressions;
using Spex.Tests;

namespace Spex.Cli.Tests;

/// <summary>What the command prints when it is piped, word for word; times and this machine's hardware are left out.</summary>
public sealed partial class WhatPeopleSeeTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spex");

    public void Dispose() => _folder.Delete(true);

    [Theory]
    [InlineData("explain game table")]
    [InlineData("explain game table order 2", "--order", "2", "--index", "FSII", "--top", "3")]
    [InlineData("explain game table values", "--index", "SV", "--quiet")]
    public void A_table(string snapshot, params string[] options)
    {
        // 5·[a] − 2·[a and c] + 0.001·[b], and no more.
        string game = Write("table.json", """{"n":3,"values":[0,5,0.001,5.001,0,3,0.001,3.001],"features":["alpha","beta","a rather long name"]}""");
        Match(SpexRun.Of(["explain", "game", game, .. options]), snapshot);
    }

    [Fact]
    public void A_sparse_function()
    {
        string game = Write("sparse.json", """{"n":40,"basis":"fourier","terms":[[[],1],[[3],-0.5],[[5,9],2],[[1,2,39],0.75]]}""");
        Match(SpexRun.Of("explain", "game", game, "--method", "spex", "--validate", "100", "--top", "4", "--seed", "5"), "explain game spex");
    }

    [Fact]
    public void A_constant_function() =>
        Match(SpexRun.Of("explain", "game", Write("constant.json", """{"n":30,"basis":"fourier","terms":[[[],2.5]]}""")), "explain game constant");

    [Fact]
    public void The_devices()
    {
        // Several devices of a kind are as many lines.
        IEnumerable<string> lines = SpexRun.Of("devices").Output.Split('\n').Select(line => Hardware().Replace(line, "$1: THIS MACHINE'S")).Distinct();
        Snapshot.Match(string.Join('\n', lines), "devices");
    }

    [Fact]
    public void The_help_of_every_verb()
    {
        using StringWriter none = new();
        foreach (string verb in Verbs(SpexCommand.Create(Terminal.Of(none, none), TestContext.Current.CancellationToken), ""))
        {
            SpexRun run = SpexRun.Of([.. verb.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
            Assert.Equal("", run.Error);
            Assert.Equal(0, run.Code);
            Snapshot.Match(run.Output.Replace($"  {RootCommand.ExecutableName}", "  spex", StringComparison.Ordinal), $"help {verb}".Trim());
        }
    }

    private static IEnumerable<string> Verbs(Command command, string path) =>
        [path, .. command.Subcommands.SelectMany(verb => Verbs(verb, $"{path} {verb.Name}".Trim()))];

    private void Match(SpexRun run, string snapshot)
    {
        Assert.Equal(0, run.Code);
        Assert.DoesNotContain('\u001b', run.Output);
        Assert.Equal("", run.Error);
        string text = run.Output.Replace(_folder.FullName, "FOLDER", StringComparison.Ordinal);
        text = Seconds().Replace(Device().Replace(text, "device        THIS MACHINE'S\n"), "0.000 s");
        Snapshot.Match(text, snapshot);
    }

    private string Write(string name, string content)
    {
        string path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, content);
        return path;
    }

    [GeneratedRegex(@"[0-9,]+\.[0-9]{3} s")]
    private static partial Regex Seconds();

    [GeneratedRegex(@"device        cpu, .*\n")]
    private static partial Regex Device();

    [GeneratedRegex("^([a-z]+)(:[0-9]+)?: .+$")]
    private static partial Regex Hardware();
}
