using System.Diagnostics;
using System.Globalization;
using Spex.Core.Codes;
using Spex.Core.Designs;
using Spex.Core.Games;
using Spex.Core.Masks;
using Spex.Core.Random;
using Spex.Core.Spectra;
using Spex.Engine.Decoding;
using Spex.Engine.Devices;
using Spex.Engine.Explaining;
using Spex.Engine.ValueFunctions;
using Spex.GpuCheck.Results;

namespace Spex.GpuCheck.Timings;

/// <summary>Decodes from values to spectra, and the search of ProxySPEX, beside the times that are asked for.</summary>
internal sealed class DecodeTimings(Device device, CheckSizes sizes, CheckReport report)
{
    private const string Table = "decodes";
    private const int Degree = 5;
    private const int BatchLog2Bins = 3;
    private const double BatchTarget = 0.05, DefaultSearchTarget = 2, PaperSearchTarget = 20;

    public void Run()
    {
        foreach ((int n, int b, double? find, double? refit) in sizes.Decodes)
        {
            (SpexDesign design, float[] values) = Problem(n, b, 1);
            List<(double Find, double Refit)> times = [];
            for (int round = 0; round <= sizes.Rounds; round++)
            {
                Decoded decoded = Decode(design, values);
                times.Add((Part(decoded, "transform and peeling"), Part(decoded, "refit")));
            }

            // The first one compiles.
            times.RemoveAt(0);
            string size = string.Create(CultureInfo.InvariantCulture, $"n = {n}, b = {b}, {design.Count} samples");
            report.Add(new Measurement(Table, $"transform and peeling, {size}", Median(times.Select(time => time.Find)), "s", null, find));
            report.Add(new Measurement(Table, $"refit, {size}", Median(times.Select(time => time.Refit)), "s", null, refit));
        }

        Batch();
        Search("default search", ProxySearchSettings.For(sizes.ProxyMasks), DefaultSearchTarget);
        bool isSmall = sizes.LeastSeconds == 0;
        Search("paper's grid", isSmall ? ProxySearchSettings.Paper with { MaxTrees = 3, TreeCounts = [1, 3] } : ProxySearchSettings.Paper, PaperSearchTarget);
    }

    private void Batch()
    {
        SpexDesign design = new(BchCode.ForFeatures(sizes.BatchFeatures, Degree), BatchLog2Bins, SpexDesign.DefaultGroups, 0, 1);
        MaskMatrix masks = design.ToMatrix(0, (int)design.Count);
        Samples[] functions = [.. Enumerable.Range(0, sizes.BatchDecodes).Select(i => new Samples(design, ValuesOf(sizes.BatchFeatures, masks, (ulong)(i + 1))))];
        SpexMethod method = new();
        DecoderSettings settings = new() { MaxDegree = Degree };
        string size = string.Create(CultureInfo.InvariantCulture, $"{functions.Length} decodes, n = {sizes.BatchFeatures}");

        // What is compiled first is not timed.
        method.DecodeBatch(functions, settings, device, CancellationToken.None);
        long start = Stopwatch.GetTimestamp();
        foreach (Samples function in functions)
        {
            method.Decode(function, settings, device, CancellationToken.None);
        }

        device.Synchronize();
        report.Add(new Measurement(Table, $"{size}, one after another", Stopwatch.GetElapsedTime(start).TotalSeconds, "s", null, null));

        IReadOnlyList<Decoded>[] rounds = [.. Enumerable.Range(0, sizes.Rounds).Select(_ => method.DecodeBatch(functions, settings, device, CancellationToken.None))];
        report.Add(new Measurement(Table, $"{size}, in one batch: transform and peeling", Median(rounds.Select(round => round.Sum(one => Part(one, "transform and peeling")))), "s", null, BatchTarget));
        report.Add(new Measurement(Table, $"{size}, in one batch: refit", Median(rounds.Select(round => round.Sum(one => Part(one, "refit")))), "s", null, null));
        ExplainBatch();
    }

