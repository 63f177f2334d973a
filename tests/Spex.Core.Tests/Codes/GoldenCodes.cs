using System.Globalization;
using System.Text.Json;
using Spex.Core.Codes;
using Spex.Core.Tests.Golden;

namespace Spex.Core.Tests.Codes;

/// <summary>The 31 codes of bch.json.</summary>
internal static class GoldenCodes
{
    private static readonly Lazy<JsonElement[]> Codes = new(() => [.. GoldenFile.Read("bch.json").GetProperty("codes").EnumerateArray()]);

    public static TheoryData<int, int> Sizes(Func<JsonElement, bool> filter) =>
        new(Codes.Value.Where(filter).Select(code => (code.GetProperty("n").GetInt32(), code.GetProperty("t").GetInt32())));

    public static JsonElement Of(int featureCount, int errors) =>
        Codes.Value.Single(code => code.GetProperty("n").GetInt32() == featureCount && code.GetProperty("t").GetInt32() == errors);

    /// <summary>Parity position 0 is the highest digit of the file's hexadecimal numbers, and bit 0 of a word here.</summary>
    public static UInt128 FromHex(string hex, BchCode code) => Reverse(UInt128.Parse(hex, NumberStyles.HexNumber), code.ParityCount);

    public static string ToHex(UInt128 parity, BchCode code) => Reverse(parity, code.ParityCount).ToString("x");

    private static UInt128 Reverse(UInt128 bits, int count)
    {
        UInt128 reversed = 0;
        for (int i = 0; i < count; i++)
        {
            reversed |= ((bits >> i) & 1) << (count - 1 - i);
        }

        return reversed;
    }
}
