using Spex.Core.Spectra;

namespace Spex.Core.Interactions;

/// <summary>Turns functions into interactions.</summary>
/// <remarks>
/// Only subsets of the sets that have coefficients can have a strength, and of those only sets up to the order are visited, so the work is that of listing the result.
/// SV and BV have order 1, whatever is asked for. Strengths are the same bits every time.
/// </remarks>
public static class InteractionConverter
{
    /// <summary>The interactions of a spectrum.</summary>
    /// <param name="spectrum">The spectrum.</param>
    /// <param name="index">The index.</param>
    /// <param name="order">The largest size of a set, 1 or more; part of the definition of k-SII, STII, FSII and FBII.</param>
    /// <exception cref="SpexInputException">The order is below 1, or the sets are too many to list (over 2^28 subsets in all, or 2^22 distinct ones).</exception>
    public static InteractionValues Convert(Spectrum spectrum, InteractionIndex index, int order)
    {
        ArgumentNullException.ThrowIfNull(spectrum);
        order = EffectiveOrder(index, order);
        return Collect(index, order, spectrum.FeatureCount, SubsetSums.Sum(spectrum.Terms, order, (s, u) => IndexWeights.OfFourier(index, order, s, u)));
    }

    /// <summary>The interactions of a function in Möbius form.</summary>
    /// <param name="expansion">The function.</param>
    /// <param name="index">The index.</param>
    /// <param name="order">The largest size of a set, 1 or more; part of the definition of k-SII, STII, FSII and FBII.</param>
    /// <exception cref="SpexInputException">The order is below 1, or the sets are too many to list (over 2^28 subsets in all, or 2^22 distinct ones).</exception>
    public static InteractionValues Convert(MoebiusExpansion expansion, InteractionIndex index, int order)
    {
        ArgumentNullException.ThrowIfNull(expansion);
        order = EffectiveOrder(index, order);
        return Collect(index, order, expansion.FeatureCount, SubsetSums.Sum(expansion.Terms, order, (s, t) => IndexWeights.OfMoebius(index, order, s, t)));
    }

    /// <summary>The interactions of a function that is known on all masks; exact for every index.</summary>
    /// <param name="values">f of all 2^n masks, n ≤ 20: entry k is f of the mask whose bit i is feature i.</param>
    /// <param name="index">The index.</param>
    /// <param name="order">The largest size of a set, 1 or more; part of the definition of k-SII, STII, FSII and FBII.</param>
    /// <exception cref="SpexInputException">The order is below 1, the values are not 2^n with n ≤ 20, or one is not finite.</exception>
    public static InteractionValues FromTable(ReadOnlySpan<double> values, InteractionIndex index, int order)
    {
        order = EffectiveOrder(index, order);
        int featureCount = DenseTransform.FeatureCountOf(values.Length);
        DenseTransform.CheckFinite(values);

        // Möbius coefficients are the table's own; every other index is better conditioned in the Fourier basis, whose coefficients do not grow.
        Interaction[] interactions = index == InteractionIndex.Moebius
            ? TableInteractions.Compute(DenseTransform.ToMoebius(values), order, (s, t) => IndexWeights.OfMoebius(index, order, s, t))
            : TableInteractions.Compute(DenseTransform.ToFourier(values), order, (s, u) => IndexWeights.OfFourier(index, order, s, u));
        return new InteractionValues(
            index, order, featureCount, interactions.Where(static interaction => interaction.Strength != 0 || interaction.Set.Count == 0));
    }

    /// <summary>The order that is in effect: 1 for SV and BV, otherwise what is asked for.</summary>
    /// <exception cref="SpexInputException">The order is below 1.</exception>
    internal static int EffectiveOrder(InteractionIndex index, int order)
    {
        if (order < 1)
        {
            throw new SpexInputException($"The order of an interaction index is the largest size of a set, 1 or more; got {order}.");
        }

        return index.IsOfSingleFeatures() ? 1 : order;
    }

    private static InteractionValues Collect(InteractionIndex index, int order, int featureCount, IEnumerable<SpectrumTerm> sums) =>
        new(index, order, featureCount, sums.Select(sum => new Interaction(sum.Set, sum.Coefficient)));
}
