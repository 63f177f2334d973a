using System.Text.Json.Nodes;
using Spectre.Console;
using Spex.Core;
using Spex.Core.Formats;
using Spex.Core.Interactions;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Explaining;
using Spex.Engine.ValueFunctions;

namespace Spex.Reports.Tests;

public sealed class ResultFileTests : IDisposable
{
    private const string Text = "Not \"bad\" 😀\tat all";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spex");

    public static TheoryData<string> NeededProperties =>
    [
        "format", "version", "subject", "subject.kind", "subject.title", "subject.value", "subject.feature_kind", "subject.n", "output", "output.value",
        "output.measured", "baseline", "faithfulness", "faithfulness.r2", "faithfulness.lower", "faithfulness.upper", "faithfulness.measured", "faithfulness.masks",
        "index", "order", "interactions", "spectrum", "remarks", "run", "run.method", "run.requested_method", "run.trials", "run.budget", "run.ablations",
        "run.validation_ablations", "run.reused", "run.max_degree", "run.decode", "run.seed", "run.device", "run.device_description", "run.fingerprint",
        "run.batch_size", "run.plan_changes", "run.seconds",
    ];

    public void Dispose() => _folder.Delete(true);

    [Theory]
    [InlineData(5, InteractionIndex.Fbii, 0)]
    [InlineData(5, InteractionIndex.Sv, 0)]
    [InlineData(40, InteractionIndex.KSii, 100)]
    public void What_is_written_is_read_back(int n, InteractionIndex index, int validate)
    {
        Explanation explanation = Explain(n, new ExplainerSettings { Index = index, Order = 3, Seed = ulong.MaxValue, Validate = validate, Intervals = validate > 0 });
        explanation = explanation with { Run = explanation.Run with { PlanChanges = [new SamplesPlanChange(100, 50), new SamplesPlanChange(300, 25)] } };
        Subject subject = TextSubject(n);
        ResultFile.Write(PathOf("a.json"), subject, explanation);
        Result read = ResultFile.Read(PathOf("a.json"));

        Assert.Equal(subject with { FeatureNames = null, Spans = null }, read.Subject with { FeatureNames = null, Spans = null });
        Assert.Equal(subject.FeatureNames!, read.Subject.FeatureNames!);
        Assert.Equal(subject.Spans!, read.Subject.Spans!);
        Assert.Equal(explanation.Output, read.Explanation.Output);
        Assert.Equal(explanation.Baseline, read.Explanation.Baseline);
        Assert.Equal(explanation.Faithfulness, read.Explanation.Faithfulness);
        Assert.Equal(explanation.Spectrum.Terms, read.Explanation.Spectrum.Terms);
        Assert.Equal(explanation.Spectrum.FeatureCount, read.Explanation.Spectrum.FeatureCount);
        Assert.Equal(explanation.Interactions.Interactions, read.Explanation.Interactions.Interactions);
        Assert.Equal((index, explanation.Interactions.Order), (read.Explanation.Interactions.Index, read.Explanation.Interactions.Order));
        Assert.Equal(explanation.Intervals, read.Explanation.Intervals);
        Assert.Equal(explanation.Remarks, read.Explanation.Remarks);
        Assert.Equal(explanation.Run.PlanChanges, read.Explanation.Run.PlanChanges);
        Assert.Equal(explanation.Run.Timings, read.Explanation.Run.Timings);
        Assert.Equal(explanation.Run.Trials, read.Explanation.Run.Trials);
        Assert.Equal(explanation.Run with { PlanChanges = [], Timings = [], Trials = [] }, read.Explanation.Run with { PlanChanges = [], Timings = [], Trials = [] });

        // Shown again, it looks the same; written again, it is the same file.
        Assert.Equal(Show(subject, explanation), Show(read.Subject, read.Explanation));
        ResultFile.Write(PathOf("b.json"), read.Subject, read.Explanation);
        Assert.Equal(File.ReadAllBytes(PathOf("a.json")), File.ReadAllBytes(PathOf("b.json")));
    }

