using Spex.Core.Designs;
using Spex.Core.Games;
using Spex.Core.Random;
using Spex.Core.Spectra;
using Spex.Engine.Decoding;
using Spex.Engine.Devices.Cpu;

namespace Spex.Engine.Tests.Decoding;

/// <summary>Small games with random values of all masks, for what must hold of any game.</summary>
internal static class RandomGames
{
    /// <summary>Standard normal values that float32 holds, so that what a method is told is what the game is.</summary>
    public static double[] Normal(int features, ulong seed) =>
        [.. Enumerable.Range(0, 1 << features).Select(mask => (double)(float)Philox.Gaussian(seed, 1, (ulong)mask))];

    /// <summary>The best approximation of a game by sets of up to so many features.</summary>
    public static double[] OfDegree(int degree, double[] values)
    {
        Spectrum spectrum = Spectrum.FromTable(values).Truncate(degree);
        return [.. Enumerable.Range(0, values.Length).Select(mask => (double)(float)spectrum.Evaluate([(ulong)mask]))];
    }

    /// <summary>A game in which the last feature adds a constant and nothing else, and the first two act alike.</summary>
    public static double[] WithAxioms(int features, ulong seed, double dummy)
    {
        double[] values = Normal(features, seed);
        int last = 1 << (features - 1);
        for (int mask = 0; mask < values.Length; mask++)
        {
            // Of the first two features only the number that is present counts.
            int twin = (mask & 3) == 2 ? mask - 1 : mask;
            int rest = twin & ~last;
            values[mask] = (float)(values[rest] + (rest == twin ? 0 : dummy));
        }

        return values;
    }

    /// <summary>All masks and their values.</summary>
    public static Samples All(double[] values) =>
        new(new ExhaustiveDesign((int)Math.Log2(values.Length)), Array.ConvertAll(values, value => (float)value));

    /// <summary>Functions that methods find easy or hard, with random weights.</summary>
    public static Game OfKind(string kind, int features, ulong seed)
    {
        double Draw(int stream, int index) => Philox.Gaussian(seed, (ulong)stream, (ulong)index);
        FeatureSet Set(int index, int size) => new([.. Enumerable.Range(0, 4 * size).Select(i => Philox.Below(seed, 100 + (ulong)i, (ulong)index, features)).Distinct().Take(size)]);
        IEnumerable<SpectrumTerm> Line(double weight) => Enumerable.Range(0, features).Select(i => new SpectrumTerm(new FeatureSet(i), weight * Draw(1, i)));
        return kind switch
        {
            "line" => new SparseGame(features, SparseBasis.Fourier, Line(1)),
            "weak pairs" => new SparseGame(features, SparseBasis.Fourier, Line(1).Concat(
                from i in Enumerable.Range(0, features) from j in Enumerable.Range(0, i) select new SpectrumTerm(new FeatureSet(j, i), Draw(2, (i * features) + j) / Math.Sqrt(features)))),
            "ands" => new SparseGame(features, SparseBasis.Moebius, Enumerable.Range(0, 30).Select(k => new SpectrumTerm(Set(k, 1 + (k % 4)), Draw(3, k))).DistinctBy(term => term.Set)),
            "parity" => new SparseGame(features, SparseBasis.Fourier, Line(0.1).Append(new SpectrumTerm(Set(0, 5), 1))),
            "noise" => new SparseGame(features, SparseBasis.Fourier, Line(0.2).Append(new SpectrumTerm(Set(0, 2), 0.5)), 3, seed),
            "constant" => new SparseGame(features, SparseBasis.Fourier, [new SpectrumTerm(FeatureSet.Empty, 2)]),
            "network" => new ReluNetworkGame(
                [.. Enumerable.Range(0, features).Select(i => Enumerable.Range(0, 16).Select(h => Draw(4, (16 * i) + h) / Math.Sqrt(features)).ToArray())],
                [.. Enumerable.Range(0, 16).Select(h => Draw(5, h))],
                [.. Enumerable.Range(0, 16).Select(h => Draw(6, h))],
                0),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such kind."),
        };
    }

    /// <summary>What a method makes of a game with a budget.</summary>
    public static Decoded Decode(ExplanationMethod method, Game game, long budget, DecoderSettings settings, CpuDevice device)
    {
        MaskDesign design = method.CreateDesign(game.FeatureCount, budget, settings);
        Assert.True(design.Count <= budget, $"{method.Name} asks for {design.Count} masks of {budget}.");
        return method.Decode(GoldenGames.Sample(game, design), settings, device, TestContext.Current.CancellationToken);
    }
}
