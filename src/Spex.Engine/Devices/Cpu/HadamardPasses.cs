using System.Runtime.CompilerServices;
using Spex.Engine.Devices.Cpu.Vectors;

namespace Spex.Engine.Devices.Cpu;

/// <summary>One row's Walsh-Hadamard transform, three butterfly stages a pass over memory so that a number is loaded and stored once for three additions.</summary>
/// <remarks>
/// A row of up to 2^13 numbers (32 KB) is done in the first-level cache: one pass of six or seven stages in registers, then passes of three.
/// A longer row is eight shorter ones, each finished first, and one pass over all: every level of it runs in the smallest cache that holds it,
/// and eight places a power of two apart just fit the eight ways of a cache set. The graph of additions is the reference's, whatever the schedule, so the bits are.
/// </remarks>
internal static unsafe class HadamardPasses<TOps, TVector>
    where TOps : struct, IButterflyVector<TVector>
    where TVector : struct
{
    private const int BlockLog = 13;

    /// <summary>All stages of one row of 2^<paramref name="log"/> numbers, then the scaling.</summary>
    public static void Transform(float* x, int log, float scale)
    {
        if (1 << log < TOps.Count)
        {
            Scalar(x, 1 << log, scale);
        }
        else if (log <= BlockLog)
        {
            Block(x, log, scale);
        }
        else
        {
            long eighth = 1L << (log - 3);
            for (int i = 0; i < 8; i++)
            {
                Transform(x + (i * eighth), log - 3, 1);
            }

            Radix8(x, eighth, eighth, scale);
        }
    }

    // A row that fits the first-level cache: as many stages as fit registers, then three at a time, the odd ones last.
    private static void Block(float* x, int log, float scale)
    {
        long length = 1L << log;
        long vectors = length / TOps.Count;
        long stride;
        if (vectors >= 8)
        {
            First8(x, length, vectors == 8 ? scale : 1);
            stride = 8 * TOps.Count;
        }
        else
        {
            First(x, length);
            stride = TOps.Count;
            if (vectors == 1)
            {
                Scale(x, length, scale);
            }
        }

        while (stride < length)
        {
            long left = length / stride;
            int radix = left >= 8 ? 8 : (int)left;
            float factor = left == radix ? scale : 1;
            for (long start = 0; start < length; start += radix * stride)
            {
                if (radix == 8)
                {
                    Radix8(x + start, stride, stride, factor);
                }
                else if (radix == 4)
                {
                    Radix4(x + start, stride, factor);
                }
                else
                {
                    Radix2(x + start, stride, factor);
                }
            }

            stride *= radix;
        }
    }

    private static void Scalar(float* x, int length, float scale)
    {
        for (int stride = 1; stride < length; stride *= 2)
        {
            for (int start = 0; start < length; start += 2 * stride)
            {
                for (int i = start; i < start + stride; i++)
                {
                    (x[i], x[i + stride]) = (x[i] + x[i + stride], x[i] - x[i + stride]);
                }
            }
        }

        for (int i = 0; i < length; i++)
        {
            x[i] *= scale;
        }
    }

    private static void Scale(float* x, long length, float scale)
    {
        TVector factor = TOps.Broadcast(scale);
        for (long i = 0; i < length; i += TOps.Count)
        {
            TOps.Store(TOps.Multiply(TOps.Load(x + i), factor), x + i);
        }
    }

    private static void First(float* x, long length)
    {
        for (long i = 0; i < length; i += TOps.Count)
        {
            TOps.Store(TOps.Within(TOps.Load(x + i)), x + i);
        }
    }

    // The stages inside a vector and the three above them: eight vectors in registers from load to store.
    private static void First8(float* x, long length, float scale)
    {
        TVector minusOne = TOps.Broadcast(-1), factor = TOps.Broadcast(scale);
        int n = TOps.Count;
        for (float* p = x; p < x + length; p += 8 * n)
        {
            TVector a = TOps.Load(p);
            TVector b = TOps.Load(p + n);
            TVector c = TOps.Load(p + (2 * n));
            TVector d = TOps.Load(p + (3 * n));
            TVector e = TOps.Load(p + (4 * n));
            TVector f = TOps.Load(p + (5 * n));
            TVector g = TOps.Load(p + (6 * n));
            TVector h = TOps.Load(p + (7 * n));
            TOps.Within8(ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h);
            Butterflies8(ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h, minusOne);
            if (scale != 1)
            {
                Multiply8(ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h, factor);
            }

            TOps.Store(a, p);
            TOps.Store(b, p + n);
            TOps.Store(c, p + (2 * n));
            TOps.Store(d, p + (3 * n));
            TOps.Store(e, p + (4 * n));
            TOps.Store(f, p + (5 * n));
            TOps.Store(g, p + (6 * n));
            TOps.Store(h, p + (7 * n));
        }
    }

    /// <summary>Three stages over eight rows of <paramref name="count"/> numbers that lie <paramref name="step"/> apart, then the scaling.</summary>
    public static void Radix8(float* x, long step, long count, float scale)
    {
        if (scale != 1)
        {
            Radix8Scaled(x, step, count, scale);
            return;
        }

        float* x1 = x + step, x2 = x1 + step, x3 = x2 + step, x4 = x3 + step, x5 = x4 + step, x6 = x5 + step, x7 = x6 + step;
        TVector minusOne = TOps.Broadcast(-1);
        for (long i = 0; i < count; i += TOps.Count)
        {
            TVector a = TOps.Load(x + i), b = TOps.Load(x1 + i), c = TOps.Load(x2 + i), d = TOps.Load(x3 + i);
            TVector e = TOps.Load(x4 + i), f = TOps.Load(x5 + i), g = TOps.Load(x6 + i), h = TOps.Load(x7 + i);
            Butterflies8(ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h, minusOne);
            TOps.Store(a, x + i);
            TOps.Store(b, x1 + i);
            TOps.Store(c, x2 + i);
            TOps.Store(d, x3 + i);
            TOps.Store(e, x4 + i);
            TOps.Store(f, x5 + i);
            TOps.Store(g, x6 + i);
            TOps.Store(h, x7 + i);
        }
    }

    // Apart from Radix8, whose loop keeps all its vectors in sixteen registers.
    private static void Radix8Scaled(float* x, long step, long count, float scale)
    {
        TVector minusOne = TOps.Broadcast(-1), factor = TOps.Broadcast(scale);
        float* x1 = x + step, x2 = x1 + step, x3 = x2 + step, x4 = x3 + step, x5 = x4 + step, x6 = x5 + step, x7 = x6 + step;
        for (long i = 0; i < count; i += TOps.Count)
        {
            TVector a = TOps.Load(x + i), b = TOps.Load(x1 + i), c = TOps.Load(x2 + i), d = TOps.Load(x3 + i);
            TVector e = TOps.Load(x4 + i), f = TOps.Load(x5 + i), g = TOps.Load(x6 + i), h = TOps.Load(x7 + i);
            Butterflies8(ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h, minusOne);
            TOps.Store(TOps.Multiply(a, factor), x + i);
            TOps.Store(TOps.Multiply(b, factor), x1 + i);
            TOps.Store(TOps.Multiply(c, factor), x2 + i);
            TOps.Store(TOps.Multiply(d, factor), x3 + i);
            TOps.Store(TOps.Multiply(e, factor), x4 + i);
            TOps.Store(TOps.Multiply(f, factor), x5 + i);
            TOps.Store(TOps.Multiply(g, factor), x6 + i);
            TOps.Store(TOps.Multiply(h, factor), x7 + i);
        }
    }

    private static void Radix4(float* x, long stride, float scale)
    {
        TVector minusOne = TOps.Broadcast(-1), factor = TOps.Broadcast(scale);
        float* x1 = x + stride, x2 = x1 + stride, x3 = x2 + stride;
        for (long i = 0; i < stride; i += TOps.Count)
        {
            TVector a = TOps.Load(x + i), b = TOps.Load(x1 + i), c = TOps.Load(x2 + i), d = TOps.Load(x3 + i);
            Butterfly(ref a, ref b, minusOne);
            Butterfly(ref c, ref d, minusOne);
            Butterfly(ref a, ref c, minusOne);
            Butterfly(ref b, ref d, minusOne);
            if (scale != 1)
            {
                a = TOps.Multiply(a, factor);
                b = TOps.Multiply(b, factor);
                c = TOps.Multiply(c, factor);
                d = TOps.Multiply(d, factor);
            }

            TOps.Store(a, x + i);
            TOps.Store(b, x1 + i);
            TOps.Store(c, x2 + i);
            TOps.Store(d, x3 + i);
        }
    }

    private static void Radix2(float* x, long stride, float scale)
    {
        TVector minusOne = TOps.Broadcast(-1), factor = TOps.Broadcast(scale);
        for (float* end = x + stride; x < end; x += TOps.Count)
        {
            TVector a = TOps.Load(x), b = TOps.Load(x + stride);
            Butterfly(ref a, ref b, minusOne);
            if (scale != 1)
            {
                a = TOps.Multiply(a, factor);
                b = TOps.Multiply(b, factor);
            }

            TOps.Store(a, x);
            TOps.Store(b, x + stride);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Butterfly(ref TVector a, ref TVector b, TVector minusOne) => (a, b) = (TOps.Add(a, b), TOps.Subtract(a, b, minusOne));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Butterflies8(
        ref TVector a, ref TVector b, ref TVector c, ref TVector d, ref TVector e, ref TVector f, ref TVector g, ref TVector h, TVector minusOne)
    {
        TVector a1 = TOps.Add(a, b), b1 = TOps.Subtract(a, b, minusOne), c1 = TOps.Add(c, d), d1 = TOps.Subtract(c, d, minusOne);
        TVector e1 = TOps.Add(e, f), f1 = TOps.Subtract(e, f, minusOne), g1 = TOps.Add(g, h), h1 = TOps.Subtract(g, h, minusOne);
        TVector a2 = TOps.Add(a1, c1), c2 = TOps.Subtract(a1, c1, minusOne), b2 = TOps.Add(b1, d1), d2 = TOps.Subtract(b1, d1, minusOne);
        TVector e2 = TOps.Add(e1, g1), g2 = TOps.Subtract(e1, g1, minusOne), f2 = TOps.Add(f1, h1), h2 = TOps.Subtract(f1, h1, minusOne);
        a = TOps.Add(a2, e2);
        e = TOps.Subtract(a2, e2, minusOne);
        b = TOps.Add(b2, f2);
        f = TOps.Subtract(b2, f2, minusOne);
        c = TOps.Add(c2, g2);
        g = TOps.Subtract(c2, g2, minusOne);
        d = TOps.Add(d2, h2);
        h = TOps.Subtract(d2, h2, minusOne);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Multiply8(
        ref TVector a, ref TVector b, ref TVector c, ref TVector d, ref TVector e, ref TVector f, ref TVector g, ref TVector h, TVector factor)
    {
        a = TOps.Multiply(a, factor);
        b = TOps.Multiply(b, factor);
        c = TOps.Multiply(c, factor);
        d = TOps.Multiply(d, factor);
        e = TOps.Multiply(e, factor);
        f = TOps.Multiply(f, factor);
        g = TOps.Multiply(g, factor);
        h = TOps.Multiply(h, factor);
    }
}
