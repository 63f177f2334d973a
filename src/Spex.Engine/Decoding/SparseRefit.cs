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
    private static readonly PathRule Rule = new(Shrinkage.Garrote, 0.7, 2) { MaxSteps = 100, Better = 1 - 1e-4, Worse = 1.02, ExactShare = ExactShare };

    // Values are float32: what is left of them when everything is explained, as a share of the variance.
    private const double ExactShare = 1e-12;

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

    // A product, the sum of its blocks, and whether it is a candidate.
    private const long BytesOfRival = 17;

    private readonly FoldedBatch _samples;
    private readonly int _maxDegree;
    private readonly CancellationToken _cancel;

    // A set of k features is one of C(n, k) with two signs: of so many the largest correlation by chance alone grows like √ln 2C(n, k) (Donoho and Johnstone, "Ideal spatial
    // adaptation by wavelet shrinkage", 1994), and the threshold with it. 1 for single features, 0 for the constant; never less for a larger set.
    private readonly double[] _weights;

    // Sets of every kind up to the size at which there are few enough to look at all of them.
    private readonly Lazy<FeatureSet[]> _small;

    /// <summary>Prepares to fit functions of a batch with sets of at most <paramref name="maxDegree"/> features.</summary>
    public SparseRefit(FoldedBatch samples, int maxDegree, CancellationToken cancel)
    {
        (_samples, _maxDegree, _cancel) = (samples, maxDegree, cancel);
        _small = new Lazy<FeatureSet[]>(SmallSets);
        _weights = new double[MostDegree + 1];
        double logCount = 0, single = Math.Log(2.0 * samples.FeatureCount);
        for (int size = 1; size <= MostDegree; size++)
        {
            logCount += Math.Log(Math.Max(1, (samples.FeatureCount - size + 1.0) / size));
            _weights[size] = Math.Sqrt((Math.Log(2) + logCount) / single);
        }
    }

    /// <summary>For each function's folds without their samples, and for all, the single features whose characters correlate most with the values.</summary>
    public HashSet<FeatureSet>[][] StrongestSingles(IReadOnlyList<FoldedSamples> functions, int most)
    {
        FeatureSet[] singles = [.. Enumerable.Range(0, _samples.FeatureCount).Select(feature => new FeatureSet(feature))];
        int problems = _samples.FoldCount + 1;
        HashSet<FeatureSet>[][] strongest = [.. functions.Select(_ => Enumerable.Range(0, problems).Select(_ => new HashSet<FeatureSet>(singles.Length <= most ? singles : [])).ToArray())];
        if (singles.Length > most)
        {
            SpectrumTerm[][] nothing = [.. Enumerable.Repeat(Array.Empty<SpectrumTerm>(), problems)];
            Screen(functions, [.. functions.Select(_ => nothing)], [.. functions.Select(_ => new Rivals(singles, new int[]?[problems]))], most, strongest);
        }

        return strongest;
    }

    /// <summary>Fits suggested sets and their neighbours.</summary>
    /// <param name="functions">Functions of the batch.</param>
    /// <param name="suggested">For each F + 1 collections: for each fold sets that its left-out samples have not suggested, and last those that all samples suggest.</param>
    public SparseFit[] Fit(IReadOnlyList<FoldedSamples> functions, IReadOnlyList<HashSet<FeatureSet>[]> suggested)
    {
        SparseFit[] best = Path(functions, suggested), last = [.. best];
        int[] going = [.. Enumerable.Range(0, best.Length)];
        for (int round = 0; round < MaxRounds; round++)
        {
            going = Array.FindAll(going, k => last[k].SquaredError > ExactShare * functions[k].SumOfSquares);
            FoldedSamples[] own = Array.ConvertAll(going, k => functions[k]);
            SparseFit[] before = Array.ConvertAll(going, k => last[k]);
            SparseFit[] next = Path(own, WithNeighbours(own, before, Array.ConvertAll(going, k => suggested[k])), before);
            for (int i = 0; i < going.Length; i++)
            {
                ref SparseFit known = ref best[going[i]];
                known = next[i].SquaredError < known.SquaredError ? next[i] : known;
                last[going[i]] = next[i];
            }

            going = [.. going.Where((_, i) => next[i].SquaredError < WorthAnotherRound * before[i].SquaredError)];
        }

        return best;
    }

    /// <summary>Fits the sets, and no others, along the path.</summary>
    /// <param name="functions">Functions of the batch.</param>
    /// <param name="allowed">For each F + 1 collections: the sets that each problem may use.</param>
    /// <param name="starts">Fits from which the paths go on, at somewhat larger thresholds than their own; null to begin at zero.</param>
    public SparseFit[] Path(IReadOnlyList<FoldedSamples> functions, IReadOnlyList<HashSet<FeatureSet>[]> allowed, IReadOnlyList<SparseFit>? starts = null) =>
        SparsePath.Follow(functions, [.. allowed.Select(ProblemOf)], Rule, starts, _cancel);

    private RegressionProblem ProblemOf(HashSet<FeatureSet>[] allowed)
    {
        FeatureSet[] sets = [.. allowed.SelectMany(sets => sets).Where(set => set.Count > 0).Distinct().Order().Prepend(FeatureSet.Empty)];
        bool[][] denied = [.. allowed.Take(_samples.FoldCount).Select(own => Array.ConvertAll(sets, set => set.Count > 0 && !own.Contains(set)))];
        return new RegressionProblem(sets, Array.ConvertAll(sets, set => _weights[set.Count]), denied);
    }

    /// <summary>Adds, for each function's folds and for all its samples, the candidates whose characters the residual of the fits points at most.</summary>
    private void Screen(
        IReadOnlyList<FoldedSamples> functions, IReadOnlyList<IReadOnlyList<SpectrumTerm[]>> fits, IReadOnlyList<Rivals> rivals, int most, HashSet<FeatureSet>[][] entering)
    {
        int problems = _samples.FoldCount + 1, count = _samples.Count;
        long sets = Math.Max(1, rivals.Max(own => own.Sets.Length)), bytes = (sizeof(double) * (problems + 1L) * count) + (sets * ((BytesOfRival * problems) + (count / 8)));
        int[][] strongest = MemoryBatches.Run(_samples.Device, functions.Count, bytes, range =>
        {
            FoldedSamples[] own = [.. functions.Take(range)];
            Rivals[] candidates = [.. rivals.Take(range)];
            using DeviceBuffer<double> targets = FoldedBatch.TargetsOf(own), residuals = _samples.Device.Allocate<double>((long)own.Length * problems * count);
            RegressionPrimitives regression = _samples.Device.Regression;
            regression.Residuals(_samples.MaskColumns, count, _samples.FeatureCount, targets, _samples.Boundaries, [.. fits.Take(range).SelectMany(fit => fit)], residuals, null);
            int[][] found = regression.Screen(
                _samples.MaskColumns, count, _samples.FeatureCount, [.. candidates.Select(one => one.Sets)], residuals, [.. candidates.SelectMany(one => one.Members)], most, _cancel);
            return found.Chunk(problems).ToArray();
        }).SelectMany(found => found).ToArray();
        for (int p = 0; p < strongest.Length; p++)
        {
            (int function, int problem) = Math.DivRem(p, problems);
            entering[function][problem].UnionWith(strongest[p].Select(j => rivals[function].Sets[j]));
        }
    }

    /// <summary>For each function what was kept, and those of its neighbours and of what was suggested before that the residual points at.</summary>
    private HashSet<FeatureSet>[][] WithNeighbours(FoldedSamples[] functions, SparseFit[] fits, HashSet<FeatureSet>[][] suggested)
    {
        HashSet<FeatureSet>[][] entering = Array.ConvertAll(fits, fit => fit.Fits.Select(terms => terms.Select(term => term.Set).ToHashSet()).ToArray());
        if (functions.Length == 0)
        {
            return entering;
        }

        Rivals[] neighbours = [.. functions.Select((_, k) => NeighboursOf(fits[k], suggested[k], entering[k]))];
        IReadOnlyList<SpectrumTerm[]>[] terms = Array.ConvertAll(fits, fit => fit.Fits);
        Screen(functions, terms, neighbours, MaxEntering, entering);

        // Of all small sets only the few best come in: among so many the residual points at some by chance.
        Rivals small = new(_small.Value, new int[]?[_samples.FoldCount + 1]);
        Screen(functions, terms, Array.ConvertAll(functions, _ => small), MaxEnteringSmall, entering);
        return entering;
    }

    private Rivals NeighboursOf(SparseFit fit, HashSet<FeatureSet>[] suggested, HashSet<FeatureSet>[] kept)
    {
        CandidateSets rivals = new();
        int[]?[] members = new int[kept.Length][];
        for (int p = 0; p < members.Length; p++)
        {
            rivals.Begin(kept[p]);
            AddNeighbours(fit.Fits[p], rivals);
            foreach (FeatureSet set in suggested[p])
            {
                rivals.Add(set.Features);
            }

            members[p] = rivals.End();
        }

        return new Rivals(rivals.All, members);
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

    /// <summary>Candidates of a function, and for each of its problems the numbers of those that are its own; null for all.</summary>
    private sealed record Rivals(FeatureSet[] Sets, int[]?[] Members);
}
