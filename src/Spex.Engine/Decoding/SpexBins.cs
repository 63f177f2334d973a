using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Spex.Core.Designs;
using Spex.Engine.Devices;

namespace Spex.Engine.Decoding;

/// <summary>
/// The samples of a <see cref="SpexDesign"/> after the Walsh-Hadamard transform of each block: bin (c, j) is the column
/// u_d = Σ_{S : M_cᵀS = j} F(S)·(−1)^{⟨D_d + o_c, S⟩} over the delays d.
/// </summary>
/// <remarks>
/// Everything that SPEX needs of N samples costs C·delays here instead of N: the correlation of a term with all samples is C dot products of
/// one column each, because a term lives in one bin of each group. Columns are kept bin by bin, padded with zeros to whole vectors.
/// Arithmetic is float32 in eight lanes within a column (at most 16 additions a lane) and float64 above it.
/// </remarks>
internal sealed class SpexBins
{
    private static readonly Vector256<int>[] Signs = MakeSigns();

    private readonly float[] _columns;
    private readonly int[] _allLanes;

    private SpexBins(SpexDesign design, float[] columns)
    {
        Design = design;
        _columns = columns;
        GroupCount = design.GroupCount;
        Delays = design.DelayCount;
        Stride = StrideOf(design);
        AllDelays = Delays == 128 ? UInt128.MaxValue : (UInt128.One << Delays) - 1;
        _allLanes = LanesOf(AllDelays);
    }

    /// <summary>The design whose samples these are.</summary>
    public SpexDesign Design { get; }

    /// <summary>C.</summary>
    public int GroupCount { get; }

    /// <summary>Entries of a column.</summary>
    public int Delays { get; }

    /// <summary>Floats from one column to the next: the delays rounded up to whole vectors.</summary>
    public int Stride { get; }

    /// <summary>A bit for each delay.</summary>
    public UInt128 AllDelays { get; }

    /// <summary>Columns: C · 2^b, that of bin j of group c being number (c &lt;&lt; b) + j.</summary>
    public int BinCount => GroupCount << Design.Log2Bins;

    /// <summary>For each byte, eight lanes with the sign bit set where the byte has a 1: exclusive or with it changes signs.</summary>
    internal static ref Vector256<int> SignsOfBytes => ref MemoryMarshal.GetArrayDataReference(Signs);

    /// <summary>Transforms the values of a design's queries, in the queries' order, into bins.</summary>
    public static SpexBins FromValues(SpexDesign design, ReadOnlySpan<float> queryValues, Device device)
    {
        int blocks = design.GroupCount * design.DelayCount, bins = design.BinCount, stride = StrideOf(design);
        using DeviceBuffer<float> rows = device.Allocate<float>(design.QueryCount);
        rows.CopyFrom(queryValues);
        device.Hadamard.Transform(rows, blocks, design.Log2Bins, 1f / bins);
        float[] transformed = new float[design.QueryCount];
        rows.CopyTo(transformed);

        float[] columns = new float[(long)design.GroupCount * bins * stride];
        for (int block = 0; block < blocks; block++)
        {
            (int group, int delay) = Math.DivRem(block, design.DelayCount);
            int at = (group * bins * stride) + delay;
            foreach (float value in transformed.AsSpan(block << design.Log2Bins, bins))
            {
                columns[at] = value;
                at += stride;
            }
        }

        return new SpexBins(design, columns);
    }

    /// <summary>A copy whose columns change independently.</summary>
    public SpexBins Clone() => new(Design, [.. _columns]);

    /// <summary>The bin of a pattern in a group, numbered through all groups.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int BinOf(in SpexPattern term, int group) => (group << Design.Log2Bins) + term.Bin(group);

    /// <summary>The column of a bin, padding included.</summary>
    public ReadOnlySpan<float> Column(int bin) => _columns.AsSpan(bin * Stride, Stride);

    /// <summary>The first entry of a bin's column.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref float ColumnStart(int bin) => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_columns), bin * Stride);

    /// <summary>The lanes of a column that belong to the chosen delays: all bits set or none; none in the padding.</summary>
    public int[] LanesOf(UInt128 delays)
    {
        int[] lanes = new int[Stride];
        for (int d = 0; d < Delays; d++)
        {
            lanes[d] = ((delays >> d) & 1) != 0 ? -1 : 0;
        }

        return lanes;
    }

    /// <summary>Σ_d u_d² of a bin over all delays.</summary>
    public double Energy(int bin) => Energy(bin, _allLanes);

