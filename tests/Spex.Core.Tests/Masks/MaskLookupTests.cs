using CsCheck;
using Spex.Core.Masks;

namespace Spex.Core.Tests.Masks;

public class MaskLookupTests
{
    [Fact]
    public void Agrees_with_a_dictionary() =>
        Gen.ULong[0, 40].Array[0, 300].Sample(words =>
        {
            MaskLookup lookup = new(100);
            Dictionary<ulong, int> expected = [];
            foreach (ulong word in words)
            {
                int number = lookup.Add([word, word >> 3], out bool added);
                Assert.Equal(expected.TryAdd(word, expected.Count), added);
                Assert.Equal(expected[word], number);
            }

            Assert.Equal(expected.Count, lookup.Count);
            foreach ((ulong word, int number) in expected)
            {
                Assert.Equal(number, lookup.Find([word, word >> 3]));
                Assert.Equal([word, word >> 3], lookup[number].ToArray());
            }

            Assert.Equal(-1, lookup.Find([41, 0]));
            Assert.Equal(expected.Count, lookup.ToMatrix().RowCount);
        });

    [Fact]
    public void No_features_have_one_mask()
    {
        MaskLookup lookup = new(0);
        Assert.Equal(-1, lookup.Find([]));
        Assert.Equal(0, lookup.Add([], out bool added));
        Assert.True(added);
        Assert.Equal(0, lookup.Add([], out added));
        Assert.False(added);
    }

    [Fact]
    public void Transposing_64_by_64_bits_swaps_rows_and_columns() =>
        Gen.ULong.Array[64].Sample(block =>
        {
            ulong[] transposed = [.. block];
            BitTranspose.Transpose64(transposed);
            for (int r = 0; r < 64; r++)
            {
                for (int c = 0; c < 64; c++)
                {
                    Assert.Equal((block[r] >> c) & 1, (transposed[c] >> r) & 1);
                }
            }
        });
}
