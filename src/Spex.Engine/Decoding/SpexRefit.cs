using Spex.Core.Spectra;
using Spex.Engine.Devices.Cpu;

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

    private readonly SpexBins _samples;
    private readonly SpexPattern[] _features;
    private readonly CpuDevice _cpu;

    public SpexRefit(SpexBins samples, SpexPattern[] features, CpuDevice cpu)
    {
        _samples = samples;
        _features = features;
        _cpu = cpu;
    }

    /// <summary>Fits the terms by shrinkage; starts from the coefficients found.</summary>
    /// <returns>The fit on all samples and, for each fold, the table whose columns at the left-out delays are the errors there.</returns>
    public (BinRegression Fit, SpexBins[] FoldResiduals) Fit(BinRegression found)
    {
        FeatureSet[] sets = Terms(found);
        BinRegression[] folds = new BinRegression[FoldCount];
        SpexBins[] bestResiduals = new SpexBins[FoldCount];
        double bestError = double.PositiveInfinity;
        int chosen = 0;
        for (int k = 0; k < Thresholds.Length; k++)
        {
            int step = k;
            double[] errors = new double[FoldCount];
            _cpu.For(FoldCount, fold =>
            {
                folds[fold] ??= Start(sets, found, _samples.AllDelays & ~Fold(fold));
                Descend(folds[fold], step);
                errors[fold] = folds[fold].Residual.TotalEnergy(Fold(fold));
            });
            double error = errors.Sum();
            if (error < bestError)
            {
                (bestError, chosen) = (error, k);
                bestResiduals = [.. folds.Select(fold => fold.Residual.Clone())];
            }
        }

        BinRegression fit = Start(sets, found, _samples.AllDelays);
        for (int k = 0; k <= chosen; k++)
        {
            Descend(fit, k);
        }

        return (fit, bestResiduals);
    }

    /// <summary>Plain least squares on a support that explains everything: nothing is shrunk, nothing added.</summary>
    public SpexBins[] ResidualsOfExactSupport(BinRegression found)
    {
        SpexBins[] residuals = new SpexBins[FoldCount];
        _cpu.For(FoldCount, fold =>
        {
            BinRegression fit = Start([.. found.Sets], found, _samples.AllDelays & ~Fold(fold));
            fit.Reweigh(PriorDelays);
            fit.Sweep();
            residuals[fold] = fit.Residual;
        });
        return residuals;
    }

    /// <summary>The delays that a fold leaves out.</summary>
    public UInt128 Fold(int fold)
    {
        UInt128 delays = 0;
        for (int d = fold; d < _samples.Delays; d += FoldCount)
        {
            delays |= UInt128.One << d;
        }

        return delays;
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

    private BinRegression Start(FeatureSet[] sets, BinRegression found, UInt128 delays)
    {
        BinRegression fit = new(_samples.Clone(), _features, delays);
        foreach (FeatureSet set in sets)
        {
            fit.Add(set, found.CoefficientOf(set));
        }

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

        for (int i = 0; i < _features.Length; i++)
        {
            sets.Add(FeatureSet.FromAscending([i]));
        }

        return [.. sets.Order()];
    }
}
