using System.Globalization;
using Spex.Core.Spectra;

namespace Spex.Engine.Decoding;

/// <summary>How many sets the methods of a fixed order fit.</summary>
internal static class OrderLimit
{
    /// <summary>The largest order.</summary>
    public const int MostOrder = 4;

    /// <summary>Sets, the empty one with them, of a regression that keeps the dense Gram matrix: 200 MB.</summary>
    public const int MostDenseSets = 5000;

    /// <summary>The number of sets of 0 … <paramref name="order"/> of n features; at most <see cref="long.MaxValue"/>.</summary>
    public static long SetCount(int order, int featureCount)
    {
        double sets = 0, ofSize = 1;
        for (int size = 0; size <= Math.Min(order, featureCount); size++)
        {
            sets += ofSize;
            ofSize = ofSize * (featureCount - size) / (size + 1);
        }

        return sets < 1e18 ? (long)Math.Round(sets) : long.MaxValue;
    }

    /// <summary>Why a method of an order cannot fit so many features; null where it can.</summary>
    public static string? Reason(string method, int order, int featureCount, long mostSets)
    {
        if (order is < 1 or > MostOrder)
        {
            return $"The method {method} fits sets of up to 1 to {MostOrder} features; the order is {order}.";
        }

        long sets = SetCount(order, featureCount);
        if (sets <= mostSets)
        {
            return null;
        }

        int fits = order - 1;
        while (fits > 0 && SetCount(fits, featureCount) > mostSets)
        {
            fits--;
        }

        string mend = fits > 0 ? $"Choose --order {fits} or less, or a method that looks for the sets that matter, such as --method auto." : "Choose a method that looks for the sets that matter, such as --method auto.";
        return string.Create(CultureInfo.InvariantCulture, $"The method {method} fits all sets of up to {order} of {featureCount} features: {sets} sets; it takes at most {mostSets}. {mend}");
    }

    /// <summary>The terms of a function in Möbius form, whose sets and coefficients are given side by side, in the Fourier basis.</summary>
    public static SpectrumTerm[] ToFourier(int featureCount, FeatureSet[] sets, double[] moebius) =>
        [.. MoebiusTransform.ToFourier(new MoebiusExpansion(featureCount, sets.Select((set, j) => new SpectrumTerm(set, moebius[j])))).Terms];
}
