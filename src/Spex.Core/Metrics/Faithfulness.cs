namespace Spex.Core.Metrics;

/// <summary>
/// How well a spectrum predicts the value function on uniformly random masks: R² = 1 − ‖f̂ − f‖² / ‖f − f̄‖², with a bootstrap confidence interval.
/// </summary>
/// <remarks>
/// <para>
/// A function that does not vary has no R²: where its predictions are right, to the rounding of float32, this is 1, otherwise 0. A function counts as constant when
/// the root mean square of f − f̄ is at most 2^−20 of that of f.
/// </para>
/// <para>
/// The interval is the percentile interval (Efron 1979) of <see cref="Resamples"/> multinomial resamples. Beyond <see cref="GroupLimit"/> blocks, neighbouring ones are
/// joined into that many groups, whose sums are resampled: the mean of the resampled ratio stays, its spread is estimated from that many groups, to 1/√(2·1024) = 2 %.
/// </para>
/// </remarks>
/// <param name="R2">R²; 1 is perfect, 0 no better than the mean, below 0 worse.</param>
/// <param name="Lower">Lower end of the interval.</param>
/// <param name="Upper">Upper end of the interval.</param>
/// <param name="Measure">How it was measured.</param>
/// <param name="SampleCount">How many masks it was measured on.</param>
public sealed record Faithfulness(double R2, double Lower, double Upper, FaithfulnessMeasure Measure, long SampleCount)
{
    /// <summary>The R² from which a fit is called good; the default target of an automatic budget.</summary>
    public const double GoodThreshold = 0.9;

    /// <summary>The R² from which a fit is called fair; the lowest of the levels at which the ProxySPEX paper compares methods.</summary>
    public const double FairThreshold = 0.7;

    /// <summary>The share of intervals that are meant to hold the true R².</summary>
    public const double Confidence = 0.95;

    /// <summary>Bootstrap resamples.</summary>
    public const int Resamples = 1000;

    /// <summary>The most groups that are resampled.</summary>
    public const int GroupLimit = 1024;

    /// <summary>What the R² means, in a word.</summary>
    public FaithfulnessQuality Quality => R2 >= GoodThreshold ? FaithfulnessQuality.Good : R2 >= FairThreshold ? FaithfulnessQuality.Fair : FaithfulnessQuality.Poor;

    /// <summary>The faithfulness of a spectrum that reproduces all <paramref name="sampleCount"/> = 2^n values.</summary>
    public static Faithfulness Exact(long sampleCount) => new(1, 1, 1, FaithfulnessMeasure.Exact, sampleCount);

    /// <summary>Measures predictions against values of the same masks.</summary>
    /// <param name="values">f(m) of each mask.</param>
    /// <param name="predictions">f̂(m) of each mask.</param>
    /// <param name="measure">How the predictions came about.</param>
    /// <param name="seed">The run's seed, for the bootstrap.</param>
    /// <exception cref="ArgumentException">There are no values, or not one prediction each.</exception>
    public static Faithfulness Of(ReadOnlySpan<double> values, ReadOnlySpan<double> predictions, FaithfulnessMeasure measure, ulong seed)
    {
        if (values.Length != predictions.Length || values.IsEmpty)
        {
            throw new ArgumentException($"{values.Length} values and {predictions.Length} predictions were given; one prediction a value, at least one, is needed.", nameof(predictions));
        }

        double sum = 0, squares = 0;
        foreach (double value in values)
        {
            sum += value;
            squares += value * value;
        }

        double mean = sum / values.Length;
        int groups = Math.Min(values.Length, GroupLimit);
        Bootstrap bootstrap = new(groups, Math.Sqrt(squares / values.Length));
        for (int i = 0; i < values.Length; i++)
        {
            double error = values[i] - predictions[i], deviation = values[i] - mean;
            bootstrap.Add((int)((long)i * groups / values.Length), error * error, deviation * deviation, deviation, 1);
        }

        return bootstrap.Measure(measure, values.Length, seed);
    }

    /// <summary>Measures from squared errors that somebody else summed, in blocks of samples that belong together and are resampled together.</summary>
    /// <param name="residual">Σ(y − ŷ)² of each block.</param>
    /// <param name="total">Σ(y − ȳ)² of each block, ȳ the mean of all samples.</param>
    /// <param name="sampleCount">Samples in all blocks.</param>
    /// <param name="measure">How the predictions came about.</param>
    /// <param name="seed">The run's seed, for the bootstrap.</param>
    /// <param name="rootMeanSquare">√(mean y²), by which a constant function is told from rounding; 0 where it is not known.</param>
    /// <exception cref="ArgumentException">There are no blocks, or not one total each.</exception>
    public static Faithfulness OfErrors(
        ReadOnlySpan<double> residual, ReadOnlySpan<double> total, long sampleCount, FaithfulnessMeasure measure, ulong seed, double rootMeanSquare = 0)
    {
        if (residual.Length != total.Length || residual.IsEmpty)
        {
            throw new ArgumentException($"{residual.Length} residuals and {total.Length} totals were given; one each a block, at least one, is needed.", nameof(total));
        }

        int groups = Math.Min(residual.Length, GroupLimit);
        Bootstrap bootstrap = new(groups, rootMeanSquare);
        for (int i = 0; i < residual.Length; i++)
        {
            bootstrap.Add((int)((long)i * groups / residual.Length), residual[i], total[i], 0, (double)sampleCount / residual.Length);
        }

        return bootstrap.Measure(measure, sampleCount, seed);
    }

    /// <summary>As people read it: R² 0.931 (95 % interval 0.912 to 0.947), good; cross-validated on 2,000 masks.</summary>
    public override string ToString()
    {
        string word = Quality switch
        {
            FaithfulnessQuality.Good => "good",
            FaithfulnessQuality.Fair => "fair",
            _ => "poor",
        };
        return Measure switch
        {
            FaithfulnessMeasure.Exact => FormattableString.Invariant($"R² {R2:0.000}, exact on all {SampleCount:N0} masks"),
            FaithfulnessMeasure.CrossValidated =>
                FormattableString.Invariant($"R² {R2:0.000} (95 % interval {Lower:0.000} to {Upper:0.000}), {word}; cross-validated on {SampleCount:N0} masks"),
            _ => FormattableString.Invariant($"R² {R2:0.000} (95 % interval {Lower:0.000} to {Upper:0.000}), {word}; validated on {SampleCount:N0} unseen masks"),
        };
    }
}
