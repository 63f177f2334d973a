using Spex.Core.Spectra;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Explaining;
using Spex.Engine.ValueFunctions;

namespace Spex.Reports.Tests.Figures;

/// <summary>Small results that hold what figures must cope with.</summary>
internal static class Results
{
    /// <summary>Five words with a double negation.</summary>
    public static Result Sentence() => Of("It never fails to impress", 5, mask => (mask[1] && mask[2] ? 3.0 : 0) - (mask[2] ? 1.5 : 0) + (mask[4] ? 0.75 : 0) - (mask[1] && mask[3] && mask[4] ? 0.5 : 0) + 0.25, new ExplainerSettings());

    /// <summary>Names that would break a careless figure.</summary>
    public static Result Hostile()
    {
        string[] words = ["\"quoted'&", "<script>alert(1)</script>", "שלום", "👩‍🚀😀", new string('x', 10_000), "\u001b[31m\u202ered\u0007\ud800", "]]>", "مرحبا", "日本語"];
        return Of(string.Join(' ', words), words.Length, Mix, new ExplainerSettings { Method = "lasso", Intervals = true, Budget = 300 });
    }

    /// <summary>Sixty features of a game, of which some act in sets of up to four; made of a spectrum, since to find it takes seconds.</summary>
    public static Result Large()
    {
        Spectrum spectrum = MoebiusTransform.ToFourier(new MoebiusExpansion(60,
        [
            .. Enumerable.Range(0, 15).Select(i => new SpectrumTerm(new FeatureSet(4 * i), Math.Sin(i + 1))),
            .. Enumerable.Range(0, 15).Select(i => new SpectrumTerm(new FeatureSet(i, (3 * i) + 2), Math.Cos(7 * i))),
            .. Enumerable.Range(1, 12).Select(i => new SpectrumTerm(new FeatureSet(i, i + 20, 50, 2 * i + 22), 0.5)),
        ]));
        return new Result(
            new Subject("game", "game.json", "what the game gives", "feature", [.. Enumerable.Range(0, 60).Select(i => $"feature number {i}")]),
            Single().Explanation with { Spectrum = spectrum, Interactions = Core.Interactions.InteractionConverter.Convert(spectrum, Core.Interactions.InteractionIndex.Fbii, 5) });
    }

    /// <summary>Twelve attention heads of three layers.</summary>
    public static Result Heads()
    {
        Explanation explanation = Explain(12, mask => Enumerable.Range(0, 12).Sum(i => mask[i] ? 0.2 * Math.Sin(5 * i) : 0) + (mask[0] && mask[1] ? 1 : 0) - (mask[2] && mask[9] ? 0.8 : 0) + (mask[4] && mask[6] && mask[7] ? 0.4 : 0), new ExplainerSettings { Method = "exact" });
        return new Result(
            new Subject("heads", "a model", "the accuracy", "head", [.. Enumerable.Range(0, 12).Select(i => $"layer {i / 4}, head {i % 4}")]) { Heads = [.. Enumerable.Range(0, 12).Select(i => new HeadPosition(3 + (i / 4), i % 4))] },
            explanation);
    }

    /// <summary>A function that no feature acts on.</summary>
    public static Result Constant() => Of("a b c", 3, _ => 2.5, new ExplainerSettings());

    /// <summary>One feature.</summary>
    public static Result Single() => Of("good", 1, mask => mask[0] ? 1 : 0, new ExplainerSettings());

    /// <summary>A result of a text whose words are the features.</summary>
    public static Result Of(string text, int features, Func<bool[], double> function, ExplainerSettings settings)
    {
        List<(int Start, int Length)> spans = [];
        int at = 0;
        foreach (string word in text.Split(' '))
        {
            spans.Add((at, word.Length));
            at += word.Length + 1;
        }

        Assert.Equal(features, spans.Count);
        Subject subject = new("text", text, "a number", "word", [.. spans.Select(span => text.Substring(span.Start, span.Length))]) { Text = text, Spans = spans };
        return new Result(subject, Explain(features, function, settings));
    }

    /// <summary>The same result under another index.</summary>
    public static Result Under(this Result result, Core.Interactions.InteractionIndex index, int order) =>
        result with { Explanation = result.Explanation with { Interactions = Core.Interactions.InteractionConverter.Convert(result.Explanation.Spectrum, index, order), Intervals = null } };

    private static double Mix(bool[] mask) => Enumerable.Range(0, 9).Sum(i => (mask[i] ? 0.3 * ((i % 3) - 1) : 0) + (mask[i] && mask[(i + 4) % 9] ? 0.5 * ((i % 2) - 0.4) : 0)) + (mask[1] && mask[2] && mask[4] ? -1 : 0);

    private static Explanation Explain(int features, Func<bool[], double> function, ExplainerSettings settings)
    {
        using CpuDevice device = new(1);
        return new Explainer(device).Explain(new DelegateValueFunction(features, "a function", function), settings, cancel: TestContext.Current.CancellationToken);
    }
}
