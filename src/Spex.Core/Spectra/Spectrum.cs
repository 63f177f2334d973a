using Spex.Core.Masks;

namespace Spex.Core.Spectra;

/// <summary>A sparse Fourier (Walsh-Hadamard) representation of a value function: f(m) = Σ_S F(S)·(−1)^{|S∩m|}.</summary>
/// <remarks>Terms are in the order of <see cref="FeatureSet"/> and no set appears twice. Immutable.</remarks>
public sealed class Spectrum
{
    private readonly Dictionary<FeatureSet, double> _coefficients;
    private readonly SpectrumTerm[] _terms;
    private readonly Lazy<TermSums> _sums;

    /// <summary>Makes a spectrum from terms in any order; coefficients of equal sets are added in the order given.</summary>
    /// <exception cref="ArgumentException">A set has a feature outside 0 … n−1, or a coefficient is not finite.</exception>
    public Spectrum(int featureCount, IEnumerable<SpectrumTerm> terms)
    {
        ArgumentNullException.ThrowIfNull(terms);
        FeatureCount = featureCount;
        (_coefficients, _terms) = SpectrumTerm.Collect(featureCount, terms);
        _sums = new Lazy<TermSums>(() => new TermSums(_terms, parities: true));
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

    /// <summary>The spectrum of a function that is known on all masks: the terms whose magnitude is above a share of the largest.</summary>
    /// <param name="values">f of all 2^n masks, n ≤ 20: entry k is f of the mask whose bit i is feature i.</param>
    /// <param name="threshold">Terms of at most this share of the largest magnitude are left out; 0 leaves out exact zeros only.</param>
    /// <exception cref="SpexInputException">The values are not 2^n with n ≤ 20, or one is not finite.</exception>
    public static Spectrum FromTable(ReadOnlySpan<double> values, double threshold = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threshold);
        int featureCount = DenseTransform.FeatureCountOf(values.Length);
        DenseTransform.CheckFinite(values);
        double[] coefficients = DenseTransform.ToFourier(values);
        double least = threshold * coefficients.Max(Math.Abs);
        return new Spectrum(
            featureCount,
            Enumerable.Range(0, coefficients.Length).Where(k => Math.Abs(coefficients[k]) > least)
                .Select(k => new SpectrumTerm(DenseTransform.SetOf((uint)k), coefficients[k])));
    }

    /// <summary>f(m) for a mask laid out as a <see cref="MaskMatrix"/> row.</summary>
    public double Evaluate(ReadOnlySpan<ulong> mask) => _sums.Value.Evaluate(mask);

    /// <summary>f(m) of many masks, with the same bits as one by one.</summary>
    /// <param name="masks">values.Length × ⌈n/64⌉ words, laid out as in a <see cref="MaskMatrix"/>.</param>
    /// <param name="values">Takes one value a mask.</param>
    /// <exception cref="ArgumentException">There are not ⌈n/64⌉ words a value.</exception>
    public void Evaluate(ReadOnlySpan<ulong> masks, Span<double> values)
    {
        int words = MaskMatrix.WordsFor(FeatureCount);
        if (masks.Length != (long)values.Length * words)
        {
            throw new ArgumentException($"{values.Length} masks of {FeatureCount} features take {(long)values.Length * words} words; {masks.Length} were given.", nameof(masks));
        }

        _sums.Value.Evaluate(masks, words, values);
    }

    /// <summary>f(m) of every row.</summary>
    /// <exception cref="ArgumentException">The masks have another number of features.</exception>
    public double[] Evaluate(MaskMatrix masks)
    {
        ArgumentNullException.ThrowIfNull(masks);
        if (masks.FeatureCount != FeatureCount)
        {
            throw new ArgumentException($"The spectrum has {FeatureCount} features, the masks {masks.FeatureCount}.", nameof(masks));
        }

        double[] values = new double[masks.RowCount];
        _sums.Value.Evaluate(masks.Words, masks.WordsPerRow, values);
        return values;
    }

    /// <summary>The sum f + g.</summary>
    /// <exception cref="ArgumentException">The other spectrum has another number of features.</exception>
    public Spectrum Plus(Spectrum other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.FeatureCount != FeatureCount)
        {
            throw new ArgumentException($"The spectra have {FeatureCount} and {other.FeatureCount} features; only those with as many can be added.", nameof(other));
        }

        return new Spectrum(FeatureCount, _terms.Concat(other._terms));
    }

    /// <summary>The multiple scale·f.</summary>
    public Spectrum Times(double scale) => new(FeatureCount, _terms.Select(term => new SpectrumTerm(term.Set, scale * term.Coefficient)));

    /// <summary>The terms of sets with at most <paramref name="degree"/> features: the best approximation of that degree on uniformly random masks.</summary>
    public Spectrum Truncate(int degree) => new(FeatureCount, _terms.Where(term => term.Set.Count <= degree));
}
