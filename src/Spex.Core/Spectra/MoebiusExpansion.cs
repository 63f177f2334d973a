using Spex.Core.Masks;

namespace Spex.Core.Spectra;

/// <summary>A sparse function in the Möbius (unanimity, AND) basis: f(m) = Σ_T a_T·[T ⊆ m].</summary>
/// <remarks>Terms are in the order of <see cref="FeatureSet"/> and no set appears twice. Immutable.</remarks>
public sealed class MoebiusExpansion
{
    private readonly Dictionary<FeatureSet, double> _coefficients;
    private readonly SpectrumTerm[] _terms;
    private readonly Lazy<TermSums> _sums;

    /// <summary>Makes an expansion from terms in any order; coefficients of equal sets are added in the order given.</summary>
    /// <exception cref="ArgumentException">A set has a feature outside 0 … n−1, or a coefficient is not finite.</exception>
    public MoebiusExpansion(int featureCount, IEnumerable<SpectrumTerm> terms)
    {
        ArgumentNullException.ThrowIfNull(terms);
        FeatureCount = featureCount;
        (_coefficients, _terms) = SpectrumTerm.Collect(featureCount, terms);
        _sums = new Lazy<TermSums>(() => new TermSums(_terms, parities: false));
    }

    /// <summary>Number of features n.</summary>
    public int FeatureCount { get; }

    /// <summary>The terms, ordered by size, then lexicographically.</summary>
    public IReadOnlyList<SpectrumTerm> Terms => _terms;

    /// <summary>The size of the largest set; 0 for a constant.</summary>
    public int Degree => _terms.Length == 0 ? 0 : _terms[^1].Set.Count;

    /// <summary>a_T; 0 for a set that has no term.</summary>
    public double this[FeatureSet set] => _coefficients.GetValueOrDefault(set);

    /// <summary>f(m) for a mask laid out as a <see cref="MaskMatrix"/> row.</summary>
    public double Evaluate(ReadOnlySpan<ulong> mask) => _sums.Value.Evaluate(mask);

    /// <summary>f(m) of every row.</summary>
    /// <exception cref="ArgumentException">The masks have another number of features.</exception>
    public double[] Evaluate(MaskMatrix masks)
    {
        ArgumentNullException.ThrowIfNull(masks);
        if (masks.FeatureCount != FeatureCount)
        {
            throw new ArgumentException($"The expansion has {FeatureCount} features, the masks {masks.FeatureCount}.", nameof(masks));
        }

        double[] values = new double[masks.RowCount];
        _sums.Value.Evaluate(masks.Words, masks.WordsPerRow, values);
        return values;
    }
}
