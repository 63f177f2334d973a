using Spex.Core.Interactions;
using Spex.Core.Metrics;
using Spex.Core.Spectra;
using Spex.Engine.Decoding;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Explaining;
using Spex.Engine.ValueFunctions;

namespace Spex.Reports.Tests.Page;

/// <summary>Small explanations of every kind of subject, for pages to show.</summary>
internal static class PageSubjects
{
    /// <summary>Names that would break a careless page.</summary>
    public static readonly string[] HostileNames =
    [
        "\"quoted\" 'twice'", "<script>window.broken = true</script>", "</script><script>window.broken = true</script>", "<img src=x onerror=\"window.broken = true\">",
        "שלום עולם", "👩‍👩‍👧‍👦 🏳️‍🌈", new string('x', 9_990) + " the end.", "half \ud83d of a pair", "tab\tand\nline\u2028break", "{{data}} &amp; <!--", "", "\u202eoverride",
    ];

    /// <summary>All that there is a page of, by name.</summary>
    public static Dictionary<string, Func<Result>> All { get; } = new()
    {
        ["text"] = () => Text(),
        ["shapley"] = () => Text(new ExplainerSettings { Index = InteractionIndex.Sv }),
        ["fourier"] = () => Text(new ExplainerSettings { Index = InteractionIndex.Fourier, Order = 3 }),
        ["intervals"] = () => Numbered(40, new ExplainerSettings { Intervals = true, Validate = 100, Budget = 400, Seed = ulong.MaxValue }),
        ["constant"] = () => new Result(new Subject("game", "constant", "what the game gives", "feature", null), Explain(30, _ => 2.5)),
        ["hostile"] = Hostile,
        ["documents"] = Documents,
        ["picture"] = Picture,
        ["heads"] = Heads,
        ["columns"] = Columns,
        ["large"] = () => Large(500, 5_000),
    };

    /// <summary>A sentence with a double negation.</summary>
    public static Result Text(ExplainerSettings? settings = null)
    {
        string text = "Her acting never fails to impress";
        (string[] names, (int, int)[] spans) = Words(text);
        return new Result(
            new Subject("text", text, "the logit of positive; the model says positive with probability 0.746", "word", names) { Text = text, Spans = spans },
            Explain(6, mask => 0.2 + (mask[2] && mask[3] ? 2.7 : 0) - (mask[3] ? 1.6 : 0) + (mask[5] ? 0.7 : 0) - (mask[3] && mask[5] ? 1 : 0) + (mask[2] && mask[3] && mask[5] ? 0.9 : 0), settings));
    }

    public static Result Hostile() => new(
        new Subject("game", HostileNames[2], HostileNames[3], "feature", HostileNames),
        Explain(HostileNames.Length, mask => (mask[0] && mask[1] ? 1 : 0) - (mask[2] && mask[3] && mask[4] ? 2 : 0) + (mask[5] ? 0.5 : 0) + (mask[6] && mask[7] ? 0.75 : 0) + (mask[8] && mask[10] && mask[11] ? 0.3 : 0)));

    public static Result Documents()
    {
        string[] documents = ["The lighthouse of Alexandria", "Pharos", "A recipe for bread"];
        string[] sentences =
        [
            "The lighthouse stood on an island.", "It was one of the seven wonders.", "The island is called Pharos.", "It lies before Alexandria.", "Take flour and water.", "Bake it for an hour.",
        ];
        string text = "Documents:\n\n" + string.Join(' ', sentences) + "\n\nQuestion: On which island did the lighthouse stand?";
        return new Result(
            new Subject("rag", "On which island did the lighthouse stand?", "the log-probability of the answer “Pharos”", "sentence", sentences)
            {
                Text = text,
                Spans = [.. sentences.Select(sentence => (text.IndexOf(sentence, StringComparison.Ordinal), sentence.Length))],
                Groups = documents,
                GroupOfFeature = [0, 0, 1, 1, 2, 2],
            },
            Explain(6, mask => -4 + (mask[2] ? 1.5 : 0) + (mask[0] && mask[2] ? 1.75 : 0) - (mask[4] ? 0.25 : 0) + (mask[0] && mask[2] && mask[3] ? 0.5 : 0) - (mask[4] && mask[5] ? 0.125 : 0)));
    }

