using Spex.Core.Random;

namespace Spex.Core.Metrics;

/// <summary>Sums of groups of samples, and the R² of the whole and of its multinomial resamples.</summary>
internal sealed class Bootstrap(int groups, double rootMeanSquare)
{
    // The stream of the run's seed that belongs to resampling: "bootstrp" in ASCII.
    private const ulong Stream = 0x626F6F7473747270;

    // Values are float32: their rounding, and that of a mean over them, stays below this share of their size.
    private const double Rounding = 1.0 / (1 << 20);

    private readonly double[] _residual = new double[groups];
    private readonly double[] _total = new double[groups];
    private readonly double[] _deviation = new double[groups];
    private readonly double[] _count = new double[groups];

    /// <summary>Adds samples to a group.</summary>
    public void Add(int group, double residual, double total, double deviation, double count)
    {
        _residual[group] += residual;
        _total[group] += total;
        _deviation[group] += deviation;
        _count[group] += count;
    }

    /// <summary>R² of all samples, and the percentiles of the resamples' R².</summary>
    public Faithfulness Measure(FaithfulnessMeasure measure, long sampleCount, ulong seed)
    {
        double residual = 0, total = 0, deviation = 0, count = 0;
        for (int group = 0; group < groups; group++)
        {
            residual += _residual[group];
            total += _total[group];
            deviation += _deviation[group];
            count += _count[group];
        }

        double r2 = R2(residual, total, deviation, count);
        if (measure == FaithfulnessMeasure.Exact || groups == 1)
        {
            return new Faithfulness(r2, r2, r2, measure, sampleCount);
        }

        double[] resampled = new double[Faithfulness.Resamples];
        for (int resample = 0; resample < resampled.Length; resample++)
        {
            resampled[resample] = Resample(seed, resample);
        }

        Array.Sort(resampled);
        const double Tail = (1 - Faithfulness.Confidence) / 2;
        return new Faithfulness(r2, Percentile(resampled, Tail), Percentile(resampled, 1 - Tail), measure, sampleCount);
    }

    private static double Percentile(double[] sorted, double share)
    {
        double at = share * (sorted.Length - 1);
        int below = (int)at;
        return below + 1 == sorted.Length ? sorted[below] : sorted[below] + ((at - below) * (sorted[below + 1] - sorted[below]));
    }

    private double Resample(ulong seed, int resample)
    {
        double residual = 0, total = 0, deviation = 0, count = 0;
        ulong block = (ulong)resample << 32;
        for (int drawn = 0; drawn < groups; drawn += 4)
        {
            (uint x0, uint x1, uint x2, uint x3) = Philox.Block(seed, Stream, block++);
            Draw(x0);
            if (drawn + 1 < groups)
            {
                Draw(x1);
            }

            if (drawn + 2 < groups)
            {
                Draw(x2);
            }

            if (drawn + 3 < groups)
            {
                Draw(x3);
            }
        }

        return R2(residual, total, deviation, count);

        void Draw(uint bits)
        {
            int group = (int)(((ulong)bits * (uint)groups) >> 32);
            residual += _residual[group];
            total += _total[group];
            deviation += _deviation[group];
            count += _count[group];
        }
    }

    // Σ(y − ȳ*)² = Σ(y − ȳ)² − (Σ(y − ȳ))²/N for the mean ȳ* of the samples drawn.
    private double R2(double residual, double total, double deviation, double count)
    {
        double own = count > 0 ? Math.Max(0, total - (deviation * deviation / count)) : total;
        double rounding = Rounding * rootMeanSquare;
        double constant = count * rounding * rounding;
        return own > constant ? 1 - (residual / own) : residual <= Math.Max(own, constant) ? 1 : 0;
    }
}
