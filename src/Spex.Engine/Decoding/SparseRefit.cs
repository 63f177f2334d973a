using Spex.Core.Spectra;
using Spex.Engine.Devices;

namespace Spex.Engine.Decoding;

/// <summary>
/// From suggested sets to a sparse spectrum: the threshold is chosen by cross-validation, then the neighbours of what was kept (subsets and supersets with one
/// element less or more) may enter where the residual points at them, and the threshold is chosen anew, for as long as unseen samples are predicted better.
/// </summary>
/// <remarks>
/// Spectra of real functions are hierarchical: where a set matters, its neighbours often do (Butler et al., "ProxySPEX", 2025, §3). Each fold goes the whole way
/// by itself, from suggestions that did not see its left-out samples to neighbours and their order, so that out-of-fold errors are honest.
/// </remarks>
internal sealed class SparseRefit
{
    // From one threshold to the next, and steps without a smaller error after which the path ends.
    private const double Step = 0.7;
    private const int Patience = 2;
    private const int MaxSteps = 100;
    private const double Better = 1 - 1e-4;

    // Values are float32: what is left of them when everything is explained, as a share of the variance.
    private const double ExactShare = 1e-12;

    private const double RoundingShare = 1e-6;

    // The largest degree that a spectrum may be asked for.
    private const int MostDegree = 6;

    // Rounds of letting neighbours in; a round that does not lessen the error by five per cent is the last.
    private const int MaxRounds = 4;
    private const double WorthAnotherRound = 0.95;

    // Strong terms whose neighbours are looked at, as far as neighbours × samples are not too many, and how many neighbours come in.
    private const int MaxStrong = 150;
    private const int LeastStrong = 8;
    private const int MaxNeighbours = 1 << 17;
    private const int MaxSmall = 1 << 15;
    private const long MaxNeighbourSamples = 1L << 28;
    private const int MaxEntering = 250;
    private const int MaxEnteringSmall = 50;

    private readonly FoldedSamples _samples;
    private readonly int _maxDegree;
    private readonly CancellationToken _cancel;
    private readonly double _variance;

    // A set of k features is one of C(n, k) with two signs: of so many the largest correlation by chance alone grows like √ln 2C(n, k) (Donoho and Johnstone, "Ideal spatial
    // adaptation by wavelet shrinkage", 1994), and the threshold with it. 1 for single features, 0 for the constant; never less for a larger set.
    private readonly double[] _weights;

    // Sets of every kind up to the size at which there are few enough to look at all of them.
    private readonly Lazy<FeatureSet[]> _small;

    /// <summary>Prepares to fit samples with sets of at most <paramref name="maxDegree"/> features.</summary>
    public SparseRefit(FoldedSamples samples, int maxDegree, CancellationToken cancel)
    {
        (_samples, _maxDegree, _cancel) = (samples, maxDegree, cancel);
        _small = new Lazy<FeatureSet[]>(SmallSets);
        _variance = samples.SumOfSquares;
        _weights = new double[MostDegree + 1];
        double logCount = 0, single = Math.Log(2.0 * samples.FeatureCount);
        for (int size = 1; size <= MostDegree; size++)
        {
            logCount += Math.Log(Math.Max(1, (samples.FeatureCount - size + 1.0) / size));
            _weights[size] = Math.Sqrt((Math.Log(2) + logCount) / single);
        }
    }

    /// <summary>For each fold without its samples, and for all, the single features whose characters correlate most with the values.</summary>
    public HashSet<FeatureSet>[] StrongestSingles(int most)
    {
        FeatureSet[] singles = [.. Enumerable.Range(0, _samples.FeatureCount).Select(feature => new FeatureSet(feature))];
        int problems = _samples.FoldCount + 1;
        if (singles.Length <= most)
        {
            return [.. Enumerable.Range(0, problems).Select(_ => new HashSet<FeatureSet>(singles))];
        }

        SparseFit nothing = new([.. Enumerable.Repeat(Array.Empty<SpectrumTerm>(), problems)], _variance, 0);
        using DeviceBuffer<double> residuals = Residuals(nothing);
        HashSet<FeatureSet>[] strongest = [.. Enumerable.Range(0, problems).Select(_ => new HashSet<FeatureSet>())];
        Screen(singles, new int[]?[problems], residuals, most, strongest);
        return strongest;
    }

    /// <summary>Fits suggested sets and their neighbours.</summary>
    /// <param name="suggested">F + 1 collections: for each fold sets that its left-out samples have not suggested, and last those that all samples suggest.</param>
    public SparseFit Fit(IReadOnlyList<HashSet<FeatureSet>> suggested)
    {
        SparseFit best = Path(suggested);
        SparseFit last = best;
        for (int round = 0; round < MaxRounds && last.SquaredError > ExactShare * _variance; round++)
        {
            SparseFit next = Path(WithNeighbours(last, suggested), last);
            bool worthAnother = next.SquaredError < WorthAnotherRound * last.SquaredError;
            best = next.SquaredError < best.SquaredError ? next : best;
            last = next;
            if (!worthAnother)
            {
                break;
            }
        }

        return best;
    }

