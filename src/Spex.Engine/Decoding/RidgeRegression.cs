using Spex.Core.Spectra;
using Spex.Engine.Devices.Cpu.Regression;

namespace Spex.Engine.Decoding;

/// <summary>
/// Ridge regression on the AND basis, a = argmin Σ_i w_i (y_i − Σ_T a_T [T ⊆ m_i])² + α Σ_{T ≠ ∅} a_T², with α by cross-validation; the constant is not shrunk.
/// </summary>
internal static class RidgeRegression
{
    /// <summary>Fits all samples, and without each fold.</summary>
    /// <param name="samples">The samples.</param>
    /// <param name="order">Size of the largest set.</param>
    /// <param name="alphas">The α among which the errors on left-out samples choose; ties: the earlier.</param>
    /// <param name="weightOf">The weight of a mask with so many features, above 0.</param>
    /// <param name="cancel">Stops the fit.</param>
    public static SparseFit Fit(FoldedSamples samples, int order, ReadOnlySpan<double> alphas, Func<int, double> weightOf, CancellationToken cancel)
    {
        FeatureSet[] sets = [.. FeatureSets.UpTo(order, samples.FeatureCount)];
        if (samples.Device.Ridge is { } ridge)
        {
            double[] weights = [.. Enumerable.Range(0, samples.FeatureCount + 1).Select(weightOf)];
            (double[][] found, double error) = ridge.Fit(samples.MaskColumns, samples.Count, weights, sets, samples.Targets, samples.Boundaries, alphas, cancel);
            return new SparseFit([.. found.Select(solution => OrderLimit.ToFourier(samples.FeatureCount, sets, solution))], error);
        }

        PresenceColumns columns = new(samples, sets, weightOf);
        double[][] products = columns.Project(samples.Values);
        double[] errors = new double[alphas.Length];
        double[][][] solutions = [.. Enumerable.Range(0, alphas.Length).Select(_ => new double[products.Length][])];
        for (int p = 0; p < products.Length; p++)
        {
            cancel.ThrowIfCancellationRequested();
            CholeskyFactor factor = new(columns.Gram(without: p), sets.Length, samples.For);
            for (int a = 0; a < alphas.Length; a++)
            {
                cancel.ThrowIfCancellationRequested();
                double alpha = alphas[a];
                factor.Factor(Array.ConvertAll(sets, set => set.Count == 0 ? 0 : alpha));
                double[] solution = (double[])products[p].Clone();
                factor.Solve(solution);
                solutions[a][p] = solution;
                errors[a] += p < samples.FoldCount ? columns.SquaredError(p, solution) : 0;
            }
        }

        int best = 0;
        for (int a = 1; a < alphas.Length; a++)
        {
            best = errors[a] < errors[best] ? a : best;
        }

        return new SparseFit([.. solutions[best].Select(solution => OrderLimit.ToFourier(samples.FeatureCount, sets, solution))], errors[best]);
    }
}
