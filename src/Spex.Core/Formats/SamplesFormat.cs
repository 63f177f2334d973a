using System.Buffers.Binary;
using System.Numerics;
using System.Text.Json;
using Spex.Core.Masks;

namespace Spex.Core.Formats;

/// <summary>The bytes of a samples file, all numbers with the low byte first.</summary>
/// <remarks>
/// <para>
/// Header: the 8 bytes \x89SPEXSM\n, the version (uint32, 1), the length of the text that follows (uint32), the text {"fingerprint":…,"n":…,"batch_size":…,
/// "value_type":"float32"} in UTF-8, and the CRC-32C of all before (uint32).
/// </para>
/// <para>
/// Then records of one size, 5 + max(⌈n/8⌉ + 4, 12) bytes: a kind (uint8), a content padded with zeros, and the CRC-32C of all before (uint32). Kind 1 is a sample:
/// ⌈n/8⌉ bytes of the mask (feature i at bit i mod 8 of byte i div 8) and the value (float32). Kind 2 is a change of the batch plan: first index (int64) and batch size
/// (int32). One size keeps a damaged record from taking its neighbours with it.
/// </para>
/// </remarks>
internal static class SamplesFormat
{
    public const byte Sample = 1;
    public const byte PlanChange = 2;

    private const uint Version = 1;
    private const int HeadLength = 16;
    private const int LongestText = 1 << 20;

    private static ReadOnlySpan<byte> Magic => [0x89, (byte)'S', (byte)'P', (byte)'E', (byte)'X', (byte)'S', (byte)'M', (byte)'\n'];

    /// <summary>Bytes of a record.</summary>
    public static int RecordLength(int featureCount) => 5 + Math.Max(((featureCount + 7) / 8) + 4, 12);

    /// <summary>The header's bytes.</summary>
    public static byte[] Encode(SamplesHeader header)
    {
        using MemoryStream text = new();
        using (Utf8JsonWriter json = new(text))
        {
            json.WriteStartObject();
            json.WriteString("fingerprint", header.Fingerprint);
            json.WriteNumber("n", header.FeatureCount);
            json.WriteNumber("batch_size", header.BatchSize);
            json.WriteString("value_type", header.ValueType);
            json.WriteEndObject();
        }

        byte[] bytes = new byte[HeadLength + text.Length + 4];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), Version);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12), (uint)text.Length);
        text.ToArray().CopyTo(bytes, HeadLength);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(bytes.Length - 4), Checksum(bytes.AsSpan(0, bytes.Length - 4)));
        return bytes;
    }

    /// <summary>Reads the header from the start of a stream.</summary>
    /// <returns>The header and its length in bytes; null where the stream ends within it.</returns>
    /// <exception cref="SpexInputException">The stream holds something else, or a damaged header.</exception>
    public static (SamplesHeader Header, int Length)? Decode(Stream stream, string path)
    {
        byte[] head = new byte[HeadLength];
        int read = stream.ReadAtLeast(head, HeadLength, throwOnEndOfStream: false);
        if (!head.AsSpan(0, Math.Min(read, Magic.Length)).SequenceEqual(Magic[..Math.Min(read, Magic.Length)]))
        {
            throw new SpexInputException($"{path} is no samples file; it begins with other bytes. Give a samples file, or the name of a new one.");
        }

        if (read < HeadLength)
        {
            return null;
        }

        uint version = BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(8));
        if (version != Version)
        {
            throw new SpexInputException($"{path} is a samples file of version {version}; this program reads version {Version}. Use the program that wrote it.");
        }

        uint length = BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(12));
        if (length > LongestText)
        {
            throw Damaged(path);
        }

        byte[] whole = new byte[HeadLength + length + 4];
        head.CopyTo(whole, 0);
        if (stream.ReadAtLeast(whole.AsSpan(HeadLength), (int)length + 4, throwOnEndOfStream: false) < length + 4)
        {
            return null;
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(whole.AsSpan(whole.Length - 4)) != Checksum(whole.AsSpan(0, whole.Length - 4)))
        {
            throw Damaged(path);
        }

        SamplesHeader header = JsonPart.Read(whole[HeadLength..^4], path, part => new SamplesHeader(
            part.Property("fingerprint").String(),
            part.Property("n").Int32(0, MaskMatrix.MaxFeatureCount),
            part.Property("batch_size").Int32(1, int.MaxValue),
            part.Property("value_type").String()));
        return header.ValueType == SamplesHeader.DefaultValueType
            ? (header, whole.Length)
            : throw new SpexInputException($"{path} holds values of type {header.ValueType}; {SamplesHeader.DefaultValueType} is read. Use the program that wrote it.");
    }

    /// <summary>Writes a sample into a record's bytes.</summary>
    public static void WriteSample(Span<byte> record, ReadOnlySpan<ulong> mask, int featureCount, float value)
    {
        record.Clear();
        record[0] = Sample;
        int bytes = (featureCount + 7) / 8;
        for (int i = 0; i < bytes; i++)
        {
            record[1 + i] = (byte)(mask[i >> 3] >> (8 * (i & 7)));
        }

        BinaryPrimitives.WriteSingleLittleEndian(record[(1 + bytes)..], value);
        Seal(record);
    }

    /// <summary>Reads a sample's mask; the value is returned.</summary>
    public static float ReadSample(ReadOnlySpan<byte> record, Span<ulong> mask, int featureCount)
    {
        int bytes = (featureCount + 7) / 8;
        ReadOnlySpan<byte> packed = record.Slice(1, bytes);
        int word = 0;
        for (; packed.Length >= 8; packed = packed[8..])
        {
            mask[word++] = BinaryPrimitives.ReadUInt64LittleEndian(packed);
        }

        if (!packed.IsEmpty)
        {
            ulong last = 0;
            for (int i = 0; i < packed.Length; i++)
            {
                last |= (ulong)packed[i] << (8 * i);
            }

            mask[word] = last;
        }

        return BinaryPrimitives.ReadSingleLittleEndian(record[(1 + bytes)..]);
    }

    /// <summary>Writes a change of the batch plan into a record's bytes.</summary>
    public static void WritePlanChange(Span<byte> record, SamplesPlanChange change)
    {
        record.Clear();
        record[0] = PlanChange;
        BinaryPrimitives.WriteInt64LittleEndian(record[1..], change.FirstIndex);
        BinaryPrimitives.WriteInt32LittleEndian(record[9..], change.BatchSize);
        Seal(record);
    }

    /// <summary>Reads a change of the batch plan.</summary>
    public static SamplesPlanChange ReadPlanChange(ReadOnlySpan<byte> record) =>
        new(BinaryPrimitives.ReadInt64LittleEndian(record[1..]), BinaryPrimitives.ReadInt32LittleEndian(record[9..]));

    /// <summary>Whether a record's checksum fits.</summary>
    public static bool IsSound(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadUInt32LittleEndian(record[^4..]) == Checksum(record[..^4]);

    private static void Seal(Span<byte> record) => BinaryPrimitives.WriteUInt32LittleEndian(record[^4..], Checksum(record[..^4]));

    // CRC-32C (Castagnoli), which processors compute in one instruction.
    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (byte value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }

    private static SpexInputException Damaged(string path) =>
        new($"{path} is a samples file with a damaged header: its checksum does not fit. Restore it from a copy, or start a new file.");
}
