using ILGPU;

namespace Spex.Kernels;

/// <summary>Walsh-Hadamard transforms of many rows in place, tile by tile.</summary>
/// <remarks>
/// <para>Formula: x_j ← scale · Σ_l x_l (−1)^{⟨j,l⟩} for each row of 2^b floats, by the radix-2 butterfly (u + v, u − v) from stride 1 up: the order of the
/// additions of the scalar reference, so the same bits. Stages are taken three at a time in registers (radix 8); the scaling follows the last addition.</para>
/// <para>Layout: row after row, float32. A launch is one <see cref="HadamardPass"/> over all of it. A contiguous pass (stages of stride 1 up) gives a group a tile of
/// consecutive numbers, many rows where they are short; a strided pass (the later stages of rows that no tile holds) gives it 2^Stages rows of
/// 2^ColumnsLog consecutive numbers, rows 2^StrideLog apart.</para>
/// <para>Launch: one group a tile, any group size; 8 numbers a thread are best (256 threads for <see cref="SmallTile"/>, 1,024 for <see cref="LargeTile"/>).</para>
/// <para>Moved: 8 bytes a number and pass (read once, written once), coalesced; b additions a number; shared memory is read and written once for every three stages.
/// Rows of up to 2^13 take one pass, up to 2^21 two.</para>
/// </remarks>
public static class HadamardKernels
{
    /// <summary>log2 of the numbers in a tile of <see cref="SmallTile"/>: 9 KB of shared memory.</summary>
    public const int SmallTileLog = 11;

    /// <summary>log2 of the numbers in a tile of <see cref="LargeTile"/>: 36 KB of shared memory.</summary>
    public const int LargeTileLog = 13;

    /// <summary>A pass whose tiles hold at most 2^<see cref="SmallTileLog"/> numbers.</summary>
    public static void SmallTile(ArrayView<float> rows, HadamardPass pass) =>
        Transform(rows, SharedMemory.Allocate<float>((1 << SmallTileLog) + (1 << (SmallTileLog - 3))), pass);

    /// <summary>A pass whose tiles hold at most 2^<see cref="LargeTileLog"/> numbers.</summary>
    public static void LargeTile(ArrayView<float> rows, HadamardPass pass) =>
        Transform(rows, SharedMemory.Allocate<float>((1 << LargeTileLog) + (1 << (LargeTileLog - 3))), pass);

    private static void Transform(ArrayView<float> memory, ArrayView<float> shared, HadamardPass pass)
    {
        long origin = pass.Origin(Grid.IdxX);
        int length = pass.LengthFrom(origin);
        bool strided = pass.StrideLog > 0;
        if (pass.Stages == 0)
        {
            for (int i = Group.IdxX; i < length; i += Group.DimX)
            {
                memory[origin + i] *= pass.Scale;
            }

            return;
        }

        // Consecutive numbers come in coalesced, eight requests a thread under way; their first butterflies would read memory with gaps.
        if (!strided)
        {
            Fill(memory, shared, origin, length);
        }

        for (int stage = 0; stage < pass.Stages; stage += 3)
        {
            int radixLog = pass.Stages - stage;
            radixLog = radixLog < 3 ? radixLog : 3;
            bool fromMemory = strided && stage == 0, toMemory = stage + radixLog == pass.Stages;
            if (!fromMemory)
            {
                Group.Barrier();
            }

            int strideLog = pass.ColumnsLog + stage, stride = 1 << strideLog;
            for (int unit = Group.IdxX; unit < length >> radixLog; unit += Group.DimX)
            {
                int at = ((unit >> strideLog) << (strideLog + radixLog)) + (unit & (stride - 1));
                Tile from = new(memory, shared, origin, pass, fromMemory), to = new(memory, shared, origin, pass, toMemory);
                if (radixLog == 3)
                {
                    Radix8(from, to, at, stride, toMemory ? pass.Scale : 1);
                }
                else if (radixLog == 2)
                {
                    Radix4(from, to, at, stride, toMemory ? pass.Scale : 1);
                }
                else
                {
                    float u = from.Read(at), v = from.Read(at + stride), scale = toMemory ? pass.Scale : 1;
                    to.Write(at, (u + v) * scale);
                    to.Write(at + stride, (u - v) * scale);
                }
            }
        }
    }

