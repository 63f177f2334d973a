using Spex.Core.Spectra;
using Spex.Engine.Devices;

namespace Spex.Engine.Decoding;

/// <summary>
/// Sparse regression of the samples of a SPEX design on chosen terms, by coordinate descent in the domain of the bins: a coordinate costs
/// C columns instead of all samples, and the residual is at hand at every delay, those left out of the fit included.
/// </summary>
/// <remarks>
/// Of one function or of many, each on terms of its own. Sets are kept here, all numbers on the device. Each layer fits the same terms to the same samples at delays of its own.
/// </remarks>
internal sealed class BinRegression : IDisposable
{
    private readonly CodePrimitives _codes;
    private readonly BinDesign _design;
    private readonly List<FeatureSet>[] _sets;
    private readonly Dictionary<FeatureSet, int>[] _index;

    /// <summary>Starts with no term; the first of each function to be added is the constant.</summary>
    /// <param name="samples">What is to be explained: a table of one layer a function, which is copied.</param>
    /// <param name="delays">For each layer the delays that are fitted; at the others the residual is followed all the same.</param>
    public BinRegression(BinTable samples, params ReadOnlySpan<UInt128> delays)
    {
        _design = samples.Design;
        _codes = _design.Device.Codes;
        _sets = [.. Enumerable.Range(0, samples.FunctionCount).Select(_ => new List<FeatureSet>())];
        _index = [.. _sets.Select(_ => new Dictionary<FeatureSet, int>())];
        Residual = new BinTable(_design, delays.Length, samples.FunctionCount);
        try
        {
            Terms = new BinTerms(Residual, delays);
        }
        catch
        {
            // Without memory for all, fewer functions are decoded at once; for them this has to be free again.
            Residual.Dispose();
            throw;
        }

        _codes.Repeat(samples, Residual);
    }

    /// <summary>What the terms leave.</summary>
    public BinTable Residual { get; }

    /// <summary>The terms on the device, in the order of <see cref="SetsOf"/>.</summary>
    public BinTerms Terms { get; }

    /// <summary>The sets of a function's terms; the first is the empty one.</summary>
    public IReadOnlyList<FeatureSet> SetsOf(int function) => _sets[function];

    /// <summary>A set's number among the terms of a function, −1 for one that is none.</summary>
    public int IndexOf(int function, FeatureSet set) => _index[function].TryGetValue(set, out int term) ? term : -1;

    /// <summary>The same terms and residual, from a regression of one layer, to be fitted at other delays.</summary>
    public BinRegression Fork(params ReadOnlySpan<UInt128> delays)
    {
        double[][] known = Terms.CopyCoefficients();
        BinRegression fork = new(Residual, delays);
        fork.AddTaken([.. known.SelectMany((coefficients, function) => coefficients.Select((coefficient, term) => new FoundTerm(function, _sets[function][term], coefficient)))]);
        return fork;
    }

    /// <summary>Adds terms that are new, and takes them out of the residual of the one layer.</summary>
    /// <param name="terms">The terms, the functions ascending.</param>
    public void Add(ReadOnlySpan<FoundTerm> terms)
    {
        BinTerm[] added = Register(terms);
        _codes.TakeOut(Residual, added);
        Terms.Append(added);
    }

    /// <summary>Adds terms that are new and whose patterns the residual already lacks.</summary>
    public void AddTaken(ReadOnlySpan<FoundTerm> terms) => Terms.Append(Register(terms));

    /// <summary>See <see cref="CodePrimitives.Reweigh"/>.</summary>
    public void Reweigh(ReadOnlySpan<int> functions, double priorDelays) => _codes.Reweigh(Terms, functions, priorDelays);

    /// <summary>See <see cref="CodePrimitives.Sweep"/>.</summary>
    public void Sweep(ReadOnlySpan<int> functions) => _codes.Sweep(Terms, functions);

    /// <summary>See <see cref="CodePrimitives.SweepShrinking"/>.</summary>
    public void SweepShrinking(ReadOnlySpan<int> functions, double threshold, bool activeOnly) => _codes.SweepShrinking(Terms, functions, threshold, activeOnly);

    /// <summary>For each of some functions the energy of the residual of the one layer over all delays.</summary>
    public double[] ResidualEnergies(ReadOnlySpan<int> functions)
    {
        double[] energies = new double[functions.Length];
        _codes.TotalEnergies(Residual, functions, [_design.AllDelays], energies);
        return energies;
    }

    /// <summary>For each function the terms of the first layer whose coefficient is not 0.</summary>
    public SpectrumTerm[][] ToTerms() =>
        [.. Terms.CopyCoefficients().Select((coefficients, function) =>
            _sets[function].Zip(coefficients, (set, coefficient) => new SpectrumTerm(set, coefficient)).Where(term => term.Coefficient != 0).ToArray())];

    /// <inheritdoc/>
    public void Dispose()
    {
        Terms.Dispose();
        Residual.Dispose();
    }

    private BinTerm[] Register(ReadOnlySpan<FoundTerm> terms)
    {
        BinTerm[] added = new BinTerm[terms.Length];
        for (int k = 0; k < added.Length; k++)
        {
            (int function, FeatureSet set, double coefficient) = terms[k];
            _index[function].Add(set, _sets[function].Count);
            _sets[function].Add(set);
            added[k] = new BinTerm(SpexPattern.Of(set, _design.FeaturePatterns), coefficient, function);
        }

        return added;
    }
}
