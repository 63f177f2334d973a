using Spex.Core.Spectra;
using Spex.Engine.Devices;

namespace Spex.Engine.Decoding;

/// <summary>
/// Sparse regression of the samples of a SPEX design on chosen terms, by coordinate descent in the domain of the bins: a coordinate costs
/// C columns instead of all samples, and the residual is at hand at every delay, those left out of the fit included.
/// </summary>
/// <remarks>Sets are kept here, all numbers on the device. Each layer fits the same terms to the same samples at delays of its own.</remarks>
internal sealed class BinRegression : IDisposable
{
    private readonly CodePrimitives _codes;
    private readonly BinDesign _design;
    private readonly List<FeatureSet> _sets = [];
    private readonly Dictionary<FeatureSet, int> _index = [];

    /// <summary>Starts with no term; the first to be added is the constant.</summary>
    /// <param name="samples">What is to be explained: a table of one layer, which is copied.</param>
    /// <param name="delays">For each layer the delays that are fitted; at the others the residual is followed all the same.</param>
    public BinRegression(BinTable samples, params ReadOnlySpan<UInt128> delays)
    {
        _design = samples.Design;
        _codes = _design.Device.Codes;
        Residual = new BinTable(_design, delays.Length);
        Terms = new BinTerms(Residual, delays);
        _codes.Repeat(samples, Residual);
    }

    private BinRegression(BinRegression other, ReadOnlySpan<UInt128> delays)
    {
        _design = other._design;
        _codes = other._codes;
        Residual = new BinTable(_design, delays.Length);
        Terms = new BinTerms(Residual, delays);
        _codes.Repeat(other.Residual, Residual);
        AddTaken([.. other._sets], other.Terms.CopyCoefficients());
    }

    /// <summary>What the terms leave.</summary>
    public BinTable Residual { get; }

    /// <summary>The terms on the device, in the order of <see cref="Sets"/>.</summary>
    public BinTerms Terms { get; }

    /// <summary>The terms' sets; the first is the empty one.</summary>
    public IReadOnlyList<FeatureSet> Sets => _sets;

    /// <summary>A set's number among the terms, −1 for one that is none.</summary>
    public int IndexOf(FeatureSet set) => _index.TryGetValue(set, out int term) ? term : -1;

    /// <summary>Whether a set is among the terms.</summary>
    public bool Contains(FeatureSet set) => _index.ContainsKey(set);

    /// <summary>The same terms and residual, from a regression of one layer, to be fitted at other delays.</summary>
    public BinRegression Fork(params ReadOnlySpan<UInt128> delays) => new(this, delays);

    /// <summary>Adds terms that are new, and takes them out of the residual of the one layer.</summary>
    public void Add(ReadOnlySpan<FeatureSet> sets, ReadOnlySpan<double> coefficients)
    {
        double[] taken = new double[sets.Length];
        for (int k = 0; k < taken.Length; k++)
        {
            taken[k] = -coefficients[k];
        }

        _codes.Add(Residual, Patterns(sets), taken);
        AddTaken(sets, coefficients);
    }

    /// <summary>Adds terms that are new and whose patterns the residual already lacks.</summary>
    public void AddTaken(ReadOnlySpan<FeatureSet> sets, ReadOnlySpan<double> coefficients)
    {
        foreach (FeatureSet set in sets)
        {
            _index.Add(set, _sets.Count);
            _sets.Add(set);
        }

        Terms.Append(Patterns(sets), coefficients);
    }

    /// <summary>See <see cref="CodePrimitives.Reweigh"/>.</summary>
    public void Reweigh(double priorDelays) => _codes.Reweigh(Terms, priorDelays);

    /// <summary>See <see cref="CodePrimitives.Sweep"/>.</summary>
    public void Sweep() => _codes.Sweep(Terms);

    /// <summary>See <see cref="CodePrimitives.SweepShrinking"/>.</summary>
    public void SweepShrinking(double threshold, bool activeOnly) => _codes.SweepShrinking(Terms, threshold, activeOnly);

    /// <summary>The energy of the residual of the one layer over all delays.</summary>
    public double ResidualEnergy()
    {
        Span<double> energy = stackalloc double[1];
        _codes.TotalEnergies(Residual, [_design.AllDelays], energy);
        return energy[0];
    }

    /// <summary>The terms of the first layer whose coefficient is not 0.</summary>
    public SpectrumTerm[] ToTerms() =>
        [.. _sets.Zip(Terms.CopyCoefficients(), (set, coefficient) => new SpectrumTerm(set, coefficient)).Where(term => term.Coefficient != 0)];

    /// <inheritdoc/>
    public void Dispose()
    {
        Terms.Dispose();
        Residual.Dispose();
    }

    private SpexPattern[] Patterns(ReadOnlySpan<FeatureSet> sets)
    {
        SpexPattern[] patterns = new SpexPattern[sets.Length];
        for (int k = 0; k < patterns.Length; k++)
        {
            patterns[k] = SpexPattern.Of(sets[k], _design.FeaturePatterns);
        }

        return patterns;
    }
}
