using System.Numerics;
using Spex.Core.Codes;
using Spex.Core.Masks;
using Spex.Core.Random;
using Spex.Core.Spectra;

namespace Spex.Core.Designs;

/// <summary>
/// The masks of SPEX: C groups, each the same delays on its own subspace. Query (c, d, l) is M_c·l + D_d + o_c over F₂, for all l in {0,1}^b.
/// A group's 2^b queries of one delay transform into 2^b bins; coefficient F(S) falls into bin M_cᵀS with the sign (−1)^{⟨D_d + o_c, S⟩},
/// so the signs over the delays spell S in a BCH code (Kang et al., "SPEX: Scaling feature interaction explanations for LLMs", 2025, §4).
/// </summary>
/// <remarks>
/// Three things differ from the reference implementations. Each M_c has full rank and each group a random offset o_c, which makes every mask
/// uniformly distributed and removes the repeated queries at l = 0. Delays beyond the code's rows may be added: they are random rows,
/// which is how a budget between two powers of two is spent. For n ≤ 64, where queries may still coincide, the design numbers distinct masks only;
/// for larger n two of N queries coincide with probability below N²/2^(n+1) &lt; 10⁻⁹ for N up to 10⁵, and nothing is lost but one evaluation.
/// </remarks>
public sealed class SpexDesign : MaskDesign
{
    /// <summary>Groups of the design: C = 3, as in the papers.</summary>
    public const int DefaultGroups = 3;

    /// <summary>The smallest b that the design is made for; fewer than eight bins a group leave nothing to peel.</summary>
    public const int LeastLog2Bins = 3;

    /// <summary>The largest b.</summary>
    public const int MostLog2Bins = 20;

    /// <summary>The most delays: a set's signs are kept in 128 bits.</summary>
    public const int MostDelays = 128;

    private const ulong SubsamplingStream = 0x5350_4558_0000_0000;
    private const ulong OffsetStream = 0x5350_4558_0100_0000;
    private const ulong DelayStream = 0x5350_4558_0200_0000;

    private readonly MaskMatrix[] _basis;
    private readonly MaskMatrix _offsets;
    private readonly MaskMatrix _delays;
    private readonly uint[][] _featureBins;
    private readonly UInt128[] _featureDelays;
    private readonly Layout _layout;

    /// <summary>Makes a design.</summary>
    /// <param name="code">The code whose parity bits are the delays; its length gives n, its correctable errors the largest degree found.</param>
    /// <param name="log2Bins">b, 1 to min(n, 20).</param>
    /// <param name="groups">C, 1 to 3.</param>
    /// <param name="extraDelays">Random delays beyond the code's P + 1; at most <see cref="MostDelays"/> in all.</param>
    /// <param name="seed">The run's seed.</param>
    public SpexDesign(BchCode code, int log2Bins, int groups, int extraDelays, ulong seed)
        : this(code, new Layout(code, log2Bins, groups, extraDelays, seed))
    {
    }

    /// <summary>Makes the reference implementations' design from given matrices: no offsets, no extra delays.</summary>
    /// <param name="code">The code of the delays.</param>
    /// <param name="basis">For each group b masks; row q is column q of M_c, and belongs to bit q of l.</param>
    internal SpexDesign(BchCode code, MaskMatrix[] basis)
        : this(code, new Layout(code, basis, new MaskMatrix(basis.Length, code.FeatureCount), 0, 0))
    {
    }

    private SpexDesign(BchCode code, Layout layout)
        : base(code.FeatureCount, layout.DistinctQueries?.Length ?? layout.QueryCount)
    {
        Code = code;
        _layout = layout;
        _basis = layout.Basis;
        _offsets = layout.Offsets;
        _delays = layout.Delays;
        _featureBins = [.. _basis.Select(FeatureWords)];
        _featureDelays = FeatureDelays(_delays);
    }

    /// <summary>The code whose parity rows are the first delays.</summary>
    public BchCode Code { get; }

    /// <summary>b: each group has 2^b bins.</summary>
    public int Log2Bins => _layout.Log2Bins;

    /// <summary>Bins of a group: 2^b.</summary>
    public int BinCount => 1 << Log2Bins;

    /// <summary>C.</summary>
    public int GroupCount => _basis.Length;

