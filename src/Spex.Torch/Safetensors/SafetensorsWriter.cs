using System.Buffers.Binary;
using System.Text.Json;
using Spex.Core;

namespace Spex.Torch.Safetensors;

/// <summary>Collects tensors and writes them as a safetensors file; the same tensors give the same bytes.</summary>
public sealed class SafetensorsWriter
{
    private readonly SortedDictionary<string, (SafetensorsType Type, long[] Shape, byte[] Bytes)> _tensors = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _metadata = new(StringComparer.Ordinal);

    /// <summary>Adds free text to the header.</summary>
    public void AddMetadata(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        _metadata[name] = value;
    }

    /// <summary>Adds a tensor's bytes, little endian.</summary>
    /// <exception cref="ArgumentException">The name is taken or reserved, or the bytes do not fit type and shape.</exception>
    public void Add(string name, SafetensorsType type, ReadOnlySpan<long> shape, ReadOnlySpan<byte> bytes)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        long expected = SafetensorsEntry.SizeOf(type);
        foreach (long extent in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(extent, nameof(shape));
            expected = checked(expected * extent);
        }

        if (bytes.Length != expected)
        {
            throw new ArgumentException($"Tensor '{name}' of {type} [{string.Join(", ", shape.ToArray())}] takes {expected} bytes; {bytes.Length} were given.", nameof(bytes));
        }

        if (name == "__metadata__" || !_tensors.TryAdd(name, (type, shape.ToArray(), bytes.ToArray())))
        {
            throw new ArgumentException($"There is a tensor '{name}' already, or the name is reserved.", nameof(name));
        }
    }

    /// <summary>Adds float32 numbers as IEEE halves, rounded to nearest, ties to even.</summary>
    /// <exception cref="ArgumentException">As <see cref="Add"/>; or a number is beyond the range of a half.</exception>
    public void AddHalves(string name, ReadOnlySpan<long> shape, ReadOnlySpan<float> numbers)
    {
        byte[] bytes = new byte[numbers.Length * 2];
        for (int i = 0; i < numbers.Length; i++)
        {
            Half half = (Half)numbers[i];
            if (!Half.IsFinite(half))
            {
                throw new ArgumentException($"Number {i} of tensor '{name}', {numbers[i]}, is not finite or beyond the range of a half.", nameof(numbers));
            }

            BinaryPrimitives.WriteHalfLittleEndian(bytes.AsSpan(i * 2), half);
        }

        Add(name, SafetensorsType.F16, shape, bytes);
    }

    /// <summary>Writes the file: beside the target first, then renamed, so that a full disk leaves no half file.</summary>
    /// <exception cref="SpexException">The file cannot be written.</exception>
    public void Save(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        string temporary = $"{path}.{Environment.ProcessId}.partial";
        try
        {
            using (FileStream stream = new(temporary, FileMode.Create, FileAccess.Write))
            {
                Write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            try
            {
                File.Delete(temporary);
            }
            catch (Exception second) when (second is IOException or UnauthorizedAccessException)
            {
                // The first error is the one to tell.
            }

            throw new SpexException($"'{path}' cannot be written: {error.Message}", error);
        }
    }

    /// <summary>Writes the file to a stream.</summary>
    public void Write(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);

        // Wide elements first, so that each tensor is aligned to its element size.
        var ordered = _tensors.OrderByDescending(tensor => SafetensorsEntry.SizeOf(tensor.Value.Type)).ThenBy(tensor => tensor.Key, StringComparer.Ordinal).ToList();
        using MemoryStream header = new();
        using (Utf8JsonWriter json = new(header))
        {
            json.WriteStartObject();
            if (_metadata.Count > 0)
            {
                json.WriteStartObject("__metadata__");
                foreach ((string name, string value) in _metadata)
                {
                    json.WriteString(name, value);
                }

                json.WriteEndObject();
            }

            long offset = 0;
            foreach ((string name, (SafetensorsType type, long[] shape, byte[] bytes)) in ordered)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", SafetensorsEntry.TypeName(type));
                json.WriteStartArray("shape");
                foreach (long extent in shape)
                {
                    json.WriteNumberValue(extent);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += bytes.Length);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        // Spaces behind the header align the data to 8 bytes.
        while ((header.Length & 7) != 0)
        {
            header.WriteByte((byte)' ');
        }

        Span<byte> length = stackalloc byte[SafetensorsHeader.LengthBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        stream.Write(length);
        header.Position = 0;
        header.CopyTo(stream);
        foreach (var tensor in ordered)
        {
            stream.Write(tensor.Value.Bytes);
        }
    }
}
