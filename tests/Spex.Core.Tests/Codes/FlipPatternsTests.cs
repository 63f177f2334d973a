using CsCheck;
using Spex.Core.Codes;

namespace Spex.Core.Tests.Codes;

public class FlipPatternsTests
{
    // Few distinct magnitudes, so that ties of single bits and of sums are common; all sums are exact, so that no rounding decides.
    private static readonly Gen<double[]> SoftBits = Gen.OneOf(Gen.Int[-8, 8].Select(i => i / 4.0), Gen.Int[-2048, 2048].Select(i => i / 1024.0)).Array[1, 60];

    [Fact]
    public void They_are_the_smallest_sums_in_order() => Gen.Select(SoftBits, Gen.Int[1, 10]).Sample((softBits, depth) =>
    {
        UInt128[] patterns = new UInt128[FlipPatterns.CountFor(depth)];
        int count = FlipPatterns.Smallest(softBits, depth, patterns);

        int[] positions = [.. Enumerable.Range(0, softBits.Length).OrderBy(p => Math.Abs(softBits[p])).Take(depth)];
        (double Sum, string List, UInt128 Pattern)[] all = new (double, string, UInt128)[1 << positions.Length];
        for (int subset = 0; subset < all.Length; subset++)
        {
            double sum = 0;
            string list = "";
            UInt128 pattern = 0;
            for (int i = 0; i < positions.Length; i++)
            {
                int bit = (subset >> i) & 1;
                sum += bit * Math.Abs(softBits[positions[i]]);
                list += bit;
                pattern |= (UInt128)bit << positions[i];
            }

            all[subset] = (sum, list, pattern);
        }

        UInt128[] expected = [.. all.OrderBy(entry => entry.Sum).ThenByDescending(entry => entry.List, StringComparer.Ordinal).Select(entry => entry.Pattern)];
        Assert.Equal(Math.Min(all.Length, patterns.Length), count);
        Assert.Equal(expected[..count], patterns[..count]);
    });

    [Fact]
    public void A_number_that_is_none_is_the_least_reliable()
    {
        UInt128[] patterns = new UInt128[1];
        Assert.Equal(1, FlipPatterns.Smallest([0.5, double.NaN, 0.1], 1, patterns));

        // The empty and the full pattern tie at 0; the full one comes first, as in the reference.
        Assert.Equal((UInt128)0b010, patterns[0]);
    }
}
