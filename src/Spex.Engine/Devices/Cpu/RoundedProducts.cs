using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Spex.Core.Masks;

namespace Spex.Engine.Devices.Cpu;

/// <summary>
/// Xᵀr for numbers r rounded to 11 bits, with a bound on what the rounding changes: most columns' products are seen to be small without being computed exactly.
/// </summary>
/// <remarks>
/// Eight samples' signs are a byte of a column. Both halves of the byte look up, in a register, the signed sum of four rounded numbers: 32 columns at a time, in integers,
/// so that the sums are the same in any order.
/// </remarks>
internal static unsafe class RoundedProducts
{
    // |q| of the rounded numbers: the sums of four octets, 32 numbers, still fit 16 bits.
    private const int Largest = 1023;
    private const int OctetsBetweenWidenings = 4;

    // Sums of so many numbers fit 32 bits.
    private const int MaxSamples = 1 << 20;

    // Columns side by side, and words of each, that are turned into bytes at a time.
    private const int GroupColumns = 64;
    private const int LineWords = 8;
    private const int LineOctets = 8 * LineWords;

    // The low and the high bytes of the sums of either half.
    private const int OctetTableBytes = 4 * 16;

    // What the exact products' own rounding may come to, as a share of Σ|r|.
    private const double ExactRounding = 1e-9;

