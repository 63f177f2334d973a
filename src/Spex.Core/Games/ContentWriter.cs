using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Spex.Core.Games;

/// <summary>Feeds a hash with numbers in little-endian form and texts with their length, so that different contents give different bytes.</summary>
internal sealed class ContentWriter(IncrementalHash hash)
{
    public void Add(long number)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        hash.AppendData(bytes);
    }

    public void Add(double number) => Add(BitConverter.DoubleToInt64Bits(number));

    public void Add(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Add(bytes.Length);
        hash.AppendData(bytes);
    }

    public void Add(ReadOnlySpan<double> numbers)
    {
        Add(numbers.Length);
        if (BitConverter.IsLittleEndian)
        {
            hash.AppendData(MemoryMarshal.AsBytes(numbers));
            return;
        }

        foreach (double number in numbers)
        {
            Add(number);
        }
    }
}