    [Fact]
    public void What_has_no_names_and_does_not_vary_is_read_back_too()
    {
        using CpuDevice device = new(1);
        Explanation explanation = new Explainer(device).Explain(new DelegateValueFunction(30, "constant", _ => 2.5), cancel: TestContext.Current.CancellationToken);
        ResultFile.Write(PathOf("a.json"), new Subject("game", "g", "v", "feature", null), explanation);
        Result read = ResultFile.Read(PathOf("a.json"));
        Assert.Null(read.Subject.FeatureNames);
        Assert.Null(read.Subject.Text);
        Assert.Null(read.Subject.Spans);
        Assert.Equal(explanation.Spectrum.Terms, read.Explanation.Spectrum.Terms);
    }

    [Fact]
    public void Pictures_heads_groups_and_columns_are_read_back()
    {
        Subject subject = PictureSubject();
        ResultFile.Write(PathOf("a.json"), subject, Explain(5, new ExplainerSettings()));
        Subject read = ResultFile.Read(PathOf("a.json")).Subject;
        Assert.Equal(subject.Groups!, read.Groups!);
        Assert.Equal(subject.GroupOfFeature!, read.GroupOfFeature!);
        Assert.Equal(subject.Heads!, read.Heads!);
        Assert.Equal(subject.Columns!, read.Columns!);
        Assert.Equal((subject.Image!.Width, subject.Image.Height), (read.Image!.Width, read.Image.Height));
        Assert.Equal(subject.Image.Png.ToArray(), read.Image.Png.ToArray());
        Assert.Equal(subject.Image.Labels, read.Image.Labels);
    }

    [Theory]
    [InlineData("group_of_feature", "[0,1,2,0,0]", "a whole number from 0 to 1 is allowed")]
    [InlineData("heads", "[[0,0]]", "\"n\" = 5 takes 5")]
    [InlineData("columns", "[1,2,3,4,5]", "an object")]
    [InlineData("image", """{"width":3,"height":2,"png":"AA==","label_runs":[[0,5]]}""", "has 5 pixels; \"width\" times \"height\" = 6 are needed")]
    [InlineData("image", """{"width":3,"height":2,"png":"AA==","label_runs":[[0,4],[1,3]]}""", "a whole number from 0 to 2 is allowed")]
    [InlineData("image", """{"width":3,"height":2,"png":"?","label_runs":[[0,6]]}""", "is no base 64")]
    [InlineData("image", """{"width":100000,"height":2,"png":"","label_runs":[]}""", "is 100000")]
    public void What_is_wrong_with_pictures_heads_groups_and_columns_is_told(string name, string value, string expected)
    {
        Assert.Contains(expected, Refused(result => result["subject"]![name] = JsonNode.Parse(value), PictureSubject()).Message);
    }

    [Fact]
    public void A_file_that_was_cut_anywhere_is_refused()
    {
        byte[] whole = Bytes();
        int end = Array.LastIndexOf(whole, (byte)'}');
        for (int length = 0; length <= end; length++)
        {
            File.WriteAllBytes(PathOf("cut.json"), whole[..length]);
            SpexInputException error = Assert.Throws<SpexInputException>(() => ResultFile.Read(PathOf("cut.json")));
            Assert.Contains("cut.json", error.Message);
        }
    }

    [Fact]
    public void A_newer_version_is_refused_and_says_what_is_read_here()
    {
        SpexInputException error = Refused(result => result["version"] = 2);
        Assert.Contains("\"version\" is 2; this spex reads version 1", error.Message);
    }

    [Theory]
    [MemberData(nameof(NeededProperties))]
    public void What_is_missing_is_named(string path)
    {
        SpexInputException error = Refused(result =>
        {
            string[] names = path.Split('.');
            JsonObject holder = names.Length == 1 ? result : result[names[0]]!.AsObject();
            Assert.True(holder.Remove(names[^1]));
        });
        Assert.Contains($"\"{path.Split('.')[^1]}\"", error.Message);
    }