    /// <summary>Delays: the zero row, the code's P rows, then the extra ones.</summary>
    public int DelayCount => _delays.RowCount;

    /// <summary>Queries C · delays · 2^b, coinciding ones counted; query ((c·delays + d) &lt;&lt; b) + l is (c, d, l).</summary>
    public long QueryCount => _layout.QueryCount;

    /// <summary>For each query the number of its mask, where some coincide; empty when query q is mask q.</summary>
    public ReadOnlySpan<int> MaskOfQuery => _layout.MaskOfQuery;

    /// <summary>For each mask its query, ascending, where some queries coincide; empty when mask q is query q.</summary>
    public ReadOnlySpan<int> QueryOfMask => _layout.DistinctQueries;

    /// <summary>The b masks whose sums span group <paramref name="group"/>: row q belongs to bit q of l.</summary>
    public MaskMatrix Basis(int group) => _basis[group];

    /// <summary>The masks o_c, one row a group.</summary>
    public MaskMatrix Offsets => _offsets;

    /// <summary>The masks D_d, one row a delay.</summary>
    public MaskMatrix Delays => _delays;

    /// <summary>The bin M_cᵀS that a set's coefficient falls into.</summary>
    public int BinOf(int group, FeatureSet set)
    {
        uint bin = 0;
        foreach (int feature in set.Features)
        {
            bin ^= _featureBins[group][feature];
        }

        return (int)bin;
    }

    /// <summary>M_cᵀ of each single feature: the bins of larger sets are their sums (exclusive or).</summary>
    public ReadOnlySpan<uint> FeatureBins(int group) => _featureBins[group];

    /// <summary>Each single feature's signs over the delays, bit d = ⟨D_d, {i}⟩.</summary>
    public ReadOnlySpan<UInt128> FeatureSigns => _featureDelays;

    /// <summary>The design with the most bins that a budget carries, the rest of the budget spent on extra delays as far as it reaches.</summary>
    /// <param name="featureCount">n, 1 or more.</param>
    /// <param name="budget">Masks that may be evaluated.</param>
    /// <param name="maxDegree">t, 1 to 6: lowered down to 2 when the budget does not carry 8 bins a group (as shapiq does).</param>
    /// <param name="seed">The run's seed.</param>
    /// <exception cref="SpexInputException">The budget is below <see cref="LeastBudget"/>.</exception>
    public static SpexDesign ForBudget(int featureCount, long budget, int maxDegree, ulong seed)
    {
        for (int degree = maxDegree; degree >= Math.Min(maxDegree, 2); degree--)
        {
            BchCode code = BchCode.ForFeatures(featureCount, degree);
            long blocks = DefaultGroups * (code.ParityCount + 1L);
            int log2Bins = BitOperations.Log2((ulong)Math.Max(1, budget / blocks));
            if (log2Bins < LeastLog2Bins || budget < blocks)
            {
                continue;
            }

            log2Bins = Math.Min(log2Bins, Math.Min(featureCount, MostLog2Bins));
            long left = budget - (blocks << log2Bins);
            int extra = (int)Math.Min(left / ((long)DefaultGroups << log2Bins), MostDelays - (code.ParityCount + 1));
            return new SpexDesign(code, log2Bins, DefaultGroups, extra, seed);
        }

        throw new SpexInputException(
            $"SPEX needs at least {LeastBudget(featureCount, maxDegree)} ablations for {featureCount} features; the budget is {budget}. Raise --budget, or choose another --method.");
    }

    /// <summary>The fewest masks that <see cref="ForBudget"/> takes: 8 bins a group at degree 2.</summary>
    public static long LeastBudget(int featureCount, int maxDegree)
    {
        BchCode code = BchCode.ForFeatures(featureCount, Math.Min(maxDegree, 2));
        return DefaultGroups * (code.ParityCount + 1L) << LeastLog2Bins;
    }

    /// <summary>The masks that the design without extra delays takes: 3(P+1)·2^b.</summary>
    public static long BudgetFor(int featureCount, int maxDegree, int log2Bins) =>
        DefaultGroups * (BchCode.ForFeatures(featureCount, maxDegree).ParityCount + 1L) << log2Bins;

