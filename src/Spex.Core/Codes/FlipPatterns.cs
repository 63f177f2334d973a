using System.Runtime.CompilerServices;

namespace Spex.Core.Codes;

/// <summary>Which wrong parity bits to try: sets of unreliable positions in the order of how much reliability they give up.</summary>
/// <remarks>After D. Chase, "A class of algorithms for decoding block codes with channel measurement information", IEEE Trans. Inf. Theory 18 (1972).</remarks>
public static class FlipPatterns
{
    /// <summary>The largest depth; 2t for the deepest search that the references make.</summary>
    public const int MaxDepth = 32;

    /// <summary>The number of patterns of a depth L: L(L+1)/2.</summary>
    public static int CountFor(int depth) => depth * (depth + 1) / 2;

    /// <summary>
    /// Of all sets of the <paramref name="depth"/> least reliable positions, the L(L+1)/2 with the smallest sums of reliability, in increasing order;
    /// the first is normally the empty one.
    /// </summary>
    /// <param name="softBits">One number a parity position, whose magnitude is the reliability (NaN counts as 0); up to 128.</param>
    /// <param name="depth">L, 1 to <see cref="MaxDepth"/>; no more than there are positions are used.</param>
    /// <param name="patterns">Takes the patterns: bit p is set where position p flips. Room for <see cref="CountFor"/> of the depth.</param>
    /// <returns>The number of patterns.</returns>
    /// <remarks>
    /// Ties as in the reference implementation: of equally reliable positions the lower one comes first; of sets with equal sums the one
    /// that is lexicographically larger as a 0/1 list over the positions, least reliable first. The sums are taken in that order, in float64.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The depth is out of range.</exception>
    [SkipLocalsInit]
    public static int Smallest(ReadOnlySpan<double> softBits, int depth, Span<UInt128> patterns)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(depth, MaxDepth);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(softBits.Length, 128, nameof(softBits));
        int limit = CountFor(depth);
        depth = Math.Min(depth, softBits.Length);
        Span<int> positions = stackalloc int[MaxDepth];
        Span<double> reliabilities = stackalloc double[MaxDepth];
        LeastReliable(softBits, depth, positions, reliabilities);

        // Sorted by (sum, descending list); the list is a number whose highest bit is the first position.
        Span<double> sums = stackalloc double[2 * CountFor(MaxDepth)];
        Span<uint> lists = stackalloc uint[2 * CountFor(MaxDepth)];
        sums[0] = 0;
        lists[0] = 0;
        int count = 1;
        for (int i = 0; i < depth; i++)
        {
            int known = count;
            for (int k = 0; k < known; k++)
            {
                double sum = sums[k] + reliabilities[i];
                uint list = lists[k] | (1u << (MaxDepth - 1 - i));
                if (known == limit && !Precedes(sum, list, sums[known - 1], lists[known - 1]))
                {
                    continue;
                }

                int at = count++;
                sums[at] = sum;
                lists[at] = list;
            }

            Sort(sums, lists, known, count);
            count = Math.Min(count, limit);
        }

        for (int k = 0; k < count; k++)
        {
            UInt128 pattern = UInt128.Zero;
            for (int i = 0; i < depth; i++)
            {
                pattern |= (UInt128)((lists[k] >> (MaxDepth - 1 - i)) & 1) << positions[i];
            }

            patterns[k] = pattern;
        }

        return count;
    }

    private static void LeastReliable(ReadOnlySpan<double> softBits, int depth, Span<int> positions, Span<double> reliabilities)
    {
        int found = 0;
        for (int p = 0; p < softBits.Length; p++)
        {
            double reliability = double.IsNaN(softBits[p]) ? 0 : Math.Abs(softBits[p]);
            if (found == depth && reliability >= reliabilities[depth - 1])
            {
                continue;
            }

            int at = found < depth ? found++ : depth - 1;
            while (at > 0 && reliability < reliabilities[at - 1])
            {
                reliabilities[at] = reliabilities[at - 1];
                positions[at] = positions[at - 1];
                at--;
            }

            reliabilities[at] = reliability;
            positions[at] = p;
        }
    }

    private static bool Precedes(double sum, uint list, double otherSum, uint otherList) => sum < otherSum || (sum == otherSum && list > otherList);

    // Insertion sort of entries from `sorted` on into the sorted ones before them; both runs are (nearly) sorted, and short.
    private static void Sort(Span<double> sums, Span<uint> lists, int sorted, int count)
    {
        for (int next = sorted; next < count; next++)
        {
            double sum = sums[next];
            uint list = lists[next];
            int at = next;
            while (at > 0 && Precedes(sum, list, sums[at - 1], lists[at - 1]))
            {
                sums[at] = sums[at - 1];
                lists[at] = lists[at - 1];
                at--;
            }

            sums[at] = sum;
            lists[at] = list;
        }
    }
}
