using System.Text;

namespace Spex.Core.Formats;

/// <summary>Reads comma-separated values as RFC 4180 has them, in UTF-8.</summary>
/// <remarks>
/// Fields in quotes may hold commas, line breaks and doubled quotes; a quote inside a field that does not begin with one stands for itself. Lines end in CR LF, LF or CR. Spaces belong to
/// the fields. Empty lines are no records, and a byte order mark is no part of the first field. Whether there is a header, and how many fields a record needs, is for whoever asks.
/// </remarks>
public static class CsvFile
{
    // No table that a person made is longer, and a wrong file is told from one.
    private const int LongestFile = 1 << 30;

    /// <summary>Reads a file.</summary>
    /// <returns>Its records, in order; none where the file is empty.</returns>
    /// <exception cref="SpexInputException">The file is missing or cannot be read, is not UTF-8, has a quote that is never closed, or characters behind a closing quote.</exception>
    public static IReadOnlyList<CsvRecord> Read(string path)
    {
        byte[] bytes = InputFile.ReadAll(path);
        if (bytes.Length > LongestFile)
        {
            throw new SpexInputException($"{path} has {bytes.Length:N0} bytes; at most {LongestFile:N0} are read. Is it the right file?");
        }

        try
        {
            return Parse(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes), path);
        }
        catch (DecoderFallbackException error)
        {
            throw new SpexInputException($"{path} is no text in UTF-8; convert it, or give the right file.", error);
        }
    }

    /// <summary>Reads text that is in memory.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="name">What messages call it: the file's path.</param>
    /// <exception cref="SpexInputException">A quote is never closed, or there are characters behind a closing quote.</exception>
    public static IReadOnlyList<CsvRecord> Parse(string text, string name)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(name);
        List<CsvRecord> records = [];
        int at = text.StartsWith('\uFEFF') ? 1 : 0, line = 1;
        while (at < text.Length)
        {
            int first = line;
            List<string> fields = [];
            do
            {
                fields.Add(Field(text, name, ref at, ref line));
            }
            while (at < text.Length && text[at++] == ',');

            // What ended the record, where anything follows, is the line break before.
            if (at < text.Length)
            {
                at += text[at - 1] == '\r' && text[at] == '\n' ? 1 : 0;
                line++;
            }

            if (fields is not [""])
            {
                records.Add(new CsvRecord(first, fields));
            }
        }

        return records;
    }

    /// <summary>Reads the field at <paramref name="at"/>, up to the comma, the line break or the end behind it.</summary>
    private static string Field(string text, string name, ref int at, ref int line)
    {
        int start = at;
        if (at == text.Length || text[at] != '"')
        {
            int length = text.AsSpan(at).IndexOfAny(',', '\n', '\r');
            at = length < 0 ? text.Length : at + length;
            return text[start..at];
        }

        int opened = line;
        StringBuilder field = new();
        for (at++; ; at++)
        {
            int length = text.AsSpan(at).IndexOf('"');
            if (length < 0)
            {
                throw new SpexInputException($"{name}, line {opened}: a quoted field is never closed; end it with a quote, and double the quotes inside it.");
            }

            ReadOnlySpan<char> part = text.AsSpan(at, length);
            field.Append(part);
            line += part.Count('\n') + part.Count('\r') - part.Count("\r\n");
            at += length + 1;
            if (at == text.Length || text[at] != '"')
            {
                break;
            }

            field.Append('"');
        }

        return at == text.Length || text[at] is ',' or '\n' or '\r'
            ? field.ToString()
            : throw new SpexInputException($"{name}, line {line}: behind a field's closing quote stands \"{text[at]}\"; a comma or the line's end is needed, and quotes inside a field are doubled.");
    }
}
