using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Spex.Core.Formats;

/// <summary>An element of a JSON file that answers wrong types, missing properties and numbers out of range with its place and what is allowed.</summary>
internal readonly struct JsonPart
{
    /// <summary>How deep files may nest; trees as arrays need a level a split.</summary>
    public const int MaxDepth = 4096;

    private readonly JsonElement _element;
    private readonly JsonPlace _place;

    private JsonPart(JsonElement element, JsonPlace place)
    {
        _element = element;
        _place = place;
    }

    /// <summary>The file's path, as it was given.</summary>
    public string File => _place.File;

    /// <summary>Number of entries of an array.</summary>
    public int Count => Kind(JsonValueKind.Array, "an array").GetArrayLength();

    /// <summary>Whether the element is an object.</summary>
    public bool IsObject => _element.ValueKind == JsonValueKind.Object;

    /// <summary>Whether the element is an array.</summary>
    public bool IsArray => _element.ValueKind == JsonValueKind.Array;

    /// <summary>Whether the element is a number.</summary>
    public bool IsNumber => _element.ValueKind == JsonValueKind.Number;

    /// <summary>Reads a file and hands its top to <paramref name="read"/>.</summary>
    /// <exception cref="SpexInputException">The file cannot be read or is no JSON, or <paramref name="read"/> refuses its content.</exception>
    public static T ReadFile<T>(string path, Func<JsonPart, T> read) => Read(InputFile.ReadAll(path), path, read);

    /// <summary>Reads JSON that is in memory already.</summary>
    public static T Read<T>(byte[] bytes, string path, Func<JsonPart, T> read)
    {
        // A byte order mark is no part of JSON, but editors write it.
        ReadOnlyMemory<byte> text = bytes.AsSpan().StartsWith("\uFEFF"u8) ? bytes.AsMemory(3) : bytes;
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = MaxDepth });
        }
        catch (JsonException error)
        {
            throw new SpexInputException($"{path} is no valid JSON: {Explain(text.Span, error)}", error);
        }

        using (document)
        {
            return read(new JsonPart(document.RootElement, new JsonPlace(path)));
        }
    }

    /// <summary>A property that must be there.</summary>
    public JsonPart Property(string name) => Find(name, out JsonPart part)
        ? part
        : throw new SpexInputException($"{_place.File}: {_place} has no \"{name}\"; it is needed. Add it, or check that this is the right kind of file.");

    /// <summary>A property that may be missing or null.</summary>
    public bool Find(string name, out JsonPart part)
    {
        bool found = Kind(JsonValueKind.Object, "an object").TryGetProperty(name, out JsonElement element) && element.ValueKind != JsonValueKind.Null;
        part = found ? new JsonPart(element, _place.At(name)) : default;
        return found;
    }

    /// <summary>The same element, for use after the file's reading has ended.</summary>
    public JsonPart Detach() => new(_element.Clone(), _place);

    /// <summary>The entries of an array.</summary>
    public IEnumerable<JsonPart> Entries()
    {
        int index = 0;
        JsonPlace place = _place;
        foreach (JsonElement element in Kind(JsonValueKind.Array, "an array").EnumerateArray())
        {
            yield return new JsonPart(element, place.At(index++));
        }
    }

    /// <summary>The entries of an array, which must be as many as stated.</summary>
    public IEnumerable<JsonPart> Entries(int count, string because)
    {
        if (Count != count)
        {
            Fail($"has {Count} entries", $"{because} takes {count}");
        }

        return Entries();
    }

    /// <summary>The properties of an object, names with parts.</summary>
    public IEnumerable<(string Name, JsonPart Part)> Properties()
    {
        JsonPlace place = _place;
        foreach (JsonProperty property in Kind(JsonValueKind.Object, "an object").EnumerateObject())
        {
            yield return (property.Name, new JsonPart(property.Value, place.At(property.Name)));
        }
    }

    /// <summary>A whole number in a range, both ends allowed.</summary>
    public int Int32(int least, int most) => (int)Int64(least, most);

    /// <summary>A whole number in a range, both ends allowed.</summary>
    public long Int64(long least, long most)
    {
        // 5.0 is a whole number too; Python writes it so.
        double real = 0;
        bool isNumber = _element.ValueKind == JsonValueKind.Number;
        if (!isNumber || !_element.TryGetInt64(out long number))
        {
            if (!isNumber || !_element.TryGetDouble(out real) || real != Math.Floor(real) || Math.Abs(real) > 1L << 53)
            {
                Fail(Shown, $"a whole number from {least} to {most} is allowed");
            }

            number = (long)real;
        }

        if (number < least || number > most)
        {
            Fail($"is {number}", $"a whole number from {least} to {most} is allowed");
        }

        return number;
    }

    /// <summary>A whole number from 0 to 2^64−1.</summary>
    public ulong UInt64()
    {
        ulong number = 0;
        if (_element.ValueKind != JsonValueKind.Number || !_element.TryGetUInt64(out number))
        {
            Fail(Shown, $"a whole number from 0 to {ulong.MaxValue} is allowed");
        }

        return number;
    }

    /// <summary>A finite number.</summary>
    public double Double()
    {
        double number = 0;
        if (_element.ValueKind != JsonValueKind.Number || !_element.TryGetDouble(out number) || !double.IsFinite(number))
        {
            Fail(Shown, "a finite number is allowed");
        }

        return number;
    }

    /// <summary>A text.</summary>
    public string String()
    {
        try
        {
            return Kind(JsonValueKind.String, "a text").GetString()!;
        }
        catch (InvalidOperationException)
        {
            Fail("is no valid text", "text in UTF-8 without half surrogates is allowed");
            throw;
        }
    }

    /// <summary>Bytes, as a text in base 64.</summary>
    public byte[] Base64()
    {
        byte[]? bytes = null;
        if (_element.ValueKind != JsonValueKind.String || !_element.TryGetBytesFromBase64(out bytes))
        {
            Fail("is no base 64", "bytes written as text in base 64 are allowed");
        }

        return bytes;
    }

    /// <summary>True or false.</summary>
    public bool Boolean()
    {
        if (_element.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            Fail(Shown, "true or false is allowed");
        }

        return _element.GetBoolean();
    }

    /// <summary>An array of finite numbers.</summary>
    public double[] Doubles()
    {
        double[] numbers = new double[Count];
        int index = 0;
        foreach (JsonElement element in _element.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.Number || !element.TryGetDouble(out numbers[index]) || !double.IsFinite(numbers[index]))
            {
                new JsonPart(element, _place.At(index)).Double();
            }

            index++;
        }

        return numbers;
    }

    /// <summary>An array of texts.</summary>
    public string[] Strings() => [.. Entries().Select(entry => entry.String())];

    /// <summary>Refuses the element.</summary>
    /// <param name="got">What is wrong, as it goes on from the place: "has 3 entries".</param>
    /// <param name="allowed">What is allowed instead, and how to mend it.</param>
    [DoesNotReturn]
    public void Fail(string got, string allowed) => throw new SpexInputException($"{_place.File}: {_place} {got}; {allowed}.");

    private string Shown
    {
        get
        {
            string text = _element.ValueKind switch
            {
                JsonValueKind.Object => "an object",
                JsonValueKind.Array => "an array",
                JsonValueKind.String => $"the text {_element.GetRawText()}",
                _ => _element.GetRawText(),
            };
            return "is " + (text.Length <= 60 ? text : text[..57] + "…");
        }
    }

    private static string Explain(ReadOnlySpan<byte> text, JsonException error)
    {
        string at = $"line {(error.LineNumber ?? 0) + 1}, byte {(error.BytePositionInLine ?? 0) + 1}";
        if (text.TrimEnd(" \t\r\n"u8).IsEmpty)
        {
            return "it is empty. Was it written to the end? Make it again.";
        }

        if (IsCut(text))
        {
            return $"it ends in the middle, at {at}. It was cut short; make or copy it again.";
        }

        // Its own message carries a path and a position that say the same once more.
        string message = error.Message;
        int end = message.IndexOf(" Path:", StringComparison.Ordinal);
        end = end < 0 ? message.IndexOf(" LineNumber:", StringComparison.Ordinal) : end;
        return $"{(end < 0 ? message : message[..end]).TrimEnd('.', ' ')} ({at}). JSON knows no NaN, Infinity, comments or trailing commas; correct it there.";
    }

    /// <summary>Whether all of the text could begin a longer valid one: then it was cut.</summary>
    private static bool IsCut(ReadOnlySpan<byte> text)
    {
        Utf8JsonReader reader = new(text, isFinalBlock: false, new JsonReaderState(new JsonReaderOptions { MaxDepth = MaxDepth }));
        try
        {
            while (reader.Read())
            {
            }
        }
        catch (JsonException)
        {
            return false;
        }

        // A whole document that is refused nevertheless has another fault, such as a property given twice.
        bool isWhole = reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray && reader.CurrentDepth == 0;
        return !isWhole;
    }

    private JsonElement Kind(JsonValueKind kind, string name)
    {
        if (_element.ValueKind != kind)
        {
            Fail(Shown, $"{name} is allowed");
        }

        return _element;
    }
}
