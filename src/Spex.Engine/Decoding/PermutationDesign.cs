using Spex.Core.Designs;
using Spex.Core.Masks;
using Spex.Core.Random;
using Spex.Core.Spectra;

namespace Spex.Engine.Decoding;

/// <summary>
/// The masks that discrete derivatives along random orders of the features ask for: of a set S of k features, δ_S f(T) = Σ_{L ⊆ S} (−1)^{k−|L|} f(T ∪ L), T the features
/// that come before all of S.
/// </summary>
/// <remarks>
/// <para>
/// The masks of fewer than k features and the one with all come first. Then random orders, each followed by its reverse (Mitchell, Cooper, Frank and Holmes, "Sampling permutations for
/// Shapley value estimation", JMLR 2022, §3.1), as long as the budget carries the masks that are new. One order takes at most as many masks as there are sets of up to k features.
/// The last order may stop between sets, which are taken in a random sequence of their own; at k = 1 only whole orders are taken, so that the derivatives telescope.
/// </para>
/// <para>When the budget carries all masks of up to <see cref="MostExact"/> features, every T is taken, with the share of the orders in which it comes before S.</para>
/// </remarks>
internal sealed class PermutationDesign : MaskDesign
{
    /// <summary>The most features whose orders are all taken.</summary>
    public const int MostExact = 20;

    // Orders at most: with more, what is estimated is known better than float32 values are.
    private const int MostOrders = 1 << 14;

    // The seed's numbers that order features, and sets.
    private const ulong OrderStream = 0x7065_726d_0000;
    private const ulong SetStream = 0x7065_726d_0001;

    private readonly MaskMatrix _masks;
    private readonly MaskLookup _lookup;
    private readonly FeatureSet[] _sets;
    private readonly ulong _seed;
    private readonly bool _all;
    private int _orders;
    private int _setsOfLast;

    private PermutationDesign(MaskMatrix masks, MaskLookup lookup, FeatureSet[] sets, ulong seed, bool all)
        : base(masks.FeatureCount, masks.RowCount) => (_masks, _lookup, _sets, _seed, _all) = (masks, lookup, sets, seed, all);

    /// <summary>Takes δ of set number <paramref name="set"/>, with a weight; mask number indices[L] is T ∪ L, bit i of L the set's i-th feature.</summary>
    public delegate void Visitor(int set, double weight, ReadOnlySpan<int> indices);

    /// <summary>The sets of k features, in ascending order.</summary>
    public ReadOnlySpan<FeatureSet> Sets => _sets;

    /// <summary>What one order takes at most beside the smaller masks: every set has then one derivative.</summary>
    public static long LeastBudget(int featureCount, int order)
    {
        long sets = OrderLimit.SetCount(order, featureCount);
        return sets == long.MaxValue ? sets : sets + OrderLimit.SetCount(order - 1, featureCount);
    }

    /// <summary>Makes the design.</summary>
    /// <param name="featureCount">n, 1 or more.</param>
    /// <param name="order">k, 1 or more; n where n is less.</param>
    /// <param name="budget">The most masks, <see cref="LeastBudget"/> or 2^n at least.</param>
    /// <param name="seed">The run's seed.</param>
    public static PermutationDesign Create(int featureCount, int order, long budget, ulong seed)
    {
        order = Math.Min(order, featureCount);
        FeatureSet[] sets = [.. FeatureSets.UpTo(order, featureCount).Where(set => set.Count == order)];
        if (featureCount <= MostExact && budget >= 1L << featureCount)
        {
            MaskMatrix all = new ExhaustiveDesign(featureCount).ToMatrix(0, 1 << featureCount);
            return new PermutationDesign(all, new MaskLookup(featureCount), sets, seed, all: true);
        }

        MaskLookup masks = new(featureCount);
        ulong[] mask = new ulong[MaskMatrix.WordsFor(featureCount)];
        foreach (FeatureSet small in FeatureSets.UpTo(order - 1, featureCount))
        {
            Write(small, mask);
            masks.Add(mask, out _);
        }

        FeatureSet full = FeatureSet.FromAscending([.. Enumerable.Range(0, featureCount)]);
        Write(full, mask);
        masks.Add(mask, out _);
        int most = (int)Math.Min(budget, 1 << 28), orders = 0, setsOfLast = sets.Length;
        while (orders < MostOrders && setsOfLast == sets.Length)
        {
            setsOfLast = AddOrder(masks, sets, seed, orders, most);
            orders += setsOfLast > 0 ? 1 : 0;
        }

        MaskMatrix matrix = masks.ToMatrix();
        return new PermutationDesign(matrix, masks, sets, seed, all: false) { _orders = orders, _setsOfLast = setsOfLast > 0 ? setsOfLast : sets.Length };
    }

    /// <summary>Visits the derivatives that the masks carry.</summary>
    public void Visit(Visitor visitor)
    {
        if (_all)
        {
            VisitAll(visitor);
            return;
        }

        int order = _sets[0].Count;
        int[] indices = new int[1 << order];
        for (int number = 0; number < _orders; number++)
        {
            int[] sequence = Sequence(_seed, number, _sets.Length);
            Prefixes prefixes = new(FeatureCount, _seed, number);
            int count = number == _orders - 1 ? _setsOfLast : _sets.Length;
            for (int i = 0; i < count; i++)
            {
                FeatureSet set = _sets[sequence[i]];
                for (int part = 0; part < indices.Length; part++)
                {
                    indices[part] = _lookup.Find(prefixes.Mask(set, part));
                }

                visitor(sequence[i], 1, indices);
            }
        }
    }

