using Spex.Core.Spectra;
using Spex.Engine.Devices;

namespace Spex.Engine.Decoding;

/// <summary>
/// The last fit of SPEX on all samples: what was found, the constant, all single features and the one-smaller subsets of what was found, shrunk
/// with a threshold that is chosen by cross-validation over the delays.
/// </summary>
internal sealed class SpexRefit
{
    /// <summary>Folds of the cross-validation; delay d is left out in fold d mod 5, so that every fold keeps all bins.</summary>
    public const int FoldCount = 5;

    // Squared z-scores from "only what is beyond doubt" to the threshold of type-II maximum likelihood, each about half more or less than the next.
    private static readonly double[] Thresholds = [25, 16, 11, 8, 6, 4, 2.5, 1.5, 1];

    // Bins are weighted by their own variance over some 30 to 100 delays; 20 imagined ones keep a bin that is quiet by chance from ruling.
    private const double PriorDelays = 20;

    private readonly BinTable _samples;
    private readonly BinDesign _design;
    private readonly CodePrimitives _codes;
    private readonly UInt128[] _leftOut;
    private readonly UInt128[] _fitted;

    public SpexRefit(BinTable samples)
    {
        _samples = samples;
        _design = samples.Design;
        _codes = _design.Device.Codes;
        _leftOut = [.. Enumerable.Range(0, FoldCount).Select(fold => _design.EveryDelay(fold, FoldCount))];
        _fitted = [.. _leftOut.Select(delays => _design.AllDelays & ~delays)];
    }

    /// <summary>Fits the terms of some functions by shrinkage; starts from the coefficients found.</summary>
    /// <param name="found">The terms.</param>
    /// <param name="functions">The functions, ascending.</param>
    /// <returns>For each function the terms of the fit on all samples, and for each of these the folds' residuals as <see cref="CodePrimitives.BlockEnergies"/> gives them; a fold's left-out delays are its errors.</returns>
    public (SpectrumTerm[][] Terms, double[]?[] FoldEnergies) Fit(BinRegression found, int[] functions)
    {
        using BinRegression fit = Start(functions, function => Terms(found.SetsOf(function)), found);
        using BinRegression folds = fit.Fork(_fitted);
        double[]?[] bestEnergies = new double[]?[_samples.FunctionCount];
        double[] errors = new double[functions.Length * FoldCount], bestErrors = [.. functions.Select(_ => double.PositiveInfinity)];
        int[] chosen = new int[functions.Length];
        for (int k = 0; k < Thresholds.Length; k++)
        {
            Descend(folds, functions, k);
            _codes.TotalEnergies(folds.Residual, functions, _leftOut, errors);
            List<int> better = [];
            for (int i = 0; i < functions.Length; i++)
            {
                double error = errors.Skip(i * FoldCount).Take(FoldCount).Sum();
                if (error < bestErrors[i])
                {
                    (bestErrors[i], chosen[i]) = (error, k);
                    better.Add(functions[i]);
                }
            }

            TakeBlockEnergies(folds, better, bestEnergies);
        }

        for (int k = 0; k <= chosen.Max(); k++)
        {
            int step = k;
            Descend(fit, [.. functions.Where((_, i) => chosen[i] >= step)], k);
        }

        return (fit.ToTerms(), bestEnergies);
    }

    /// <summary>Plain least squares on supports that explain everything: nothing is shrunk, nothing added.</summary>
    /// <param name="found">The terms.</param>
    /// <param name="functions">The functions, ascending.</param>
    /// <returns>The folds' residuals, as of <see cref="Fit"/>.</returns>
    public double[]?[] ResidualsOfExactSupport(BinRegression found, int[] functions)
    {
        using BinRegression start = Start(functions, found.SetsOf, found);
        using BinRegression folds = start.Fork(_fitted);
        folds.Reweigh(functions, PriorDelays);
        folds.Sweep(functions);
        double[]?[] energies = new double[]?[_samples.FunctionCount];
        TakeBlockEnergies(folds, functions, energies);
        return energies;
    }

    private static void Descend(BinRegression fit, int[] functions, int step)
    {
        // The first threshold starts from unshrunk coefficients and needs more passes; later ones start beside their solution.
        int passes = step == 0 ? 4 : 2;
        for (int pass = 0; pass < passes; pass++)
        {
            fit.Reweigh(functions, PriorDelays);
            fit.SweepShrinking(functions, Thresholds[step], activeOnly: false);
            fit.SweepShrinking(functions, Thresholds[step], activeOnly: true);
        }
    }

    private void TakeBlockEnergies(BinRegression folds, IReadOnlyCollection<int> functions, double[]?[] taken)
    {
        if (functions.Count == 0)
        {
            return;
        }

        int count = FoldCount * _samples.GroupCount * _samples.Delays;
        double[] energies = new double[_samples.FunctionCount * count];
        _codes.BlockEnergies(folds.Residual, energies);
        foreach (int function in functions)
        {
            taken[function] = energies[(function * count)..((function + 1) * count)];
        }
    }

    private BinRegression Start(int[] functions, Func<int, IEnumerable<FeatureSet>> setsOf, BinRegression found)
    {
        double[][] known = found.Terms.CopyCoefficients();
        BinRegression fit = new(_samples, _design.AllDelays);
        fit.Add([.. functions.SelectMany(function =>
            setsOf(function).Select(set => new FoundTerm(function, set, found.IndexOf(function, set) is >= 0 and int term ? known[function][term] : 0)))]);
        return fit;
    }

    private FeatureSet[] Terms(IReadOnlyList<FeatureSet> found)
    {
        HashSet<FeatureSet> sets = [FeatureSet.Empty, .. found];
        foreach (FeatureSet set in found)
        {
            foreach (int feature in set)
            {
                sets.Add(set.Without(feature));
            }
        }

        for (int i = 0; i < _design.Design.FeatureCount; i++)
        {
            sets.Add(FeatureSet.FromAscending([i]));
        }

        return [.. sets.Order()];
    }
}
