using Spex.Core.Spectra;
using Spex.Engine.Devices;

namespace Spex.Engine.Decoding;

/// <summary>Sparse regression along falling thresholds; what each function keeps is the fit at the threshold with the smallest error on left-out samples.</summary>
/// <remarks>Functions go together, step by step, as many as there is memory for; each ends where it would by itself.</remarks>
internal static class SparsePath
{
    // Coefficients below this share of the values' standard deviation are rounding of float32 values.
    private const double RoundingShare = 1e-6;

    /// <summary>Follows the paths.</summary>
    /// <param name="samples">The functions, of one batch.</param>
    /// <param name="problems">The sets and weights of each.</param>
    /// <param name="rule">How the thresholds fall.</param>
    /// <param name="starts">Fits from which the paths go on, two steps above their thresholds; null to begin at zero, from the largest threshold.</param>
    /// <param name="cancel">Stops the fit.</param>
    public static SparseFit[] Follow(
        IReadOnlyList<FoldedSamples> samples, IReadOnlyList<RegressionProblem> problems, PathRule rule, IReadOnlyList<SparseFit>? starts, CancellationToken cancel)
    {
        if (samples.Count == 0)
        {
            return [];
        }

        FoldedBatch batch = samples[0].Batch;
        long bytes = SparseRegression.BytesOf(batch, problems.Max(problem => problem.Sets.Length));
        return MemoryBatches.Run(batch.Device, samples.Count, bytes, range => Together([.. samples.Take(range)], [.. problems.Take(range)], rule, starts?.Take(range).ToArray(), cancel));
    }

    private static SparseFit[] Together(FoldedSamples[] samples, RegressionProblem[] problems, PathRule rule, SparseFit[]? starts, CancellationToken cancel)
    {
        using SparseRegression regression = new(samples, problems);
        double[] largest = regression.LargestThresholds();
        if (starts is not null)
        {
            regression.StartAt([.. starts.Select(start => start.Fits)]);
        }

        Walk[] walks = [.. samples.Select((own, function) => new Walk(rule, own.SumOfSquares, largest[function], starts?[function].Threshold / (rule.Ratio * rule.Ratio)))];
        while (!Array.TrueForAll(walks, walk => walk.HasEnded))
        {
            cancel.ThrowIfCancellationRequested();
            double[] errors = regression.Descend(Array.ConvertAll(walks, walk => walk.HasEnded ? double.NaN : walk.Threshold), rule.Shrinkage);
            bool[] isKept = [.. walks.Select((walk, function) => !walk.HasEnded && walk.Take(errors[function]))];
            if (isKept.Contains(true))
            {
                regression.Keep(isKept);
            }
        }

        SpectrumTerm[][][] kept = regression.Kept();
        return [.. walks.Select((walk, function) =>
        {
            double smallest = RoundingShare * Math.Sqrt(samples[function].SumOfSquares / samples[function].Count);
            return new SparseFit([.. kept[function].Select(fit => Array.FindAll(fit, term => Math.Abs(term.Coefficient) > smallest))], walk.Least, walk.Chosen);
        })];
    }

    /// <summary>One function's way.</summary>
    private sealed class Walk(PathRule rule, double sumOfSquares, double largest, double? start)
    {
        private readonly double _lastThreshold = rule.LeastShare * largest;
        private int _steps;
        private int _since;

        /// <summary>The next threshold.</summary>
        public double Threshold { get; private set; } = start ?? largest;

        /// <summary>The least error.</summary>
        public double Least { get; private set; } = double.PositiveInfinity;

        /// <summary>The threshold at which it was.</summary>
        public double Chosen { get; private set; } = largest;

        public bool HasEnded { get; private set; }

        /// <summary>Takes the error at the threshold; gives whether the fit is the best so far.</summary>
        public bool Take(double error)
        {
            _since++;
            bool isBest = _steps++ == 0 || error < rule.Better * Least;
            if (isBest)
            {
                (Least, Chosen, _since) = (error, Threshold, 0);
            }

            HasEnded = _since >= rule.Patience || _steps >= rule.MaxSteps || Least <= rule.ExactShare * sumOfSquares || error > rule.Worse * Least || Threshold == 0;
            Threshold *= rule.Ratio;
            HasEnded |= Threshold < _lastThreshold;
            return isBest;
        }
    }
}