    /// <inheritdoc/>
    public override void WriteMask(long index, Span<ulong> mask) => _masks.Row(checked((int)index)).CopyTo(mask);

    private static void Write(FeatureSet set, Span<ulong> mask)
    {
        mask.Clear();
        foreach (int feature in set.Features)
        {
            mask[feature >> 6] |= 1UL << (feature & 63);
        }
    }

    /// <summary>Adds the masks of an order, set by set, and gives the number of sets that the budget carried.</summary>
    private static int AddOrder(MaskLookup masks, FeatureSet[] sets, ulong seed, int number, int budget)
    {
        int order = sets[0].Count;
        int[] sequence = Sequence(seed, number, sets.Length);
        Prefixes prefixes = new(masks.FeatureCount, seed, number);

        // Single features: an order fits whole or not at all. Its masks are looked up first.
        if (order == 1)
        {
            int fresh = 0;
            foreach (FeatureSet set in sets)
            {
                fresh += masks.Find(prefixes.Mask(set, 1)) < 0 ? 1 : 0;
            }

            if (masks.Count + fresh > budget)
            {
                return 0;
            }
        }

        for (int i = 0; i < sets.Length; i++)
        {
            FeatureSet set = sets[sequence[i]];
            int fresh = 0;
            for (int part = 0; part < 1 << order; part++)
            {
                fresh += masks.Find(prefixes.Mask(set, part)) < 0 ? 1 : 0;
            }

            if (masks.Count + fresh > budget)
            {
                return i;
            }

            for (int part = 0; part < 1 << order; part++)
            {
                masks.Add(prefixes.Mask(set, part), out _);
            }
        }

        return sets.Length;
    }

    /// <summary>A random sequence of the sets, independent of the order of the features.</summary>
    private static int[] Sequence(ulong seed, int number, int count) => Shuffled(seed, SetStream, number, count);

    private static int[] Shuffled(ulong seed, ulong stream, int number, int count)
    {
        int[] items = [.. Enumerable.Range(0, count)];
        for (int i = count - 1; i > 0; i--)
        {
            int j = Philox.Below(seed, stream, ((ulong)number * (ulong)count) + (ulong)i, i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }

        return items;
    }

    /// <summary>All T without the set, weighted by k/(n·C(n−1, t)), the share of the orders in which exactly T comes before it.</summary>
    private void VisitAll(Visitor visitor)
    {
        int n = FeatureCount, order = _sets[0].Count;
        double[] weights = new double[n];
        double binomial = 1;
        for (int t = 0; t < n; t++)
        {
            weights[t] = order / (n * binomial);
            binomial = binomial * (n - 1 - t) / (t + 1);
        }

        int[] indices = new int[1 << order];
        for (int number = 0; number < _sets.Length; number++)
        {
            int[] parts = new int[1 << order];
            for (int part = 0; part < parts.Length; part++)
            {
                for (int i = 0; i < order; i++)
                {
                    parts[part] |= ((part >> i) & 1) << _sets[number][i];
                }
            }

            for (int mask = 0; mask < 1 << n; mask++)
            {
                if ((mask & parts[^1]) == 0)
                {
                    for (int part = 0; part < parts.Length; part++)
                    {
                        indices[part] = mask | parts[part];
                    }

                    visitor(number, weights[int.PopCount(mask)], indices);
                }
            }
        }
    }

    /// <summary>The beginnings of one order of the features.</summary>
    private sealed class Prefixes
    {
        private readonly int[] _place;
        private readonly MaskMatrix _prefixes;
        private readonly ulong[] _mask;

        public Prefixes(int featureCount, ulong seed, int number)
        {
            int[] features = Shuffled(seed, OrderStream, number / 2, featureCount);
            if ((number & 1) == 1)
            {
                Array.Reverse(features);
            }

            _place = new int[featureCount];
            _prefixes = new MaskMatrix(featureCount + 1, featureCount);
            _mask = new ulong[MaskMatrix.WordsFor(featureCount)];
            for (int i = 0; i < featureCount; i++)
            {
                _place[features[i]] = i;
                _prefixes.Row(i).CopyTo(_prefixes.Row(i + 1));
                _prefixes[i + 1, features[i]] = true;
            }
        }

        /// <summary>T ∪ L; valid until the next is asked for.</summary>
        public ReadOnlySpan<ulong> Mask(FeatureSet set, int part)
        {
            int first = int.MaxValue;
            foreach (int feature in set.Features)
            {
                first = Math.Min(first, _place[feature]);
            }

            _prefixes.Row(first).CopyTo(_mask);
            for (int i = 0; i < set.Count; i++)
            {
                if (((part >> i) & 1) != 0)
                {
                    _mask[set[i] >> 6] |= 1UL << (set[i] & 63);
                }
            }

            return _mask;
        }
    }
}
