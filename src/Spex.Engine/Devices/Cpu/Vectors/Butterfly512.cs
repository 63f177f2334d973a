using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Spex.Engine.Devices.Cpu.Vectors;

/// <summary>Sixteen floats.</summary>
internal readonly unsafe struct Butterfly512 : IButterflyVector<Vector512<float>>
{
    public static int Count => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Broadcast(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> vector, float* target) => vector.Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> left, Vector512<float> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Subtract(Vector512<float> left, Vector512<float> right, Vector512<float> minusOne) => left - right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Multiply(Vector512<float> left, Vector512<float> right) => left * right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Within(Vector512<float> vector) => Stride8(Stride4(Stride2(Stride1(vector))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Within8(
        ref Vector512<float> a, ref Vector512<float> b, ref Vector512<float> c, ref Vector512<float> d,
        ref Vector512<float> e, ref Vector512<float> f, ref Vector512<float> g, ref Vector512<float> h)
    {
        (a, b, c, d) = (Stride1(a), Stride1(b), Stride1(c), Stride1(d));
        (e, f, g, h) = (Stride1(e), Stride1(f), Stride1(g), Stride1(h));
        (a, b, c, d) = (Stride2(a), Stride2(b), Stride2(c), Stride2(d));
        (e, f, g, h) = (Stride2(e), Stride2(f), Stride2(g), Stride2(h));
        (a, b, c, d) = (Stride4(a), Stride4(b), Stride4(c), Stride4(d));
        (e, f, g, h) = (Stride4(e), Stride4(f), Stride4(g), Stride4(h));
        (a, b, c, d) = (Stride8(a), Stride8(b), Stride8(c), Stride8(d));
        (e, f, g, h) = (Stride8(e), Stride8(f), Stride8(g), Stride8(h));
    }

    // As in Butterfly256, with one stage more.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Stride1(Vector512<float> vector) =>
        Vector512.MultiplyAddEstimate(
            vector,
            Vector512.Create(1f, -1f, 1f, -1f, 1f, -1f, 1f, -1f, 1f, -1f, 1f, -1f, 1f, -1f, 1f, -1f),
            Vector512.Shuffle(vector, Vector512.Create(1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Stride2(Vector512<float> vector) =>
        Vector512.MultiplyAddEstimate(
            vector,
            Vector512.Create(1f, 1f, -1f, -1f, 1f, 1f, -1f, -1f, 1f, 1f, -1f, -1f, 1f, 1f, -1f, -1f),
            Vector512.Shuffle(vector, Vector512.Create(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Stride4(Vector512<float> vector) =>
        Vector512.MultiplyAddEstimate(
            vector,
            Vector512.Create(1f, 1f, 1f, 1f, -1f, -1f, -1f, -1f, 1f, 1f, 1f, 1f, -1f, -1f, -1f, -1f),
            Vector512.Shuffle(vector, Vector512.Create(4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Stride8(Vector512<float> vector) =>
        Vector512.MultiplyAddEstimate(
            vector,
            Vector512.Create(1f, 1f, 1f, 1f, 1f, 1f, 1f, 1f, -1f, -1f, -1f, -1f, -1f, -1f, -1f, -1f),
            Vector512.Shuffle(vector, Vector512.Create(8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7)));
}
