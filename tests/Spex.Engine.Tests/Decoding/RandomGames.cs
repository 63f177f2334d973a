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

    /// <summary>What a method makes of a game with a budget.</summary>
    public static Decoded Decode(ExplanationMethod method, Game game, long budget, DecoderSettings settings, CpuDevice device)
    {
        MaskDesign design = method.CreateDesign(game.FeatureCount, budget, settings);
        Assert.True(design.Count <= budget, $"{method.Name} asks for {design.Count} masks of {budget}.");
        return method.Decode(GoldenGames.Sample(game, design), settings, device, TestContext.Current.CancellationToken);
    }
}