    /// <summary>Fits the sets, and no others, along the path.</summary>
    /// <param name="allowed">F + 1 collections: the sets that each problem may use.</param>
    /// <param name="start">A fit from which the path goes on, at a somewhat larger threshold than its own; null to begin at zero.</param>
    public SparseFit Path(IReadOnlyList<HashSet<FeatureSet>> allowed, SparseFit? start = null)
    {
        FeatureSet[] sets = [.. allowed.SelectMany(sets => sets).Where(set => set.Count > 0).Distinct().Order().Prepend(FeatureSet.Empty)];
        bool[][] denied = [.. allowed.Take(_samples.FoldCount).Select(own => Array.ConvertAll(sets, set => set.Count > 0 && !own.Contains(set)))];
        double[] weights = Array.ConvertAll(sets, set => _weights[set.Count]);
        using SparseRegression regression = new(_samples, sets, weights, denied);
        double threshold = regression.LargestThreshold, least = double.PositiveInfinity, chosen = threshold;
        if (start is not null)
        {
            regression.StartAt(start.Fits);
            threshold = start.Threshold / (Step * Step);
        }

        int since = 0;
        for (int step = 0; step < MaxSteps && since < Patience; step++)
        {
            _cancel.ThrowIfCancellationRequested();
            double error = regression.Descend(threshold, Shrinkage.Garrote);
            since++;
            if (step == 0 || error < Better * least)
            {
                (least, chosen, since) = (error, threshold, 0);
                regression.Keep();
            }

            if (least <= ExactShare * _variance || error > 1.02 * least)
            {
                break;
            }

            threshold *= Step;
        }

        // What is smaller than the rounding of float32 values is no term.
        double smallest = RoundingShare * Math.Sqrt(_variance / _samples.Count);
        return new SparseFit([.. regression.Kept().Select(fit => Array.FindAll(fit, term => Math.Abs(term.Coefficient) > smallest))], least, chosen);
    }

    /// <summary>y − ŷ of the samples that each fit saw, 0 for those that it did not: F + 1 times N numbers, which the caller disposes.</summary>
    public DeviceBuffer<double> Residuals(SparseFit fit)
    {
        DeviceBuffer<double> residuals = _samples.Device.Allocate<double>((long)fit.Fits.Count * _samples.Count);
        _samples.Device.Regression.Residuals(_samples.MaskColumns, _samples.Count, _samples.FeatureCount, _samples.Targets, _samples.Boundaries, fit.Fits, residuals, null);
        return residuals;
    }

    /// <summary>Adds, for each fold and for all samples, the candidates whose characters the residual points at most.</summary>
    private void Screen(FeatureSet[] sets, IReadOnlyList<int[]?> members, DeviceBuffer<double> residuals, int most, HashSet<FeatureSet>[] entering)
    {
        int[][] strongest = _samples.Device.Regression.Screen(_samples.MaskColumns, _samples.Count, _samples.FeatureCount, sets, residuals, members, most, _cancel);
        for (int p = 0; p < strongest.Length; p++)
        {
            entering[p].UnionWith(strongest[p].Select(j => sets[j]));
        }
    }

    /// <summary>What was kept, and those of its neighbours and of what was suggested before that the residual points at.</summary>
    private HashSet<FeatureSet>[] WithNeighbours(SparseFit fit, IReadOnlyList<HashSet<FeatureSet>> suggested)
    {
        HashSet<FeatureSet>[] entering = [.. fit.Fits.Select(terms => terms.Select(term => term.Set).ToHashSet())];
        CandidateSets rivals = new();
        int[]?[] members = new int[entering.Length][];
        for (int p = 0; p < members.Length; p++)
        {
            rivals.Begin(entering[p]);
            AddNeighbours(fit.Fits[p], rivals);
            foreach (FeatureSet set in suggested[p])
            {
                rivals.Add(set.Features);
            }

            members[p] = rivals.End();
        }

        // Of all small sets only the few best come in: among so many the residual points at some by chance.
        using DeviceBuffer<double> residuals = Residuals(fit);
        Screen(rivals.All, members, residuals, MaxEntering, entering);
        Screen(_small.Value, new int[]?[members.Length], residuals, MaxEnteringSmall, entering);
        return entering;
    }

    private FeatureSet[] SmallSets()
    {
        long most = Math.Min(MaxSmall, MaxNeighbourSamples / 2 / _samples.Count);
        int order = 0;
        for (double count = 1, all = 1; order < Math.Min(_maxDegree, _samples.FeatureCount); order++)
        {
            count *= (_samples.FeatureCount - order) / (order + 1.0);
            all += count;
            if (all > most)
            {
                break;
            }
        }

        return [.. FeatureSets.UpTo(order, _samples.FeatureCount).Skip(1)];
    }

    /// <summary>Adds the sets with one feature less or more than the strongest terms'.</summary>
    private void AddNeighbours(SpectrumTerm[] terms, CandidateSets candidates)
    {
        int features = _samples.FeatureCount;
        long most = Math.Min(MaxNeighbours, MaxNeighbourSamples / _samples.Count);
        Span<int> neighbour = stackalloc int[MostDegree + 1];
        foreach (FeatureSet set in terms
            .Where(term => term.Set.Count > 0)
            .OrderByDescending(term => Math.Abs(term.Coefficient)).ThenBy(term => term.Set)
            .Select(term => term.Set)
            .Take((int)Math.Clamp(most / features, LeastStrong, MaxStrong)))
        {
            ReadOnlySpan<int> own = set.Features;
            for (int without = 0; without < own.Length && own.Length > 1; without++)
            {
                own[..without].CopyTo(neighbour);
                own[(without + 1)..].CopyTo(neighbour[without..]);
                candidates.Add(neighbour[..(own.Length - 1)]);
            }

            for (int feature = 0, at = 0; feature < features && own.Length < _maxDegree; feature++)
            {
                if (at < own.Length && own[at] == feature)
                {
                    at++;
                    continue;
                }

                own[..at].CopyTo(neighbour);
                neighbour[at] = feature;
                own[at..].CopyTo(neighbour[(at + 1)..]);
                candidates.Add(neighbour[..(own.Length + 1)]);
            }
        }
    }
}