    /// <summary>Computes the products; exact ones where the processor or the number of samples does not allow this.</summary>
    /// <param name="device">Whose threads to use.</param>
    /// <param name="columns">count columns of ⌈N/64⌉ words.</param>
    /// <param name="count">Number of columns.</param>
    /// <param name="sampleCount">N.</param>
    /// <param name="values">rightSides × N numbers r.</param>
    /// <param name="rightSides">Number of right-hand sides.</param>
    /// <param name="sums">Takes rightSides × count products.</param>
    /// <param name="bounds">Takes for each right-hand side the most by which a product differs from the exact one.</param>
    public static void Compute(
        CpuDevice device, DeviceBuffer<ulong> columns, int count, int sampleCount, DeviceBuffer<double> values, int rightSides, Span<double> sums, Span<double> bounds)
    {
        if (!Avx2.IsSupported || sampleCount > MaxSamples)
        {
            using DeviceBuffer<double> exact = device.Allocate<double>((long)rightSides * count);
            device.SignMatrix.Project(columns, count, sampleCount, values, rightSides, [0, sampleCount], exact);
            exact.CopyTo(sums[..(rightSides * count)]);
            bounds[..rightSides].Clear();
            return;
        }

        int words = MaskMatrix.WordsFor(sampleCount), lines = (words + LineWords - 1) / LineWords;
        long tableLength = (long)lines * LineOctets * OctetTableBytes;
        byte* tables = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(1, rightSides * tableLength), 64);
        try
        {
            double[] steps = new double[rightSides], errors = new double[rightSides];
            double* r = CpuDevice.Pointer(values);
            device.For(rightSides, k => (steps[k], errors[k]) = WriteTables(r + ((long)k * sampleCount), sampleCount, tables + (k * tableLength), tableLength));
            errors.CopyTo(bounds);
            ulong* bits = CpuDevice.Pointer(columns);
            fixed (double* results = sums)
            {
                double* target = results;
                device.For((count + GroupColumns - 1) / GroupColumns, group =>
                {
                    int first = group * GroupColumns, present = Math.Min(GroupColumns, count - first);
                    int* own = stackalloc int[rightSides * GroupColumns];
                    SumGroup(bits + ((long)first * words), present, words, tables, tableLength, rightSides, own);
                    for (int k = 0; k < rightSides; k++)
                    {
                        for (int j = 0; j < present; j++)
                        {
                            target[((long)k * count) + first + j] = steps[k] * own[(k * GroupColumns) + j];
                        }
                    }
                });
            }
        }
        finally
        {
            NativeMemory.AlignedFree(tables);
        }
    }

    /// <summary>Rounds numbers and writes the sums of every four of them with every choice of signs.</summary>
    private static (double Step, double Bound) WriteTables(double* values, int count, byte* tables, long tableLength)
    {
        double largest = 0, size = 0, error = 0;
        for (int i = 0; i < count; i++)
        {
            double magnitude = Math.Abs(values[i]);
            largest = Math.Max(largest, magnitude);
            size += magnitude;
        }

        double step = largest / Largest, perStep = largest > 0 ? 1 / step : 0;
        short* four = stackalloc short[4];
        short* sums = stackalloc short[16];
        byte* table = tables, end = tables + tableLength;
        for (int first = 0; table < end; first += 4)
        {
            for (int i = 0; i < 4; i++)
            {
                double value = first + i < count ? values[first + i] : 0, rounded = Math.Round(value * perStep);
                four[i] = (short)rounded;
                error += Math.Abs(value - (rounded * step));
            }

            for (int e = 0; e < 16; e++)
            {
                int sum = ((e & 1) == 0 ? four[0] : -four[0]) + ((e & 2) == 0 ? four[1] : -four[1]) + ((e & 4) == 0 ? four[2] : -four[2]) + ((e & 8) == 0 ? four[3] : -four[3]);
                table[e] = (byte)sum;
                table[e + 16] = (byte)(sum >> 8);
            }

            table += 32;
        }

        return (step, (error * (1 + ExactRounding)) + (ExactRounding * size));
    }

    // The sums of up to 64 columns for every right-hand side.
    private static void SumGroup(ulong* bits, int present, int words, byte* tables, long tableLength, int rightSides, int* sums)
    {
        new Span<int>(sums, rightSides * GroupColumns).Clear();
        byte* tile = stackalloc byte[LineOctets * GroupColumns];
        for (int line = 0; line < words; line += LineWords)
        {
            int lineWords = Math.Min(LineWords, words - line);
            for (int j = 0; j < GroupColumns; j += 8)
            {
                for (int w = 0; w < lineWords; w++)
                {
                    CpuSignMatrix.ColumnBytes(bits + ((long)j * words) + line + w, words, Math.Clamp(present - j, 0, 8), tile + (8 * w * GroupColumns) + j, GroupColumns);
                }
            }

            for (int k = 0; k < rightSides; k++)
            {
                SumLine(tile, 8 * lineWords, tables + (k * tableLength) + ((long)line * 8 * OctetTableBytes), sums + (k * GroupColumns));
            }
        }
    }

    private static void SumLine(byte* tile, int octets, byte* tables, int* sums)
    {
        Vector256<byte> nibble = Vector256.Create((byte)15);
        Vector256<int> s0 = Vector256.Load(sums), s1 = Vector256.Load(sums + 8), s2 = Vector256.Load(sums + 16), s3 = Vector256.Load(sums + 24);
        Vector256<int> s4 = Vector256.Load(sums + 32), s5 = Vector256.Load(sums + 40), s6 = Vector256.Load(sums + 48), s7 = Vector256.Load(sums + 56);
        for (int first = 0; first < octets; first += OctetsBetweenWidenings)
        {
            Vector256<short> a = default, b = default, c = default, d = default;
            for (int octet = first; octet < first + OctetsBetweenWidenings; octet++, tile += GroupColumns, tables += OctetTableBytes)
            {
                Vector256<byte> low0 = Avx2.BroadcastVector128ToVector256(tables), high0 = Avx2.BroadcastVector128ToVector256(tables + 16);
                Vector256<byte> low1 = Avx2.BroadcastVector128ToVector256(tables + 32), high1 = Avx2.BroadcastVector128ToVector256(tables + 48);
                Vector256<byte> signs = Vector256.Load(tile), lower = signs & nibble, upper = (signs.AsUInt16() >>> 4).AsByte() & nibble;
                Vector256<byte> low = Avx2.Shuffle(low0, lower), high = Avx2.Shuffle(high0, lower);
                a += Avx2.UnpackLow(low, high).AsInt16();
                b += Avx2.UnpackHigh(low, high).AsInt16();
                (low, high) = (Avx2.Shuffle(low1, upper), Avx2.Shuffle(high1, upper));
                a += Avx2.UnpackLow(low, high).AsInt16();
                b += Avx2.UnpackHigh(low, high).AsInt16();
                signs = Vector256.Load(tile + 32);
                (lower, upper) = (signs & nibble, (signs.AsUInt16() >>> 4).AsByte() & nibble);
                (low, high) = (Avx2.Shuffle(low0, lower), Avx2.Shuffle(high0, lower));
                c += Avx2.UnpackLow(low, high).AsInt16();
                d += Avx2.UnpackHigh(low, high).AsInt16();
                (low, high) = (Avx2.Shuffle(low1, upper), Avx2.Shuffle(high1, upper));
                c += Avx2.UnpackLow(low, high).AsInt16();
                d += Avx2.UnpackHigh(low, high).AsInt16();
            }

            // Unpacking works on either half of a register: a holds the columns 0 … 7 and 16 … 23, b those between and after.
            s0 += Avx2.ConvertToVector256Int32(a.GetLower());
            s1 += Avx2.ConvertToVector256Int32(b.GetLower());
            s2 += Avx2.ConvertToVector256Int32(a.GetUpper());
            s3 += Avx2.ConvertToVector256Int32(b.GetUpper());
            s4 += Avx2.ConvertToVector256Int32(c.GetLower());
            s5 += Avx2.ConvertToVector256Int32(d.GetLower());
            s6 += Avx2.ConvertToVector256Int32(c.GetUpper());
            s7 += Avx2.ConvertToVector256Int32(d.GetUpper());
        }

        s0.Store(sums);
        s1.Store(sums + 8);
        s2.Store(sums + 16);
        s3.Store(sums + 24);
        s4.Store(sums + 32);
        s5.Store(sums + 40);
        s6.Store(sums + 48);
        s7.Store(sums + 56);
    }
}
