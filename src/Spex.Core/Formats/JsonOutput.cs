using System.Text.Encodings.Web;
using System.Text.Json;

namespace Spex.Core.Formats;

/// <summary>Writes JSON files whole or not at all.</summary>
internal static class JsonOutput
{
    // Text for people stays readable in the file; nothing here is put into HTML as it is.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = JsonPart.MaxDepth };

    private static readonly JsonWriterOptions Indented = Options with { Indented = true };

    /// <summary>Writes a file.</summary>
    /// <exception cref="SpexException">The file cannot be written.</exception>
    public static void Write(string path, Action<Utf8JsonWriter> write, bool indented = false) => OutputFile.Write(path, stream =>
    {
        using (Utf8JsonWriter json = new(stream, indented ? Indented : Options))
        {
            write(json);
        }

        stream.WriteByte((byte)'\n');
    });

    /// <summary>Writes an array of numbers, sending them on so that no more than a little of a long one waits in memory.</summary>
    public static void WriteNumbers(this Utf8JsonWriter json, string name, ReadOnlySpan<double> numbers)
    {
        json.WriteStartArray(name);
        json.WriteEntries(numbers);
        json.WriteEndArray();
    }

    /// <summary>Writes the entries of an array of numbers.</summary>
    public static void WriteEntries(this Utf8JsonWriter json, ReadOnlySpan<double> numbers)
    {
        foreach (double number in numbers)
        {
            json.WriteNumberValue(number);
            if (json.BytesPending > 1 << 16)
            {
                json.Flush();
            }
        }
    }

    /// <summary>Writes an array of texts.</summary>
    public static void WriteStrings(this Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }
}
