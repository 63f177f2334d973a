using Spex.Core.Spectra;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu.Regression;

namespace Spex.Engine.Decoding;

/// <summary>
/// Ridge regression on the AND basis, a = argmin Σ_i w_i (y_i − Σ_T a_T [T ⊆ m_i])² + α Σ_{T ≠ ∅} a_T², with α by cross-validation; the constant is not shrunk.
/// </summary>
internal static class RidgeRegression
{
    /// <summary>Fits each function to all samples, and without each fold; the matrices are the same for all functions.</summary>
    /// <param name="samples">The samples of the functions.</param>
    /// <param name="order">Size of the largest set.</param>
    /// <param name="alphas">The α among which the errors on left-out samples choose; ties: the earlier.</param>
    /// <param name="weightOf">The weight of a mask with so many features, above 0.</param>
    /// <param name="cancel">Stops the fit.</param>
    public static SparseFit[] Fit(FoldedBatch samples, int order, ReadOnlySpan<double> alphas, Func<int, double> weightOf, CancellationToken cancel)
    {
        FeatureSet[] sets = [.. FeatureSets.UpTo(order, samples.FeatureCount)];
        if (samples.Device.Ridge is { } ridge)
        {
            double[] weights = [.. Enumerable.Range(0, samples.FeatureCount + 1).Select(weightOf)], tried = alphas.ToArray();

            // A function's values and errors, and a solution for each α and fold.
            long bytes = sizeof(double) * ((2L * samples.Count) + (((tried.Length * samples.Boundaries.Length) + 2L) * sets.Length));
            return MemoryBatches.Run(samples.Device, samples.Functions.Count, bytes, range =>
            {
                using DeviceBuffer<double> targets = FoldedBatch.TargetsOf([.. samples.Functions.Take(range)]);
                return Array.ConvertAll(
                    ridge.Fit(samples.MaskColumns, samples.Count, weights, sets, targets, samples.Boundaries, tried, cancel), found => ToFit(found.Solutions, found.SquaredError));
            });
        }

        PresenceColumns columns = new(samples, sets, weightOf);
        FoldedSamples[] functions = [.. samples.Functions];
        double[][][] products = Array.ConvertAll(functions, function => columns.Project(function.Values));
        int problems = samples.Boundaries.Length, alphaCount = alphas.Length;
        double[][] errors = Array.ConvertAll(functions, _ => new double[alphaCount]);
        double[][][][] solutions = Array.ConvertAll(functions, _ => Enumerable.Range(0, alphaCount).Select(_ => new double[problems][]).ToArray());
        for (int p = 0; p < problems; p++)
        {
            cancel.ThrowIfCancellationRequested();
            CholeskyFactor factor = new(columns.Gram(without: p), sets.Length, samples.For);
            for (int a = 0; a < alphaCount; a++)
            {
                cancel.ThrowIfCancellationRequested();
                double alpha = alphas[a];
                factor.Factor(Array.ConvertAll(sets, set => set.Count == 0 ? 0 : alpha));
                for (int function = 0; function < functions.Length; function++)
                {
                    double[] solution = (double[])products[function][p].Clone();
                    factor.Solve(solution);
                    solutions[function][a][p] = solution;
                    errors[function][a] += p < problems - 1 ? columns.SquaredError(p, solution, functions[function].Values) : 0;
                }
            }
        }

        return [.. functions.Select((_, function) =>
        {
            int best = errors[function].Index().MinBy(alpha => alpha.Item).Index;
            return ToFit(solutions[function][best], errors[function][best]);
        })];

        SparseFit ToFit(double[][] found, double error) => new([.. found.Select(solution => OrderLimit.ToFourier(samples.FeatureCount, sets, solution))], error);
    }
}
