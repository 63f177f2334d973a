using System.Globalization;
using System.Text;

namespace Spex.Torch.Tokenizers;

/// <summary>Unicode's canonical normal forms NFD and NFC (UAX #15), by a table of its own.</summary>
/// <remarks>.NET takes normal forms from the system's ICU, which this program does without: then string.Normalize changes nothing.</remarks>
internal static class CanonicalForms
{
    private const int FirstSyllable = 0xAC00, LastSyllable = 0xD7A3, FirstLead = 0x1100, FirstVowel = 0x1161, FirstTail = 0x11A7;
    private const int LeadCount = 19, VowelCount = 21, TailCount = 28;

    private static readonly Dictionary<int, int[]> Mappings = [];
    private static readonly Dictionary<(int, int), int> Pairs = [];
    private static readonly Dictionary<int, byte> Classes = [];

    static CanonicalForms()
    {
        using Stream stream = typeof(CanonicalForms).Assembly.GetManifestResourceStream("Spex.Torch.Tokenizers.CanonicalDecompositions.txt")!;
        using StreamReader reader = new(stream);
        while (reader.ReadLine() is { } line)
        {
            string[] parts = line.Split(' ');
            if (parts[0] is "D" or "X")
            {
                int[] codes = [.. parts[1..].Select(Hexadecimal)];
                Mappings.Add(codes[0], codes[1..]);
                if (parts[0] == "D")
                {
                    Pairs.Add((codes[1], codes[2]), codes[0]);
                }
            }
            else if (parts[0] == "C")
            {
                int[] range = [.. parts[2].Split('-').Select(Hexadecimal)];
                for (int code = range[0]; code <= range[1]; code++)
                {
                    Classes.Add(code, byte.Parse(parts[1], CultureInfo.InvariantCulture));
                }
            }
        }
    }

    /// <summary>Adds the full decomposition of one code point; the order of combining marks is left as it is.</summary>
    public static void Decompose(int code, List<int> target)
    {
        if (code < 0xC0)
        {
            target.Add(code);
        }
        else if (code is >= FirstSyllable and <= LastSyllable)
        {
            int index = code - FirstSyllable, tail = index % TailCount;
            target.Add(FirstLead + (index / (VowelCount * TailCount)));
            target.Add(FirstVowel + (index / TailCount % VowelCount));
            if (tail > 0)
            {
                target.Add(FirstTail + tail);
            }
        }
        else if (Mappings.TryGetValue(code, out int[]? parts))
        {
            foreach (int part in parts)
            {
                Decompose(part, target);
            }
        }
        else
        {
            target.Add(code);
        }
    }

    /// <summary>NFC: decomposed, marks in order, then composed. Half surrogates stay as they are.</summary>
    public static string Compose(string text)
    {
        // Below U+0300 everything is composed already, and nothing combines.
        if (!text.AsSpan().ContainsAnyInRange('\u0300', '\uffff'))
        {
            return text;
        }

        List<int> codes = [];
        for (int i = 0; i < text.Length; i++)
        {
            bool pair = char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);
            Decompose(pair ? char.ConvertToUtf32(text[i], text[++i]) : text[i], codes);
        }

        Order(codes);
        StringBuilder composed = new(text.Length);
        foreach (int code in Joined(codes))
        {
            composed.Append(code < 0x10000 ? ((char)code).ToString() : char.ConvertFromUtf32(code));
        }

        return composed.ToString();
    }

    /// <summary>The canonical order: marks behind a starter by rising class, those of one class as they came.</summary>
    private static void Order(List<int> codes)
    {
        for (int i = 1; i < codes.Count; i++)
        {
            int code = codes[i], place = i;
            byte own = ClassOf(code);
            while (own > 0 && place > 0 && ClassOf(codes[place - 1]) > own)
            {
                codes[place] = codes[place - 1];
                place--;
            }

            codes[place] = code;
        }
    }

    private static List<int> Joined(List<int> codes)
    {
        List<int> result = new(codes.Count);
        int starter = -1;
        byte last = 0;
        foreach (int code in codes)
        {
            byte own = ClassOf(code);
            bool isFree = starter >= 0 && (starter == result.Count - 1 || (last > 0 && last < own));
            if (isFree && PairOf(result[starter], code) is { } composed)
            {
                result[starter] = composed;
                continue;
            }

            if (own == 0)
            {
                starter = result.Count;
            }

            last = own;
            result.Add(code);
        }

        return result;
    }

    private static int? PairOf(int first, int second)
    {
        if (first is >= FirstLead and < FirstLead + LeadCount && second is >= FirstVowel and < FirstVowel + VowelCount)
        {
            return FirstSyllable + ((((first - FirstLead) * VowelCount) + second - FirstVowel) * TailCount);
        }

        if (first is >= FirstSyllable and <= LastSyllable && (first - FirstSyllable) % TailCount == 0 && second is > FirstTail and < FirstTail + TailCount)
        {
            return first + second - FirstTail;
        }

        return Pairs.TryGetValue((first, second), out int composed) ? composed : null;
    }

    private static byte ClassOf(int code) => Classes.GetValueOrDefault(code);

    private static int Hexadecimal(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
