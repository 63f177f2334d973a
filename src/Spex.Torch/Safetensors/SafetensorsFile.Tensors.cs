using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Spex.Core;
using static TorchSharp.torch;

namespace Spex.Torch.Safetensors;

/// <content>Torch tensors from the mapped bytes, without a copy in between.</content>
public sealed unsafe partial class SafetensorsFile
{
    // Spans are at most 2^31 − 1 long; a tensor's may be longer. A multiple of every element size.
    private const int ElementsPerPiece = 1 << 27;

    /// <summary>A floating-point tensor, of any size, as a torch tensor on the processor.</summary>
    /// <param name="tensor">Its name.</param>
    /// <param name="type">
    /// Float32, or BFloat16. F16, BF16 and F32 become float32 exactly, F64 is rounded; bfloat16 is rounded to nearest, ties to even, from float32.
    /// The numbers go from the file's mapping into the tensor's own memory; there is no other copy.
    /// </param>
    /// <returns>A tensor of the file's shape; the caller disposes it. It does not refer to the file.</returns>
    /// <exception cref="SpexInputException">There is no such tensor, or its type is not F16, BF16, F32 or F64.</exception>
    public Tensor ReadTensor(string tensor, ScalarType type = ScalarType.Float32)
    {
        ObjectDisposedException.ThrowIf(_data is null, this);
        ArgumentNullException.ThrowIfNull(tensor);
        if (type is not (ScalarType.Float32 or ScalarType.BFloat16))
        {
            throw new ArgumentOutOfRangeException(nameof(type), type, "Float32 or BFloat16 is allowed.");
        }

        if (!Tensors.TryGetValue(tensor, out SafetensorsEntry? entry))
        {
            throw SafetensorsHeader.Malformed(Name, $"it has no tensor '{tensor}'");
        }

        if (entry.Type is not (SafetensorsType.F16 or SafetensorsType.BF16 or SafetensorsType.F32 or SafetensorsType.F64))
        {
            throw SafetensorsHeader.Malformed(Name, $"tensor '{tensor}' has type {SafetensorsEntry.TypeName(entry.Type)}; F16, BF16, F32 or F64 is needed");
        }

        Native.TorchRuntime.EnsureLoaded();
        Tensor result = empty([.. entry.Shape], dtype: type);
        try
        {
            using Tensor flat = result.view(-1);
            long count = entry.Count;
            int size = SafetensorsEntry.SizeOf(entry.Type);
            for (long start = 0; start < count; start += ElementsPerPiece)
            {
                int length = (int)Math.Min(ElementsPerPiece, count - start);
                using Tensor piece = flat.narrow(0, start, length);
                ReadOnlySpan<byte> source = new(_data + entry.Offset + (start * size), length * size);
                if (type == ScalarType.Float32)
                {
                    Widen(entry.Type, source, MemoryMarshal.Cast<byte, float>(piece.bytes));
                }
                else
                {
                    Narrow(entry.Type, source, MemoryMarshal.Cast<byte, ushort>(piece.bytes));
                }
            }

            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    /// <summary>Adds the whole file, header and tensors, to a hash.</summary>
    internal void AppendTo(IncrementalHash hash)
    {
        ObjectDisposedException.ThrowIf(_data is null, this);
        byte* start = _data - _header.DataStart;
        long length = _header.DataStart + Tensors.Values.Sum(entry => entry.ByteLength);
        for (long place = 0; place < length; place += ElementsPerPiece)
        {
            hash.AppendData(new ReadOnlySpan<byte>(start + place, (int)Math.Min(ElementsPerPiece, length - place)));
        }
    }

    private static void Widen(SafetensorsType type, ReadOnlySpan<byte> source, Span<float> target)
    {
        // Elements may lie at any byte of the file; unaligned vectors and numbers are read as they are.
        switch (type)
        {
            case SafetensorsType.F32:
                source.CopyTo(MemoryMarshal.AsBytes(target));
                break;
            case SafetensorsType.F16:
                ReadOnlySpan<Half> halves = MemoryMarshal.Cast<byte, Half>(source);
                for (int i = 0; i < target.Length; i++)
                {
                    target[i] = (float)halves[i];
                }

                break;
            case SafetensorsType.BF16:
                ReadOnlySpan<ushort> upper = MemoryMarshal.Cast<byte, ushort>(source);
                for (int i = 0; i < target.Length; i++)
                {
                    target[i] = BitConverter.UInt32BitsToSingle((uint)upper[i] << 16);
                }

                break;
            default:
                ReadOnlySpan<double> doubles = MemoryMarshal.Cast<byte, double>(source);
                for (int i = 0; i < target.Length; i++)
                {
                    target[i] = (float)doubles[i];
                }

                break;
        }
    }

    private static void Narrow(SafetensorsType type, ReadOnlySpan<byte> source, Span<ushort> target)
    {
        if (type == SafetensorsType.BF16)
        {
            source.CopyTo(MemoryMarshal.AsBytes(target));
            return;
        }

        const int Block = 1024;
        Span<float> block = stackalloc float[Block];
        int size = SafetensorsEntry.SizeOf(type);
        for (int start = 0; start < target.Length; start += Block)
        {
            int length = Math.Min(Block, target.Length - start);
            Widen(type, source.Slice(start * size, length * size), block[..length]);
            for (int i = 0; i < length; i++)
            {
                target[start + i] = RoundToBrainFloat(block[i]);
            }
        }
    }

    private static ushort RoundToBrainFloat(float number)
    {
        uint bits = BitConverter.SingleToUInt32Bits(number);

        // NaN stays NaN: rounding could carry its payload into infinity.
        return float.IsNaN(number) ? (ushort)((bits >> 16) | 0x40) : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