    /// <summary>Σ_d u_d² of a bin over the chosen delays.</summary>
    /// <param name="bin">The bin.</param>
    /// <param name="lanes">What <see cref="LanesOf"/> gives for the delays.</param>
    public double Energy(int bin, int[] lanes)
    {
        ref float column = ref ColumnStart(bin);
        ref int lane = ref MemoryMarshal.GetArrayDataReference(lanes);
        Vector256<float> sum = Vector256<float>.Zero;
        for (int at = 0; at < Stride; at += 8)
        {
            Vector256<float> u = (Vector256.LoadUnsafe(ref column, (nuint)at).AsInt32() & Vector256.LoadUnsafe(ref lane, (nuint)at)).AsSingle();
            sum += u * u;
        }

        return Vector256.Sum(sum);
    }

    /// <summary>The energy of all bins over the chosen delays.</summary>
    public double TotalEnergy(UInt128 delays)
    {
        int[] lanes = LanesOf(delays);
        double sum = 0;
        for (int bin = 0; bin < BinCount; bin++)
        {
            sum += Energy(bin, lanes);
        }

        return sum;
    }

    /// <summary>Σ_d (−1)^{sign_d} u_d of a bin over all delays.</summary>
    public float Correlate(int bin, UInt128 signs) => Correlate(bin, signs, _allLanes);

    /// <summary>Σ_d (−1)^{sign_d} u_d of a bin over the chosen delays.</summary>
    public float Correlate(int bin, UInt128 signs, int[] lanes)
    {
        ref float column = ref ColumnStart(bin);
        ref int lane = ref MemoryMarshal.GetArrayDataReference(lanes);
        ref Vector256<int> signsOfByte = ref SignsOfBytes;
        Vector256<float> sum = Vector256<float>.Zero;
        ulong bits = (ulong)signs;
        for (int at = 0; at < Stride; at += 8, bits >>= 8)
        {
            bits = at == 64 ? (ulong)(signs >> 64) : bits;
            Vector256<int> u = Vector256.LoadUnsafe(ref column, (nuint)at).AsInt32() ^ Unsafe.Add(ref signsOfByte, (nint)(byte)bits);
            sum += (u & Vector256.LoadUnsafe(ref lane, (nuint)at)).AsSingle();
        }

        return Vector256.Sum(sum);
    }

    /// <summary>Adds amount · (its pattern) of a term to its bin of every group, at every delay; the padding stays zero.</summary>
    public void Add(in SpexPattern term, double amount)
    {
        ref int lane = ref MemoryMarshal.GetArrayDataReference(_allLanes);
        ref Vector256<int> signsOfByte = ref SignsOfBytes;
        for (int c = 0; c < GroupCount; c++)
        {
            ref float column = ref ColumnStart(BinOf(term, c));
            Vector256<int> value = Vector256.Create((float)(term.IsNegative(c) ? -amount : amount)).AsInt32();
            ulong bits = (ulong)term.Signs;
            for (int at = 0; at < Stride; at += 8, bits >>= 8)
            {
                bits = at == 64 ? (ulong)(term.Signs >> 64) : bits;
                Vector256<int> change = (value ^ Unsafe.Add(ref signsOfByte, (nint)(byte)bits)) & Vector256.LoadUnsafe(ref lane, (nuint)at);
                (Vector256.LoadUnsafe(ref column, (nuint)at) + change.AsSingle()).StoreUnsafe(ref column, (nuint)at);
            }
        }
    }

    /// <summary>Σ_j of squares of (group, delay): by Parseval, the block's sum of squares over its samples divided by 2^b.</summary>
    public double BlockEnergy(int group, int delay)
    {
        double sum = 0;
        int first = group << Design.Log2Bins;
        for (int j = 0; j < Design.BinCount; j++)
        {
            double u = _columns[((first + j) * Stride) + delay];
            sum += u * u;
        }

        return sum;
    }

    private static int StrideOf(SpexDesign design) => (design.DelayCount + 7) & ~7;

    private static Vector256<int>[] MakeSigns()
    {
        Vector256<int>[] signs = new Vector256<int>[256];
        for (int value = 0; value < 256; value++)
        {
            for (int lane = 0; lane < 8; lane++)
            {
                signs[value] = signs[value].WithElement(lane, ((value >> lane) & 1) != 0 ? int.MinValue : 0);
            }
        }

        return signs;
    }
}
