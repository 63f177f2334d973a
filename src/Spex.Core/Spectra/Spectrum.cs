using Spex.Core.Masks;

namespace Spex.Core.Spectra;

/// <summary>A sparse Fourier (Walsh-Hadamard) representation of a value function: f(m) = Σ_S F(S)·(−1)^{|S∩m|}.</summary>
/// <remarks>Terms are in the order of <see cref="FeatureSet"/> and no set appears twice. Immutable.</remarks>
public sealed class Spectrum
{
    private readonly Dictionary<FeatureSet, double> _coefficients;
    private readonly SpectrumTerm[] _terms;

    /// <summary>Makes a spectrum from terms in any order; coefficients of equal sets are added in the order given.</summary>
    /// <exception cref="ArgumentException">A set has a feature outside 0 … n−1, or a coefficient is not finite.</exception>
    public Spectrum(int featureCount, IEnumerable<SpectrumTerm> terms)
    {
        ArgumentNullException.ThrowIfNull(terms);
        FeatureCount = featureCount;
        _coefficients = [];
        foreach (SpectrumTerm term in terms)
        {
            if (term.Set.Count > 0 && term.Set[^1] >= featureCount)
            {
                throw new ArgumentException($"Term {term.Set} has a feature outside 0 … {featureCount - 1}.", nameof(terms));
            }

            if (!double.IsFinite(term.Coefficient))
            {
                throw new ArgumentException($"The coefficient of {term.Set} is {term.Coefficient}; coefficients are finite.", nameof(terms));
            }

            _coefficients[term.Set] = _coefficients.GetValueOrDefault(term.Set) + term.Coefficient;
        }

        _terms = [.. _coefficients.Select(pair => new SpectrumTerm(pair.Key, pair.Value))];
        Array.Sort(_terms, static (a, b) => a.Set.CompareTo(b.Set));
    }

    /// <summary>Number of features n.</summary>
    public int FeatureCount { get; }

    /// <summary>The terms, ordered by size, then lexicographically.</summary>
    public IReadOnlyList<SpectrumTerm> Terms => _terms;

    /// <summary>The size of the largest set; 0 for a constant.</summary>
    public int Degree => _terms.Length == 0 ? 0 : _terms[^1].Set.Count;

    /// <summary>The variance of the function on uniformly random masks: Σ_{S≠∅} F(S)² (Parseval).</summary>
    public double Variance => _terms.Where(term => term.Set.Count > 0).Sum(term => term.Coefficient * term.Coefficient);

    /// <summary>F(S); 0 for a set that is not in the support.</summary>
    public double this[FeatureSet set] => _coefficients.GetValueOrDefault(set);

    /// <summary>f(m) for a mask laid out as a <see cref="MaskMatrix"/> row.</summary>
    public double Evaluate(ReadOnlySpan<ulong> mask)
    {
        double sum = 0;
        foreach (SpectrumTerm term in _terms)
        {
            sum += term.Set.Parity(mask) == 0 ? term.Coefficient : -term.Coefficient;
        }

        return sum;
    }

    /// <summary>f(m) of every row.</summary>
    public double[] Evaluate(MaskMatrix masks)
    {
        ArgumentNullException.ThrowIfNull(masks);
        if (masks.FeatureCount != FeatureCount)
        {
            throw new ArgumentException($"The spectrum has {FeatureCount} features, the masks {masks.FeatureCount}.", nameof(masks));
        }

        double[] values = new double[masks.RowCount];
        for (int row = 0; row < values.Length; row++)
        {
            values[row] = Evaluate(masks.Row(row));
        }

        return values;
    }
}
