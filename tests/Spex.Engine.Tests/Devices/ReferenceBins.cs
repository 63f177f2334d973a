using Spex.Core.Codes;
using Spex.Core.Designs;
using Spex.Core.Spectra;
using Spex.Engine.Devices;

namespace Spex.Engine.Tests.Devices;

/// <summary>The scalar reference of <see cref="CodePrimitives"/>: one bin, one term, one word at a time, in float64, straight from the design's matrices.</summary>
internal sealed class ReferenceBins
{
    private const int MostErrors = 7;

    private readonly SpexDesign _design;

    public ReferenceBins(SpexDesign design, ReadOnlySpan<float> columns, int stride)
    {
        _design = design;
        Columns = new double[design.GroupCount << design.Log2Bins][];
        for (int bin = 0; bin < Columns.Length; bin++)
        {
            Columns[bin] = new double[design.DelayCount];
            for (int d = 0; d < design.DelayCount; d++)
            {
                Columns[bin][d] = columns[(bin * stride) + d];
            }
        }
    }

    public double[][] Columns { get; }

    public double Floor { get; init; }

    public int BinOf(int group, FeatureSet set) => (group << _design.Log2Bins) + _design.BinOf(group, set);

    public double Sign(int group, int delay, FeatureSet set) =>
        (set.Parity(_design.Delays.Row(delay)) ^ set.Parity(_design.Offsets.Row(group))) == 0 ? 1 : -1;

    public double Energy(int bin, UInt128 delays)
    {
        double sum = 0;
        for (int d = 0; d < _design.DelayCount; d++)
        {
            sum += ((delays >> d) & 1) != 0 ? Columns[bin][d] * Columns[bin][d] : 0;
        }

        return sum;
    }

    public double Correlate(int group, FeatureSet set, UInt128 delays)
    {
        double sum = 0;
        for (int d = 0; d < _design.DelayCount; d++)
        {
            sum += ((delays >> d) & 1) != 0 ? Sign(group, d, set) * Columns[BinOf(group, set)][d] : 0;
        }

        return sum;
    }

    public void Add(FeatureSet set, double amount)
    {
        for (int c = 0; c < _design.GroupCount; c++)
        {
            for (int d = 0; d < _design.DelayCount; d++)
            {
                Columns[BinOf(c, set)][d] += amount * Sign(c, d, set);
            }
        }
    }

    public double Quick(FeatureSet set)
    {
        double sum = 0, weights = 0;
        for (int c = 0; c < _design.GroupCount; c++)
        {
            double weight = _design.DelayCount / (Energy(BinOf(c, set), UInt128.MaxValue) + Floor);
            sum += weight * Correlate(c, set, UInt128.MaxValue);
            weights += weight;
        }

        return 0.5 * sum * sum / (_design.DelayCount * weights);
    }

    public (double Evidence, double Coefficient) Evidence(FeatureSet set)
    {
        int delays = _design.DelayCount;
        double[] correlations = [.. Enumerable.Range(0, _design.GroupCount).Select(c => Correlate(c, set, UInt128.MaxValue))];
        double[] energies = [.. Enumerable.Range(0, _design.GroupCount).Select(c => Energy(BinOf(c, set), UInt128.MaxValue) + Floor)];
        double[] weights = [.. correlations.Zip(energies, (k, e) => delays / Math.Max(e - (k * k / delays), Floor))];
        double mean = correlations.Zip(weights, (k, w) => k * w / delays).Sum() / weights.Sum();
        return correlations.Select(k => k / delays).Prepend(mean)
            .Select(rho => (correlations.Zip(energies, (k, e) => 0.5 * delays * Math.Log(e / Math.Max(e - (2 * rho * k) + (delays * rho * rho), Floor))).Sum(), rho))
            .MaxBy(guess => guess.Item1);
    }

    /// <summary>The best set that a bin's word, or a word that differs from it in the doubted bits, spells; null where none is above its bar.</summary>
    public (FeatureSet Set, double Surplus)? Decode(int bin, int chaseDepth, double[] bars)
    {
        BchCode code = _design.Code;
        int[] doubted = [.. Enumerable.Range(0, code.ParityCount).OrderBy(p => Math.Abs(Columns[bin][p + 1])).Take(chaseDepth)];
        (FeatureSet Set, double Surplus)? best = null;
        for (int complement = 0; complement < (chaseDepth == 0 ? 1 : 2); complement++)
        {
            for (int flips = 0; flips < 1 << doubted.Length; flips++)
            {
                UInt128 word = 0;
                for (int p = 0; p < code.ParityCount; p++)
                {
                    bool negative = (Columns[bin][p + 1] < 0) ^ (Columns[bin][0] < 0) ^ (complement != 0);
                    int doubt = Array.IndexOf(doubted, p);
                    negative ^= doubt >= 0 && ((flips >> doubt) & 1) != 0;
                    word |= negative ? UInt128.One << p : 0;
                }

                int[] features = new int[MostErrors];
                if (!code.TryDecode(word, features, out int count, out _) || count >= bars.Length)
                {
                    continue;
                }

                FeatureSet set = new(features.AsSpan(0, count));
                double surplus = BinOf(bin >> _design.Log2Bins, set) == bin ? Evidence(set).Evidence - bars[count] : 0;
                if (surplus > (best?.Surplus ?? 0))
                {
                    best = (set, surplus);
                }
            }
        }

        return best;
    }

    /// <summary>The weights of one layer.</summary>
    public double[] Weights(UInt128 delays, double priorDelays)
    {
        int count = (int)UInt128.PopCount(delays);
        double[] energies = [.. Enumerable.Range(0, Columns.Length).Select(bin => Energy(bin, delays))];
        double mean = energies.Average() / count;
        return [.. energies.Select(e => (count + priorDelays) / (e + (priorDelays * mean) + 1e-20))];
    }

    /// <summary>One pass of coordinate descent; shrinking where there is a threshold.</summary>
    public void Sweep(FeatureSet[] sets, double[] coefficients, double[] weights, UInt128 delays, double? threshold, bool activeOnly)
    {
        int count = (int)UInt128.PopCount(delays);
        for (int t = 0; t < sets.Length; t++)
        {
            double old = coefficients[t];
            if (activeOnly && old == 0)
            {
                continue;
            }

            double sum = 0, information = 0;
            for (int c = 0; c < _design.GroupCount; c++)
            {
                double weight = weights[BinOf(c, sets[t])];
                sum += weight * Correlate(c, sets[t], delays);
                information += weight * count;
            }

            double g = old + (sum / information), s2 = 1 / information;
            double next = threshold is not { } bar || t == 0 ? g : g * g <= bar * s2 ? 0 : g * (1 - (s2 / (g * g)));
            coefficients[t] = next;
            Add(sets[t], old - next);
        }
    }
}