    private static void Fill(ArrayView<float> memory, ArrayView<float> shared, long origin, int length)
    {
        int eighth = (length + 7) >> 3;
        for (int unit = Group.IdxX; unit < eighth; unit += Group.DimX)
        {
            int i1 = unit + eighth, i2 = i1 + eighth, i3 = i2 + eighth, i4 = i3 + eighth, i5 = i4 + eighth, i6 = i5 + eighth, i7 = i6 + eighth;
            int last = length - 1;
            float x0 = memory[origin + unit], x1 = memory[origin + Least(i1, last)], x2 = memory[origin + Least(i2, last)], x3 = memory[origin + Least(i3, last)];
            float x4 = memory[origin + Least(i4, last)], x5 = memory[origin + Least(i5, last)], x6 = memory[origin + Least(i6, last)], x7 = memory[origin + Least(i7, last)];
            shared[Padded(unit)] = x0;
            Put(shared, i1, length, x1);
            Put(shared, i2, length, x2);
            Put(shared, i3, length, x3);
            Put(shared, i4, length, x4);
            Put(shared, i5, length, x5);
            Put(shared, i6, length, x6);
            Put(shared, i7, length, x7);
        }
    }

    private static void Radix4(Tile from, Tile to, int at, int stride, float scale)
    {
        float a0 = from.Read(at), a1 = from.Read(at + stride), a2 = from.Read(at + (2 * stride)), a3 = from.Read(at + (3 * stride));
        float b0 = a0 + a1, b1 = a0 - a1, b2 = a2 + a3, b3 = a2 - a3;
        to.Write(at, (b0 + b2) * scale);
        to.Write(at + stride, (b1 + b3) * scale);
        to.Write(at + (2 * stride), (b0 - b2) * scale);
        to.Write(at + (3 * stride), (b1 - b3) * scale);
    }

    private static void Radix8(Tile from, Tile to, int at, int stride, float scale)
    {
        float a0 = from.Read(at), a1 = from.Read(at + stride), a2 = from.Read(at + (2 * stride)), a3 = from.Read(at + (3 * stride));
        float a4 = from.Read(at + (4 * stride)), a5 = from.Read(at + (5 * stride)), a6 = from.Read(at + (6 * stride)), a7 = from.Read(at + (7 * stride));
        float b0 = a0 + a1, b1 = a0 - a1, b2 = a2 + a3, b3 = a2 - a3, b4 = a4 + a5, b5 = a4 - a5, b6 = a6 + a7, b7 = a6 - a7;
        float c0 = b0 + b2, c1 = b1 + b3, c2 = b0 - b2, c3 = b1 - b3, c4 = b4 + b6, c5 = b5 + b7, c6 = b4 - b6, c7 = b5 - b7;
        to.Write(at, (c0 + c4) * scale);
        to.Write(at + stride, (c1 + c5) * scale);
        to.Write(at + (2 * stride), (c2 + c6) * scale);
        to.Write(at + (3 * stride), (c3 + c7) * scale);
        to.Write(at + (4 * stride), (c0 - c4) * scale);
        to.Write(at + (5 * stride), (c1 - c5) * scale);
        to.Write(at + (6 * stride), (c2 - c6) * scale);
        to.Write(at + (7 * stride), (c3 - c7) * scale);
    }

    private static int Least(int a, int b) => a < b ? a : b;

    private static void Put(ArrayView<float> shared, int i, int length, float value)
    {
        if (i < length)
        {
            shared[Padded(i)] = value;
        }
    }

    // A gap after every eight numbers: the butterflies of strides 1 and 8 then meet each of the 32 banks once.
    private static int Padded(int i) => i + (i >> 3);

    /// <summary>The numbers of a tile, where a stage finds or leaves them: in memory, or in shared memory between two stages.</summary>
    private readonly struct Tile(ArrayView<float> memory, ArrayView<float> shared, long origin, HadamardPass pass, bool inMemory)
    {
        private readonly ArrayView<float> _memory = memory;
        private readonly ArrayView<float> _shared = shared;
        private readonly long _origin = origin;
        private readonly HadamardPass _pass = pass;
        private readonly bool _inMemory = inMemory;

        public float Read(int i) => _inMemory ? _memory[_origin + _pass.OffsetOf(i)] : _shared[Padded(i)];

        public void Write(int i, float value)
        {
            if (_inMemory)
            {
                _memory[_origin + _pass.OffsetOf(i)] = value;
            }
            else
            {
                _shared[Padded(i)] = value;
            }
        }
    }
}