    // As people do it: the games' own time, which is the processor's, does not count.
    private void ExplainBatch()
    {
        int n = sizes.BatchFeatures;
        GameValueFunction[] functions = [.. Enumerable.Range(0, sizes.BatchDecodes).Select(i => new GameValueFunction(new SparseGame(n, SparseBasis.Fourier, TermsOf(n, (ulong)(i + 1)))))];
        ExplainerSettings settings = new() { Method = "spex", Budget = SpexDesign.BudgetFor(n, Degree, BatchLog2Bins), Order = 1 };
        Explainer explainer = new(device);
        explainer.ExplainBatch(functions.AsSpan(0, 1).ToArray(), settings);
        long start = Stopwatch.GetTimestamp();
        IReadOnlyList<Explanation> explanations = explainer.ExplainBatch(functions, settings);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds, model = explanations.Sum(one => one.Run.Timings.Where(timing => timing.Part == "model").Sum(timing => timing.Seconds));
        report.Add(new Measurement(
            Table,
            string.Create(CultureInfo.InvariantCulture, $"{functions.Length} explanations, n = {n}, in one batch, without the model"),
            Math.Max(seconds - model, 1e-9),
            "s",
            null,
            BatchTarget));
    }

    private void Search(string name, ProxySearchSettings settings, double target)
    {
        int n = sizes.ProxyFeatures, count = sizes.ProxyMasks, words = MaskMatrix.WordsFor(n);
        UniformDesign design = new(n, 1, 1, count);
        using DeviceBuffer<ulong> packed = device.Allocate<ulong>((long)count * words), columns = device.Allocate<ulong>((long)n * MaskMatrix.WordsFor(count));
        device.Masks.Generate(design, 0, count, packed);
        device.Masks.Transpose(packed, count, n, columns);
        using DeviceBuffer<float> values = device.Allocate<float>(count);
        values.CopyFrom(ValuesOf(n, design.ToMatrix(0, count), 1));
        int[] boundaries = ProxySearch.Boundaries(count);

        // Few trees first: what is compiled then is not timed.
        ProxySearch.Run(device, columns, count, n, values, boundaries, settings with { MaxTrees = 1, TreeCounts = null }, CancellationToken.None);
        long start = Stopwatch.GetTimestamp();
        _ = ProxySearch.Run(device, columns, count, n, values, boundaries, settings, CancellationToken.None);
        device.Synchronize();
        report.Add(new Measurement(
            Table,
            string.Create(CultureInfo.InvariantCulture, $"ProxySPEX, {name}, n = {n}, {count} masks"),
            Stopwatch.GetElapsedTime(start).TotalSeconds,
            "s",
            null,
            target));
    }

    private Decoded Decode(SpexDesign design, float[] values) =>
        new SpexMethod().Decode(new Samples(design, values), new DecoderSettings { MaxDegree = Degree }, device, CancellationToken.None);

    private static double Part(Decoded decoded, string name) => decoded.Timings.Where(timing => timing.Part == name).Sum(timing => timing.Seconds);

    private static double Median(IEnumerable<double> seconds)
    {
        double[] sorted = [.. seconds.Order()];
        return sorted[sorted.Length / 2];
    }

    private (SpexDesign Design, float[] Values) Problem(int n, int b, ulong seed)
    {
        SpexDesign design = new(BchCode.ForFeatures(n, Degree), b, SpexDesign.DefaultGroups, 0, seed);
        return (design, ValuesOf(n, design.ToMatrix(0, (int)design.Count), seed));
    }

    private float[] ValuesOf(int n, MaskMatrix masks, ulong seed) =>
        [.. new Spectrum(n, TermsOf(n, seed)).Evaluate(masks).Select((value, i) => (float)(value + (sizes.Noise * Philox.Gaussian(seed, 10, (ulong)i))))];

    // The same number of terms whatever n.
    private SpectrumTerm[] TermsOf(int n, ulong seed)
    {
        Dictionary<FeatureSet, double> terms = [];
        for (ulong index = 0; terms.Count < sizes.Terms; index++)
        {
            int degree = 1 + Philox.Below(seed, 0, index, 3);
            terms[new FeatureSet([.. Enumerable.Range(0, degree).Select(i => Philox.Below(seed, 1 + (ulong)i, index, n)).Distinct()])] = 1 + Philox.Uniform(seed, 9, index);
        }

        return [.. terms.Select(term => new SpectrumTerm(term.Key, term.Value))];
    }
}
