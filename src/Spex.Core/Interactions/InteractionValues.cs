using Spex.Core.Spectra;

namespace Spex.Core.Interactions;

/// <summary>The interactions of a function under one index, up to one order.</summary>
/// <remarks>
/// The empty set is always listed. It holds f(∅) for SV, k-SII, STII, FSII, CHII and Moebius, the constant of the approximation for FBII, the mean for BV, BII
/// and Fourier, and what the formula gives for SII and Co-Moebius. Other sets are listed where their strength is not exactly 0. Immutable.
/// </remarks>
public sealed class InteractionValues
{
    private readonly Dictionary<FeatureSet, double> _strengths;
    private readonly Interaction[] _interactions;

    /// <summary>Makes a list of interactions.</summary>
    /// <param name="index">The index.</param>
    /// <param name="order">The largest size of a set, 1 or more; 1 for SV and BV.</param>
    /// <param name="featureCount">Number of features n.</param>
    /// <param name="interactions">The interactions in any order, each set once; the empty set gets 0 if it is missing.</param>
    /// <exception cref="ArgumentException">A set is given twice, is larger than the order or has a feature outside 0 … n−1; or a strength is not finite.</exception>
    public InteractionValues(InteractionIndex index, int order, int featureCount, IEnumerable<Interaction> interactions)
    {
        ArgumentNullException.ThrowIfNull(interactions);
        ArgumentOutOfRangeException.ThrowIfNegative(order);
        ArgumentOutOfRangeException.ThrowIfNegative(featureCount);
        Index = index;
        Order = order;
        FeatureCount = featureCount;
        _strengths = new Dictionary<FeatureSet, double>(FeatureSetComparer.Instance);
        foreach ((FeatureSet set, double strength) in interactions)
        {
            if (set.Count > order || (set.Count > 0 && set[^1] >= featureCount))
            {
                throw new ArgumentException($"{set} is no set of at most {order} of the features 0 … {featureCount - 1}.", nameof(interactions));
            }

            if (!double.IsFinite(strength))
            {
                throw new ArgumentException($"The strength of {set} is {strength}; strengths are finite.", nameof(interactions));
            }

            if (!_strengths.TryAdd(set, strength))
            {
                throw new ArgumentException($"{set} is given twice.", nameof(interactions));
            }
        }

        _strengths.TryAdd(FeatureSet.Empty, 0);
        _interactions = [.. _strengths.Select(pair => new Interaction(pair.Key, pair.Value))];
        Array.Sort(_interactions, static (a, b) => a.Set.CompareTo(b.Set));
    }

    /// <summary>The index.</summary>
    public InteractionIndex Index { get; }

    /// <summary>The largest size of a set.</summary>
    public int Order { get; }

    /// <summary>Number of features n.</summary>
    public int FeatureCount { get; }

    /// <summary>The interactions, ordered by size, then lexicographically; the first is the empty set.</summary>
    public IReadOnlyList<Interaction> Interactions => _interactions;

    /// <summary>The strength of a set; 0 where it is not listed.</summary>
    public double this[FeatureSet set] => _strengths.GetValueOrDefault(set);

    /// <summary>The strength of the empty set.</summary>
    public double Baseline => _strengths[FeatureSet.Empty];

    /// <summary>The strongest interactions without the empty set: by magnitude, then in the order of their sets.</summary>
    /// <param name="count">How many at most.</param>
    /// <param name="minOrder">The smallest size of a set, 1 or more.</param>
    public IReadOnlyList<Interaction> Strongest(int count, int minOrder = 1) =>
    [
        .. _interactions.Where(interaction => interaction.Set.Count >= Math.Max(1, minOrder))
            .OrderByDescending(interaction => Math.Abs(interaction.Strength)).Take(count),
    ];
}