    public static Result Picture()
    {
        const int Width = 96, Height = 64, Side = 16;
        byte[] png = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Page", "picture.png"));
        int[] labels = [.. Enumerable.Range(0, Width * Height).Select(pixel => (pixel / Width / Side * (Width / Side)) + (pixel % Width / Side))];
        return new Result(
            new Subject("image", "picture.png", "the logit of house", "patch", [.. Enumerable.Range(0, 24).Select(i => $"row {i / 6}, column {i % 6}")])
            {
                Image = new SubjectImage(png, Width, Height, labels),
            },
            Explain(24, mask => (mask[7] && mask[8] ? 2 : 0) + (mask[13] ? 1 : 0) - (mask[4] ? 0.75 : 0) + (mask[13] && mask[14] && mask[8] ? 1.25 : 0) - (mask[4] && mask[5] ? 0.5 : 0), new ExplainerSettings { Budget = 4_000 }));
    }

    public static Result Heads()
    {
        HeadPosition[] heads = [.. Enumerable.Range(0, 24).Select(i => new HeadPosition(i / 6, i % 6))];
        return new Result(
            new Subject("heads", "accuracy of a small model", "the accuracy on 120 questions", "head", [.. heads.Select(head => $"L{head.Layer} H{head.Head}")]) { Heads = heads },
            Explain(24, mask => 0.5 + (mask[3] && mask[4] ? 0.2 : 0) + (mask[8] && mask[20] ? 0.15 : 0) - (mask[11] ? 0.1 : 0) + (mask[3] && mask[9] && mask[21] ? 0.1 : 0), new ExplainerSettings { Budget = 4_000 }));
    }

    public static Result Columns() => new(
        new Subject("table", "row 17 of wine.csv", "the predicted quality", "column", ["alcohol", "sulphates", "volatile acidity", "pH", "grape <variety>"])
        {
            Columns = [new("12.8", "10.4"), new("0.75", "0.66"), new("0.31", "0.53"), new("3.3", "3.31"), new("Riesling & co", "(most frequent)")],
        },
        Explain(5, mask => 5.2 + (mask[0] ? 0.9 : 0) + (mask[0] && mask[1] ? 0.4 : 0) - (mask[2] ? 0.3 : 0) + (mask[1] && mask[2] && mask[4] ? 0.2 : 0)));

    /// <summary>As many features and interactions as asked for, every interaction with an interval.</summary>
    public static Result Large(int n, int interactions)
    {
        Random random = new(7);
        HashSet<FeatureSet> sets = [];
        while (sets.Count < interactions)
        {
            int[] features = [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => random.Next(n)).Distinct()];
            sets.Add(new FeatureSet(features));
        }

        Interaction[] all = [.. sets.Select(set => new Interaction(set, (random.NextDouble() - 0.5) * Math.Pow(random.NextDouble(), 3)))];
        Result small = Numbered(20, new ExplainerSettings { Budget = 300 });
        return small with
        {
            Subject = new Subject("game", "a large game", "what the game gives", "feature", [.. Enumerable.Range(0, n).Select(i => $"feature number {i}")]),
            Explanation = small.Explanation with
            {
                Interactions = new InteractionValues(InteractionIndex.Fbii, 5, n, all),
                Spectrum = new Spectrum(n, all.Select(interaction => new SpectrumTerm(interaction.Set, interaction.Strength * (random.NextDouble() + 0.5))).Append(new SpectrumTerm(FeatureSet.Empty, 1.25))),
                Intervals = all.ToDictionary(interaction => interaction.Set, interaction => new Interval(interaction.Strength - 0.01 - (0.01 * random.NextDouble()), interaction.Strength + 0.0123456789)),
                Run = small.Explanation.Run with { Trials = [new Trial("order 1", 0.5, null, false), new Trial("order 2", null, "more than 4096 sets", false), new Trial("spex", 0.875, null, true)] },
                Remarks = ["A remark <b>with markup</b>."],
            },
        };
    }

    public static Result Numbered(int n, ExplainerSettings settings) => new(
        new Subject("game", "game.json", "what the game gives", "feature", null),
        Explain(n, mask => 1 + (mask[3] ? -0.5 : 0) + (mask[5] && mask[9] ? 2 : 0) + (mask[1] && mask[2] && mask[n - 1] ? 0.75 : 0) + (mask[0] && mask[4] && mask[6] && mask[8] ? -0.6 : 0), settings));

    private static Explanation Explain(int n, Func<bool[], double> function, ExplainerSettings? settings = null)
    {
        using CpuDevice device = new(1);
        return new Explainer(device).Explain(new DelegateValueFunction(n, "a function", function), settings);
    }

    private static (string[] Names, (int Start, int Length)[] Spans) Words(string text)
    {
        string[] names = text.Split(' ');
        int at = 0;
        (int, int)[] spans = new (int, int)[names.Length];
        for (int i = 0; i < names.Length; i++)
        {
            spans[i] = (at, names[i].Length);
            at += names[i].Length + 1;
        }

        return (names, spans);
    }
}