    /// <inheritdoc/>
    public override void WriteMask(long index, Span<ulong> mask)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        _layout.WriteQuery(_layout.DistinctQueries is { } queries ? queries[index] : index, mask);
    }

    /// <inheritdoc/>
    public override void WriteMasks(long start, int count, Span<ulong> masks)
    {
        if (_layout.DistinctQueries is not null)
        {
            base.WriteMasks(start, count, masks);
            return;
        }

        CheckRange(start, count);
        _layout.WriteQueries(start, count, masks);
    }

    private static uint[] FeatureWords(MaskMatrix basis)
    {
        uint[] words = new uint[basis.FeatureCount];
        for (int i = 0; i < words.Length; i++)
        {
            for (int q = 0; q < basis.RowCount; q++)
            {
                words[i] |= basis[q, i] ? 1u << q : 0;
            }
        }

        return words;
    }

    private static UInt128[] FeatureDelays(MaskMatrix delays)
    {
        UInt128[] signs = new UInt128[delays.FeatureCount];
        for (int i = 0; i < signs.Length; i++)
        {
            for (int d = 0; d < delays.RowCount; d++)
            {
                signs[i] |= delays[d, i] ? UInt128.One << d : 0;
            }
        }

        return signs;
    }

    /// <summary>The random choices, made before the base class is told how many masks are distinct.</summary>
    private sealed class Layout
    {
        // Words of a mask that may lie on the stack: 16 KB.
        private const int MostOnStack = 2048;

        private readonly AffineMasks[] _subspaces;

        public Layout(BchCode code, int log2Bins, int groups, int extraDelays, ulong seed)
            : this(code, RandomBases(code.FeatureCount, log2Bins, groups, seed), RandomMasks(groups, code.FeatureCount, seed, OffsetStream), extraDelays, seed)
        {
        }

        public Layout(BchCode code, MaskMatrix[] basis, MaskMatrix offsets, int extraDelays, ulong seed)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(extraDelays);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(code.ParityCount + 1 + extraDelays, MostDelays, nameof(extraDelays));
            Log2Bins = basis[0].RowCount;
            Delays = MakeDelays(code, extraDelays, seed);
            Basis = basis;
            Offsets = offsets;
            _subspaces = [.. basis.Select(rows => new AffineMasks(rows))];
            QueryCount = (long)basis.Length * Delays.RowCount << Log2Bins;
            if (code.FeatureCount <= 64)
            {
                (DistinctQueries, MaskOfQuery) = FindDistinct();
            }
        }

        public int Log2Bins { get; }

        public MaskMatrix[] Basis { get; }

        public MaskMatrix Offsets { get; }

        public MaskMatrix Delays { get; }

        public long QueryCount { get; }

        public int[]? DistinctQueries { get; }

        public int[]? MaskOfQuery { get; }

        public void WriteQuery(long query, Span<ulong> mask)
        {
            (long block, long l) = Math.DivRem(query, 1L << Log2Bins);
            int words = Offsets.WordsPerRow;
            Span<ulong> offset = words <= MostOnStack ? stackalloc ulong[words] : new ulong[words];
            _subspaces[BlockOffset(block, offset)].WriteOne(offset, l, mask);
        }

        public void WriteQueries(long start, int count, Span<ulong> masks)
        {
            int words = Offsets.WordsPerRow;
            Span<ulong> offset = words <= MostOnStack ? stackalloc ulong[words] : new ulong[words];
            while (count > 0)
            {
                (long block, long l) = Math.DivRem(start, 1L << Log2Bins);
                int group = BlockOffset(block, offset);
                int part = (int)Math.Min(count, (1L << Log2Bins) - l);
                _subspaces[group].Write(offset, l, part, masks[..(part * words)]);
                masks = masks[(part * words)..];
                start += part;
                count -= part;
            }
        }

        private static MaskMatrix[] RandomBases(int featureCount, int log2Bins, int groups, ulong seed)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(groups);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(groups, DefaultGroups);
            ArgumentOutOfRangeException.ThrowIfLessThan(log2Bins, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(log2Bins, Math.Min(featureCount, MostLog2Bins));
            MaskMatrix[] bases = new MaskMatrix[groups];
            ulong attempt = 0;
            for (int c = 0; c < groups; c++)
            {
                bases[c] = FullRankBasis(featureCount, log2Bins, seed, ref attempt);
            }

            return bases;
        }

        // Writes what all queries of a block have in common, o_c ⊕ D_d, and returns c.
        private int BlockOffset(long block, Span<ulong> offset)
        {
            (long group, long delay) = Math.DivRem(block, (long)Delays.RowCount);
            AffineMasks.Xor(Offsets.Row((int)group), Delays.Row((int)delay), offset);
            return (int)group;
        }

        private static void Add(Span<ulong> mask, ReadOnlySpan<ulong> other)
        {
            for (int w = 0; w < mask.Length; w++)
            {
                mask[w] ^= other[w];
            }
        }

        private static MaskMatrix MakeDelays(BchCode code, int extraDelays, ulong seed)
        {
            int coded = code.ParityCount + 1;
            MaskMatrix delays = new(coded + extraDelays, code.FeatureCount);
            for (int i = 0; i < code.FeatureCount; i++)
            {
                UInt128 parity = code.ParityOf(i);
                for (int p = 0; p < code.ParityCount; p++)
                {
                    delays[p + 1, i] = ((parity >> p) & 1) != 0;
                }
            }

            MaskMatrix random = RandomMasks(extraDelays, code.FeatureCount, seed, DelayStream);
            for (int d = 0; d < extraDelays; d++)
            {
                random.Row(d).CopyTo(delays.Row(coded + d));
            }

            return delays;
        }

        private static MaskMatrix RandomMasks(int count, int featureCount, ulong seed, ulong stream)
        {
            MaskMatrix masks = new(count, featureCount);
            for (int row = 0; row < count; row++)
            {
                Span<ulong> mask = masks.Row(row);
                for (int w = 0; w < mask.Length; w++)
                {
                    mask[w] = Philox.Bits(seed, stream + (ulong)row, (ulong)w);
                }

                mask[^1] &= MaskMatrix.LastWordMask(featureCount);
            }

            return masks;
        }

        /// <summary>Random rows, drawn one by one; a row that depends on the ones before is drawn again, so that the 2^b sums are distinct.</summary>
        private static MaskMatrix FullRankBasis(int featureCount, int rank, ulong seed, ref ulong attempt)
        {
            MaskMatrix basis = new(rank, featureCount);
            List<ulong[]> reduced = [];
            while (reduced.Count < rank)
            {
                MaskMatrix candidate = RandomMasks(1, featureCount, seed, SubsamplingStream + attempt++);
                ulong[] rest = candidate.Row(0).ToArray();
                foreach (ulong[] row in reduced)
                {
                    int lead = LeadingFeature(row);
                    if (((rest[lead >> 6] >> (lead & 63)) & 1) != 0)
                    {
                        Add(rest, row);
                    }
                }

                if (LeadingFeature(rest) >= 0)
                {
                    candidate.Row(0).CopyTo(basis.Row(reduced.Count));
                    reduced.Add(rest);
                }
            }

            return basis;
        }

        private static int LeadingFeature(ReadOnlySpan<ulong> mask)
        {
            int word = mask.IndexOfAnyExcept(0UL);
            return word < 0 ? -1 : (word * 64) + BitOperations.TrailingZeroCount(mask[word]);
        }

        private (int[]? Queries, int[]? MaskOfQuery) FindDistinct()
        {
            int count = checked((int)QueryCount);
            ulong[] masks = new ulong[count];
            int[] order = new int[count];
            for (int q = 0; q < count; q++)
            {
                WriteQuery(q, masks.AsSpan(q, 1));
                order[q] = q;
            }

            // Equal masks end up side by side, the earliest query first: it is the one that is evaluated.
            ulong[] keys = [.. masks];
            Array.Sort(keys, order);
            int[] first = new int[count];
            for (int start = 0, end; start < count; start = end)
            {
                end = start + 1;
                int earliest = order[start];
                while (end < count && keys[end] == keys[start])
                {
                    earliest = Math.Min(earliest, order[end++]);
                }

                for (int i = start; i < end; i++)
                {
                    first[order[i]] = earliest;
                }
            }

            List<int> queries = [];
            int[] maskOfQuery = new int[count];
            for (int q = 0; q < count; q++)
            {
                if (first[q] == q)
                {
                    maskOfQuery[q] = queries.Count;
                    queries.Add(q);
                }
                else
                {
                    maskOfQuery[q] = maskOfQuery[first[q]];
                }
            }

            return queries.Count == count ? (null, null) : ([.. queries], maskOfQuery);
        }
    }
}
