using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CsCheck;
using Spex.Core.Codes;
using Spex.Core.Masks;
using Spex.Core.Tests.Golden;

namespace Spex.Core.Tests.Codes;

public class BchCodeTests
{
    public static TheoryData<int, int> Sizes() => GoldenCodes.Sizes(_ => true);

    // The file has soft decodes up to n = 256.
    public static TheoryData<int, int> SoftSizes() => GoldenCodes.Sizes(code => code.TryGetProperty("soft_tests", out _));

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Construction_agrees_with_galois_bit_for_bit(int featureCount, int errors)
    {
        JsonElement golden = GoldenCodes.Of(featureCount, errors);
        BchCode code = BchCode.ForFeatures(featureCount, errors);

        Assert.Equal(golden.GetProperty("m").GetInt32(), code.FieldDegree);
        Assert.Equal(golden.GetProperty("nc").GetInt32(), code.Length);
        Assert.Equal(golden.GetProperty("kc").GetInt32(), code.MessageLength);
        Assert.Equal(golden.GetProperty("P").GetInt32(), code.ParityCount);
        Assert.Equal(golden.GetProperty("design_d").GetInt32(), (2 * code.CorrectableErrors) + 1);
        Assert.Equal(golden.GetProperty("field_poly_int").GetInt32(), code.Field.Polynomial);
        Assert.Equal(golden.GetProperty("gen_poly_int_hex").GetString(), code.GeneratorPolynomial.ToString("x"));

        string[] columns = [.. Enumerable.Range(0, featureCount).Select(feature => GoldenCodes.ToHex(code.ParityOf(feature), code))];
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(string.Join(",", columns))));
        Assert.Equal(golden.GetProperty("columns_sha256").GetString(), hash);
        if (golden.TryGetProperty("columns_hex", out JsonElement all))
        {
            Assert.Equal(all.EnumerateArray().Select(column => column.GetString()), columns);
        }
        else
        {
            foreach (JsonProperty column in golden.GetProperty("columns_hex_first_last").EnumerateObject())
            {
                Assert.Equal(column.Value.GetString(), columns[int.Parse(column.Name)]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Hard_decoding_agrees_with_galois(int featureCount, int errors)
    {
        BchCode code = BchCode.ForFeatures(featureCount, errors);
        int[] features = new int[code.CorrectableErrors];
        foreach (JsonElement test in GoldenCodes.Of(featureCount, errors).GetProperty("decode_tests").EnumerateArray())
        {
            UInt128 word = GoldenCodes.FromHex(test.GetProperty("parity_hex").GetString()!, code);
            bool decoded = code.TryDecode(word, features, out int count, out int errorCount);

            Assert.Equal(test.GetProperty("n_errors").GetInt32(), errorCount);
            Assert.Equal(errorCount >= 0, decoded);
            Assert.Equal(GoldenFile.Integers(test.GetProperty("decoded")), features[..count]);
            if (test.TryGetProperty("k", out JsonElement set))
            {
                Assert.Equal(word, code.ParityOf(GoldenFile.Integers(set)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(SoftSizes))]
    public void Soft_decoding_agrees_with_the_reference(int featureCount, int errors)
    {
        BchCode code = BchCode.ForFeatures(featureCount, errors);
        int[] features = new int[code.CorrectableErrors];
        foreach (JsonElement test in GoldenCodes.Of(featureCount, errors).GetProperty("soft_tests").EnumerateArray())
        {
            bool decoded = code.TryDecodeSoft(
                GoldenFile.Numbers(test.GetProperty("llr")), test.GetProperty("chase_depth").GetInt32(), features, out int count, out int errorCount);

            Assert.Equal(test.GetProperty("n_errors").GetInt32(), errorCount);
            Assert.Equal(errorCount >= 0, decoded);
            Assert.Equal(GoldenFile.Integers(test.GetProperty("decoded")), features[..count]);
        }
    }

    [Fact]
    public void Every_set_and_wrong_bits_within_reach_decode_exactly()
    {
        (from featureCount in Gen.OneOf(Gen.Int[1, 300], Gen.Int[301, 9000])
         from errors in Gen.Int[1, 6]
         let code = BchCode.ForFeatures(featureCount, errors)
         from size in Gen.Int[0, Math.Min(code.CorrectableErrors, featureCount)]
         from flips in Gen.Int[0, Math.Min(code.CorrectableErrors - size, code.ParityCount)]
         from set in Gen.Int[0, featureCount - 1].HashSet[size]
         from wrong in Gen.Int[0, code.ParityCount - 1].HashSet[flips]
         select (code, set, wrong)).Sample(
            sample =>
            {
                (BchCode code, HashSet<int> set, HashSet<int> wrong) = sample;
                int[] expected = [.. set.Order()];
                UInt128 word = wrong.Aggregate(code.ParityOf(expected), (bits, position) => bits ^ (UInt128.One << position));
                int[] features = new int[code.CorrectableErrors];
                Assert.True(code.TryDecode(word, features, out int count, out int errorCount));
                Assert.Equal(expected, features[..count]);
                Assert.Equal(set.Count + wrong.Count, errorCount);
            },
            iter: 4000);
    }

    [Fact]
    public void What_decodes_is_within_reach_and_what_does_not_is_not()
    {
        // Exhaustive: every parity word of a small code, against the nearest codeword found by counting.
        BchCode code = BchCode.ForFeatures(7, 3);
        int t = code.CorrectableErrors;
        UInt128[] parities = new UInt128[1 << code.FeatureCount];
        for (int set = 1; set < parities.Length; set++)
        {
            parities[set] = parities[set & (set - 1)] ^ code.ParityOf(int.TrailingZeroCount(set));
        }

        int[] features = new int[t];
        for (int word = 0; word < 1 << code.ParityCount; word++)
        {
            int nearest = -1;
            for (int set = 0; set < parities.Length; set++)
            {
                int errors = int.PopCount(set) + int.PopCount((int)parities[set] ^ word);
                nearest = errors <= t ? errors : nearest;
            }

            bool decoded = code.TryDecode((UInt128)word, features, out int count, out int errorCount);
            Assert.Equal(nearest, errorCount);
            Assert.Equal(nearest >= 0, decoded);
            if (decoded)
            {
                int set = features[..count].Sum(feature => 1 << feature);
                Assert.Equal(nearest, count + int.PopCount((int)parities[set] ^ word));
            }
        }
    }

    [Fact]
    public void Random_words_decode_to_nothing_beyond_bounded_distance()
    {
        (from featureCount in Gen.Int[1, 5000]
         from errors in Gen.Int[1, 6]
         from low in Gen.ULong
         from high in Gen.ULong
         select (BchCode.ForFeatures(featureCount, errors), new UInt128(high, low))).Sample(
            sample =>
            {
                (BchCode code, UInt128 word) = sample;
                word &= (UInt128.One << code.ParityCount) - 1;
                int[] features = new int[code.CorrectableErrors];
                if (code.TryDecode(word, features, out int count, out int errorCount))
                {
                    UInt128 wrong = word ^ code.ParityOf(features.AsSpan(0, count));
                    Assert.Equal(errorCount, count + (int)UInt128.PopCount(wrong));
                    Assert.True(errorCount <= code.CorrectableErrors);
                }
                else
                {
                    Assert.Equal(-1, errorCount);
                    Assert.Equal(0, count);
                }
            },
            iter: 20000);
    }

    [Fact]
    public void Syndromes_follow_single_flips()
    {
        (from code in Gen.Select(Gen.Int[1, 2000], Gen.Int[1, 6], BchCode.ForFeatures)
         from low in Gen.ULong
         from high in Gen.ULong
         from position in Gen.Int[0, code.ParityCount - 1]
         select (code, word: new UInt128(high, low) & ((UInt128.One << code.ParityCount) - 1), position)).Sample(
            sample =>
            {
                (BchCode code, UInt128 word, int position) = sample;
                int[] before = new int[code.CorrectableErrors], after = new int[code.CorrectableErrors];
                code.ComputeSyndromes(word, before);
                code.ComputeSyndromes(word ^ (UInt128.One << position), after);
                Assert.Equal(after, before.Zip(code.SyndromesOf(position).ToArray(), (s, change) => s ^ change));
            },
            iter: 500);
    }

    [Theory]
    [InlineData(1, 5)]
    [InlineData(64, 2)]
    [InlineData(65, 6)]
    [InlineData(1000, 5)]
    [InlineData(70000, 6)]
    public void Delay_masks_are_the_parity_columns_transposed(int featureCount, int errors)
    {
        BchCode code = BchCode.ForFeatures(featureCount, errors);
        MaskMatrix delays = code.DelayMasks();
        Assert.Equal(code.ParityCount + 1, delays.RowCount);
        Assert.Equal(0, delays.CountPresent(0));
        for (int feature = 0; feature < featureCount; feature += featureCount > 5000 ? 97 : 1)
        {
            UInt128 parity = code.ParityOf(feature);
            for (int p = 0; p < code.ParityCount; p++)
            {
                Assert.Equal(((parity >> p) & 1) != 0, delays[p + 1, feature]);
            }
        }

        Assert.All(Enumerable.Range(0, delays.RowCount), row => Assert.Equal(0UL, delays.Row(row)[^1] & ~MaskMatrix.LastWordMask(featureCount)));
    }

    [Fact]
    public void The_largest_codes_decode_too()
    {
        foreach (int errors in Enumerable.Range(1, 6))
        {
            BchCode code = BchCode.ForFeatures((1 << 20) - 1 - (20 * errors), errors);
            Assert.Equal(20, code.FieldDegree);
            Assert.Equal(20 * errors, code.ParityCount);
            int[] set = [.. Enumerable.Range(0, errors).Select(i => i * 170_001)];
            int[] features = new int[errors];
            Assert.True(code.TryDecode(code.ParityOf(set), features, out int count, out _));
            Assert.Equal(set, features[..count]);
        }
    }

    [Theory]
    [InlineData(0, 5, "at least 1 feature")]
    [InlineData(10, 0, "1 to 6 errors")]
    [InlineData(10, 7, "1 to 6 errors")]
    [InlineData(1 << 20, 6, "1,048,455 features")]
    public void Impossible_sizes_are_refused_in_words(int featureCount, int errors, string expected)
    {
        SpexInputException refusal = Assert.Throws<SpexInputException>(() => BchCode.ForFeatures(featureCount, errors));
        Assert.Contains(expected, refusal.Message);
    }
}
