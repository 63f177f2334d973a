using System.Buffers.Binary;
using System.Text.Json;
using Spex.Core;

namespace Spex.Torch.Safetensors;

/// <summary>The header of a safetensors file, checked against the file before anything in it is used.</summary>
/// <remarks>
/// Checked are: the header's length against the file's; that it is one JSON object without a name twice; of every tensor the type, the shape (no
/// negative extent, no overflow) and that its byte range is as long as type and shape say; of all tensors together that their ranges follow
/// one another without gap or overlap and fill the file exactly. So no read leaves the file, and two names never share bytes.
/// </remarks>
internal sealed unsafe class SafetensorsHeader
{
    /// <summary>Bytes of the length at the beginning of the file.</summary>
    public const int LengthBytes = 8;

    // The limit of the format's reference implementation.
    private const long LongestHeader = 100_000_000;

    private SafetensorsHeader(long dataStart, Dictionary<string, SafetensorsEntry> tensors, Dictionary<string, string> metadata)
    {
        DataStart = dataStart;
        Tensors = tensors;
        Metadata = metadata;
    }

    public long DataStart { get; }

    public IReadOnlyDictionary<string, SafetensorsEntry> Tensors { get; }

    public IReadOnlyDictionary<string, string> Metadata { get; }

    public static SpexInputException Malformed(string name, string what) => new($"'{name}' cannot be used as a safetensors file: {what}.");

    public static SafetensorsHeader Parse(string name, byte* start, long length)
    {
        if (length < LengthBytes)
        {
            throw Malformed(name, $"it has {length} bytes and cannot even hold its header's length; it was cut short, or is no safetensors file");
        }

        ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(new ReadOnlySpan<byte>(start, LengthBytes));
        if (headerLength > LongestHeader || (long)headerLength > length - LengthBytes)
        {
            throw Malformed(name, $"its header should have {headerLength} bytes, and {length - LengthBytes} follow; it was cut short, or is no safetensors file");
        }

        long dataStart = LengthBytes + (long)headerLength;
        Dictionary<string, SafetensorsEntry> tensors = new(StringComparer.Ordinal);
        Dictionary<string, string> metadata = new(StringComparer.Ordinal);
        try
        {
            using JsonDocument document = ParseJson(name, new ReadOnlySpan<byte>(start + LengthBytes, (int)headerLength));
            ReadObject(name, document.RootElement, tensors, metadata);
        }
        catch (InvalidOperationException error)
        {
            throw new SpexInputException($"'{name}' cannot be used as a safetensors file: its header holds text that is not UTF-8.", error);
        }

        CheckRanges(name, tensors.Values, length - dataStart);
        return new SafetensorsHeader(dataStart, tensors, metadata);
    }

    private static void ReadObject(string name, JsonElement root, Dictionary<string, SafetensorsEntry> tensors, Dictionary<string, string> metadata)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw Malformed(name, "its header is not a JSON object");
        }

        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (property.Name == "__metadata__")
            {
                ReadMetadata(name, property.Value, metadata);
            }
            else if (!tensors.TryAdd(property.Name, ReadEntry(name, property.Name, property.Value)))
            {
                throw Malformed(name, $"its header names tensor '{property.Name}' twice");
            }
        }
    }

    private static JsonDocument ParseJson(string name, ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonDocument.Parse(json.ToArray(), new JsonDocumentOptions { MaxDepth = 8 });
        }
        catch (JsonException error)
        {
            throw new SpexInputException($"'{name}' cannot be used as a safetensors file: its header is not JSON ({error.Message})", error);
        }
    }

    private static void ReadMetadata(string name, JsonElement element, Dictionary<string, string> metadata)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw Malformed(name, "its metadata is not a JSON object");
        }

        foreach (JsonProperty property in element.EnumerateObject())
        {
            metadata[property.Name] = property.Value.ValueKind == JsonValueKind.String
                ? property.Value.GetString()!
                : throw Malformed(name, $"its metadata '{property.Name}' is not text");
        }
    }

    private static SafetensorsEntry ReadEntry(string name, string tensor, JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object
            || !element.TryGetProperty("dtype", out JsonElement typeName)
            || !element.TryGetProperty("shape", out JsonElement shapeList)
            || !element.TryGetProperty("data_offsets", out JsonElement offsets)
            || typeName.ValueKind != JsonValueKind.String)
        {
            throw Malformed(name, $"tensor '{tensor}' lacks its dtype, shape or data_offsets");
        }

        if (!SafetensorsEntry.TryParseType(typeName.GetString()!, out SafetensorsType type))
        {
            throw Malformed(name, $"tensor '{tensor}' has the unknown dtype '{typeName.GetString()}'");
        }

        long[] shape = ReadNumbers(name, tensor, shapeList);
        long[] range = ReadNumbers(name, tensor, offsets);
        if (range.Length != 2 || range[0] > range[1])
        {
            throw Malformed(name, $"tensor '{tensor}' has no proper data_offsets");
        }

        long bytes;
        try
        {
            bytes = shape.Aggregate((long)SafetensorsEntry.SizeOf(type), (product, extent) => checked(product * extent));
        }
        catch (OverflowException)
        {
            throw Malformed(name, $"tensor '{tensor}' has the impossible shape [{string.Join(", ", shape)}]");
        }

        return bytes == range[1] - range[0]
            ? new SafetensorsEntry(tensor, type, shape, range[0], bytes)
            : throw Malformed(name, $"tensor '{tensor}' of {type} [{string.Join(", ", shape)}] takes {bytes} bytes, and its data_offsets give it {range[1] - range[0]}");
    }

    private static long[] ReadNumbers(string name, string tensor, JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Array)
        {
            throw Malformed(name, $"tensor '{tensor}' has no proper shape or data_offsets");
        }

        long[] numbers = new long[element.GetArrayLength()];
        int count = 0;
        foreach (JsonElement item in element.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt64(out numbers[count]) || numbers[count] < 0)
            {
                throw Malformed(name, $"tensor '{tensor}' has a shape or offset that is no whole number of 0 or more");
            }

            count++;
        }

        return numbers;
    }

    private static void CheckRanges(string name, IEnumerable<SafetensorsEntry> entries, long dataLength)
    {
        long reached = 0;
        foreach (SafetensorsEntry entry in entries.OrderBy(entry => entry.Offset).ThenBy(entry => entry.ByteLength))
        {
            if (entry.Offset != reached)
            {
                throw Malformed(name, $"tensor '{entry.Name}' begins at byte {entry.Offset} where {reached} is due: its tensors overlap or leave a gap");
            }

            reached += entry.ByteLength;
        }

        if (reached != dataLength)
        {
            throw Malformed(name, $"its tensors take {reached} bytes, and {dataLength} are there; it was cut short or has something appended");
        }
    }
}