    [Theory]
    [InlineData("format", "\"spex-samples\"", "is no result of spex")]
    [InlineData("index", "\"XYZ\"", "known indices are")]
    [InlineData("order", "1", "sets of at most \"order\" = 1")]
    [InlineData("spectrum", "[[[0,7],1]]", "a whole number from 0 to 4 is allowed")]
    [InlineData("spectrum", "[[[0],1],[[0],2]]", "a second time")]
    [InlineData("subject.features", "[\"a\"]", "\"n\" = 5 takes 5")]
    [InlineData("subject.spans", "[[0,1],[0,1],[0,1],[0,1],[0,999]]", "is 999")]
    [InlineData("subject.text", "null", "is given without a text")]
    [InlineData("faithfulness.measured", "\"guessed\"", "exact, cross-validated, validated are allowed")]
    [InlineData("faithfulness.r2", "\"NaN\"", "a finite number is allowed")]
    [InlineData("run.batch_size", "0", "a whole number from 1")]
    public void What_contradicts_itself_is_refused(string path, string value, string expected)
    {
        SpexInputException error = Refused(result =>
        {
            string[] names = path.Split('.');
            JsonObject holder = names.Length == 1 ? result : result[names[0]]!.AsObject();
            holder[names[^1]] = JsonNode.Parse(value);
        });
        Assert.Contains(expected, error.Message);
    }

    [Fact]
    public void Another_kind_of_file_is_told_from_a_result()
    {
        File.WriteAllText(PathOf("game.json"), """{"n":1,"values":[0,1]}""");
        Assert.Contains("is no result of spex", Assert.Throws<SpexInputException>(() => ResultFile.Read(PathOf("game.json"))).Message);
        Assert.Contains("missing.json", Assert.Throws<SpexInputException>(() => ResultFile.Read(PathOf("missing.json"))).Message);
    }

    private static Explanation Explain(int n, ExplainerSettings settings)
    {
        using CpuDevice device = new(1);
        return new Explainer(device).Explain(
            new DelegateValueFunction(n, "a function", mask => (mask[0] && mask[2] ? 1.0 / 3 : 0) + (mask[1] ? -2 : 0) + (mask[3] && mask[4] && mask[1] ? 1e-3 : 0)), settings);
    }

    private static Subject TextSubject(int n) => new("text", "Not \"bad\" …", "the logit", "word", [.. Enumerable.Range(0, n).Select(i => $"w{i}")])
    {
        Text = Text,
        Spans = [.. Enumerable.Range(0, n).Select(i => (i % Text.Length, 1))],
    };

    private static Subject PictureSubject() => new("image", "a picture", "the logit", "patch", null)
    {
        Groups = ["left", "right"],
        GroupOfFeature = [0, 1, 1, 0, 0],
        Heads = [.. Enumerable.Range(0, 5).Select(i => new HeadPosition(i / 2, i % 2))],
        Columns = [.. Enumerable.Range(0, 5).Select(i => new ColumnValue($"{i}", "0"))],
        Image = new SubjectImage(new byte[] { 1, 2, 255 }, 3, 2, [0, 1, 1, 4, 4, 4]),
    };

    private static string Show(Subject subject, Explanation explanation)
    {
        StringWriter writer = new();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(writer) });
        console.Profile.Width = 200;
        ConsoleReport.Write(console, subject, explanation, 10);
        return writer.ToString();
    }

    private SpexInputException Refused(Action<JsonObject> spoil, Subject? subject = null)
    {
        JsonObject result = JsonNode.Parse(Bytes(subject))!.AsObject();
        spoil(result);
        File.WriteAllText(PathOf("bad.json"), result.ToJsonString());
        SpexInputException error = Assert.Throws<SpexInputException>(() => ResultFile.Read(PathOf("bad.json")));
        Assert.Contains("bad.json", error.Message);
        return error;
    }

    private byte[] Bytes(Subject? subject = null)
    {
        ResultFile.Write(PathOf("whole.json"), subject ?? TextSubject(5), Explain(5, new ExplainerSettings { Order = 3 }));
        return File.ReadAllBytes(PathOf("whole.json"));
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}
