using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Spex.Engine.Devices.Cpu;

/// <summary>One layer of a <see cref="BinTable"/>, numbered through all functions, in the host's memory: sums over a column, eight delays at a time.</summary>
/// <remarks>Arithmetic is float32 in eight lanes within a column (at most 16 additions a lane). Valid while the table is.</remarks>
internal readonly unsafe struct BinColumns
{
    private static readonly Vector256<int>[] Signs = MakeSigns();

    private readonly float* _columns;
    private readonly int[] _allLanes;

    public BinColumns(BinTable bins, int layer = 0)
    {
        Stride = bins.Stride;
        GroupCount = bins.GroupCount;
        Log2Bins = bins.Log2Bins;
        BinCount = bins.BinCount;
        Delays = bins.Delays;
        _columns = CpuDevice.Pointer(bins.Columns) + ((long)layer * BinCount * Stride);
        _allLanes = LanesOf(bins, bins.Design.AllDelays);
    }

    /// <summary>Numbers from one column to the next.</summary>
    public int Stride { get; }

    /// <summary>C.</summary>
    public int GroupCount { get; }

    /// <summary>b.</summary>
    public int Log2Bins { get; }

    /// <summary>C · 2^b.</summary>
    public int BinCount { get; }

    /// <summary>Entries of a column.</summary>
    public int Delays { get; }

    /// <summary>For each byte, eight lanes with the sign bit set where the byte has a 1: exclusive or with it changes signs.</summary>
    public static ref Vector256<int> SignsOfBytes => ref MemoryMarshal.GetArrayDataReference(Signs);

    /// <summary>The lanes of a column that belong to the chosen delays: all bits set or none; none in the padding.</summary>
    public static int[] LanesOf(BinTable bins, UInt128 delays)
    {
        int[] lanes = new int[bins.Stride];
        for (int d = 0; d < bins.Delays; d++)
        {
            lanes[d] = ((delays >> d) & 1) != 0 ? -1 : 0;
        }

        return lanes;
    }

    /// <summary>The column of a bin, padding included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* Column(int bin) => _columns + ((long)bin * Stride);

    /// <summary>The bin of a pattern in a group, numbered through all groups.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int BinOf(in SpexPattern term, int group) => (group << Log2Bins) + term.Bin(group);

    /// <summary>Σ_d u_d² of a bin over all delays.</summary>
    public double Energy(int bin) => Energy(bin, _allLanes);

    /// <summary>Σ_d u_d² of a bin over the chosen delays.</summary>
    /// <param name="bin">The bin.</param>
    /// <param name="lanes">What <see cref="LanesOf"/> gives for the delays.</param>
    public double Energy(int bin, int[] lanes)
    {
        float* column = Column(bin);
        ref int lane = ref MemoryMarshal.GetArrayDataReference(lanes);
        Vector256<float> sum = Vector256<float>.Zero;
        for (int at = 0; at < Stride; at += 8)
        {
            Vector256<float> u = (Vector256.Load(column + at).AsInt32() & Vector256.LoadUnsafe(ref lane, (nuint)at)).AsSingle();
            sum += u * u;
        }

        return Vector256.Sum(sum);
    }

    /// <summary>Σ_d (−1)^{sign_d} u_d of a bin over all delays.</summary>
    public float Correlate(int bin, in SpexPattern term) => Correlate(bin, term, _allLanes);

    /// <summary>Σ_d (−1)^{sign_d} u_d of a bin over the chosen delays.</summary>
    public float Correlate(int bin, in SpexPattern term, int[] lanes)
    {
        float* column = Column(bin);
        ref int lane = ref MemoryMarshal.GetArrayDataReference(lanes);
        ref Vector256<int> signsOfByte = ref SignsOfBytes;
        Vector256<float> sum = Vector256<float>.Zero;
        ulong bits = term.LowSigns;
        for (int at = 0; at < Stride; at += 8, bits >>= 8)
        {
            bits = at == 64 ? term.HighSigns : bits;
            Vector256<int> u = Vector256.Load(column + at).AsInt32() ^ Unsafe.Add(ref signsOfByte, (nint)(byte)bits);
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
            float* column = Column(BinOf(term, c));
            Vector256<int> value = Vector256.Create((float)(term.IsNegative(c) ? -amount : amount)).AsInt32();
            ulong bits = term.LowSigns;
            for (int at = 0; at < Stride; at += 8, bits >>= 8)
            {
                bits = at == 64 ? term.HighSigns : bits;
                Vector256<int> change = (value ^ Unsafe.Add(ref signsOfByte, (nint)(byte)bits)) & Vector256.LoadUnsafe(ref lane, (nuint)at);
                (Vector256.Load(column + at) + change.AsSingle()).Store(column + at);
            }
        }
    }

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
