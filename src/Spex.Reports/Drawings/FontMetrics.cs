using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Spex.Reports.Drawings;

/// <summary>How wide text is in Arimo, whose letters are as wide as those of Arial, Helvetica and Liberation Sans.</summary>
/// <remarks>Widths are read from the very font that PNGs are painted with (OpenType tables cmap and hmtx); kerning is not used by either.</remarks>
internal sealed class FontMetrics
{
    // Where the font lacks a letter, another font's is taken for: full width for East Asian letters and emoji, and an ample letter otherwise.
    private const double WideLetter = 1.25, OtherLetter = 0.68;

    private static readonly Lazy<FontMetrics> Regular = new(() => new FontMetrics(FontFile.Regular)), Bold = new(() => new FontMetrics(FontFile.Bold));

    private readonly Dictionary<int, double> _widths = [];

    private FontMetrics(FontFile file)
    {
        ReadOnlySpan<byte> font = file.Bytes;
        double unitsPerEm = BinaryPrimitives.ReadUInt16BigEndian(Table(font, "head")[18..]);
        int advances = BinaryPrimitives.ReadUInt16BigEndian(Table(font, "hhea")[34..]);
        ReadOnlySpan<byte> metrics = Table(font, "hmtx"), map = UnicodeMap(Table(font, "cmap"));
        int segments = BinaryPrimitives.ReadUInt16BigEndian(map[6..]) / 2;
        ReadOnlySpan<byte> ends = map[14..], starts = ends[((2 * segments) + 2)..], deltas = starts[(2 * segments)..], offsets = deltas[(2 * segments)..];
        for (int segment = 0; segment < segments; segment++)
        {
            int first = BinaryPrimitives.ReadUInt16BigEndian(starts[(2 * segment)..]), last = BinaryPrimitives.ReadUInt16BigEndian(ends[(2 * segment)..]);
            int delta = BinaryPrimitives.ReadUInt16BigEndian(deltas[(2 * segment)..]), offset = BinaryPrimitives.ReadUInt16BigEndian(offsets[(2 * segment)..]);
            for (int character = first; character <= last && character < 0xFFFF; character++)
            {
                int glyph = offset == 0 ? character + delta : BinaryPrimitives.ReadUInt16BigEndian(offsets[((2 * segment) + offset + (2 * (character - first)))..]);
                glyph = offset != 0 && glyph != 0 ? glyph + delta : glyph;
                if ((glyph & 0xFFFF) is > 0 and int known)
                {
                    _widths[character] = BinaryPrimitives.ReadUInt16BigEndian(metrics[(4 * Math.Min(known, advances - 1))..]) / unitsPerEm;
                }
            }
        }
    }

    /// <summary>The width of a line.</summary>
    public static double Width(string text, double size, bool bold = false) => size * (bold ? Bold : Regular).Value.Ems(text);

    /// <summary>Whether the font has all that a letter is made of.</summary>
    public static bool Has(string letter, bool bold = false)
    {
        FontMetrics metrics = (bold ? Bold : Regular).Value;
        return letter.EnumerateRunes().All(rune => metrics._widths.ContainsKey(rune.Value));
    }

    /// <summary>The text, cut from its end with an ellipsis until it fits.</summary>
    public static string Fit(string text, double size, double width, bool bold = false)
    {
        string line = PlainText.OneLine(text);
        if (Width(line, size, bold) <= width)
        {
            return line;
        }

        int[] starts = StringInfo.ParseCombiningCharacters(line);
        int low = 0, high = starts.Length - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            (low, high) = Width($"{line[..starts[middle]]}…", size, bold) <= width ? (middle, high) : (low, middle - 1);
        }

        return $"{line[..starts[low]].TrimEnd()}…";
    }

    /// <summary>The text in lines of at most a width, broken between words; a word that is longer is cut.</summary>
    public static IReadOnlyList<string> Wrap(string text, double size, double width)
    {
        List<string> lines = [];
        StringBuilder line = new();
        foreach (string word in PlainText.OneLine(text).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && Width($"{line} {word}", size) > width)
            {
                lines.Add(line.ToString());
                line.Clear();
            }

            line.Append(line.Length > 0 ? " " : "").Append(line.Length > 0 ? word : Fit(word, size, width));
        }

        return line.Length > 0 ? [.. lines, line.ToString()] : lines;
    }

    private double Ems(string text)
    {
        double ems = 0;
        for (int start = 0; start < text.Length;)
        {
            int length = StringInfo.GetNextTextElementLength(text, start);
            Rune first = Rune.GetRuneAt(text, start);
            if (_widths.TryGetValue(first.Value, out double width))
            {
                ems += width;
                foreach (Rune mark in text.AsSpan(start + first.Utf16SequenceLength, length - first.Utf16SequenceLength).EnumerateRunes())
                {
                    ems += _widths.TryGetValue(mark.Value, out double more) ? more : 0;
                }
            }
            else
            {
                ems += OfOtherFonts(first);
            }

            start += length;
        }

        return ems;
    }

    private static double OfOtherFonts(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format => 0,
        _ when rune.Value is (>= 0x1100 and <= 0x11FF) or (>= 0x2E80 and <= 0xD7FF) or (>= 0xF900 and <= 0xFAFF) or (>= 0xFE30 and <= 0xFE6F) or (>= 0xFF00 and <= 0xFF60) or >= 0x1F000 or (>= 0x2600 and <= 0x27BF) => WideLetter,
        _ => OtherLetter,
    };

    private static ReadOnlySpan<byte> Table(ReadOnlySpan<byte> font, string tag)
    {
        int tables = BinaryPrimitives.ReadUInt16BigEndian(font[4..]);
        for (int i = 0; i < tables; i++)
        {
            ReadOnlySpan<byte> entry = font[(12 + (16 * i))..];
            if (Encoding.ASCII.GetString(entry[..4]) == tag)
            {
                return font.Slice((int)BinaryPrimitives.ReadUInt32BigEndian(entry[8..]), (int)BinaryPrimitives.ReadUInt32BigEndian(entry[12..]));
            }
        }

        throw new InvalidOperationException($"The font has no table {tag}.");
    }

    // The subtable of format 4, which maps the basic plane of Unicode.
    private static ReadOnlySpan<byte> UnicodeMap(ReadOnlySpan<byte> map)
    {
        int count = BinaryPrimitives.ReadUInt16BigEndian(map[2..]);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> table = map[(int)BinaryPrimitives.ReadUInt32BigEndian(map[(8 + (8 * i))..])..];
            if (BinaryPrimitives.ReadUInt16BigEndian(table) == 4)
            {
                return table;
            }
        }

        throw new InvalidOperationException("The font maps no letters of Unicode.");
    }
}
