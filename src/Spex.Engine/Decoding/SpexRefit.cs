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

    /// <summary>Fits the terms by shrinkage; starts from the coefficients found.</summary>
    /// <returns>The fit on all samples, and the folds' residuals as <see cref="CodePrimitives.BlockEnergies"/> gives them; a fold's left-out delays are its errors.</returns>
    public (BinRegression Fit, double[] FoldEnergies) Fit(BinRegression found)
    {
        BinRegression fit = Start(Terms(found), found);
        using BinRegression folds = fit.Fork(_fitted);
        double[] bestEnergies = [];
        double[] errors = new double[FoldCount];
        double bestError = double.PositiveInfinity;
        int chosen = 0;
        for (int k = 0; k < Thresholds.Length; k++)
        {
            Descend(folds, k);
            _codes.TotalEnergies(folds.Residual, _leftOut, errors);
            double error = errors.Sum();
            if (error < bestError)
            {
                (bestError, chosen) = (error, k);
                bestEnergies = BlockEnergies(folds);
            }
        }

        for (int k = 0; k <= chosen; k++)
        {
            Descend(fit, k);
        }

        return (fit, bestEnergies);
    }

    /// <summary>Plain least squares on a support that explains everything: nothing is shrunk, nothing added.</summary>
    /// <returns>The folds' residuals, as of <see cref="Fit"/>.</returns>
    public double[] ResidualsOfExactSupport(BinRegression found)
    {
        using BinRegression start = Start([.. found.Sets], found);
        using BinRegression folds = start.Fork(_fitted);
        folds.Reweigh(PriorDelays);
        folds.Sweep();
        return BlockEnergies(folds);
    }

    private static void Descend(BinRegression fit, int step)
    {
        // The first threshold starts from unshrunk coefficients and needs more passes; later ones start beside their solution.
        int passes = step == 0 ? 4 : 2;
        for (int pass = 0; pass < passes; pass++)
        {
            fit.Reweigh(PriorDelays);
            fit.SweepShrinking(Thresholds[step], activeOnly: false);
            fit.SweepShrinking(Thresholds[step], activeOnly: true);
        }
    }

    private double[] BlockEnergies(BinRegression folds)
    {
        double[] energies = new double[FoldCount * _samples.GroupCount * _samples.Delays];
        _codes.BlockEnergies(folds.Residual, energies);
        return energies;
    }

    private BinRegression Start(FeatureSet[] sets, BinRegression found)
    {
        double[] known = found.Terms.CopyCoefficients();
        double[] coefficients = [.. sets.Select(set => found.IndexOf(set) is >= 0 and int term ? known[term] : 0)];
        BinRegression fit = new(_samples, _design.AllDelays);
        fit.Add(sets, coefficients);
        return fit;
    }

    private FeatureSet[] Terms(BinRegression found)
    {
        HashSet<FeatureSet> sets = [FeatureSet.Empty, .. found.Sets];
        foreach (FeatureSet set in found.Sets)
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
