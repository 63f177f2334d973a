using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Spex.Engine.Devices.Cpu.Vectors;

/// <summary>Eight floats.</summary>
internal readonly unsafe struct Butterfly256 : IButterflyVector<Vector256<float>>
{
    public static int Count => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Broadcast(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> vector, float* target) => vector.Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> left, Vector256<float> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Subtract(Vector256<float> left, Vector256<float> right, Vector256<float> minusOne) =>
        Vector256.MultiplyAddEstimate(right, minusOne, left);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Multiply(Vector256<float> left, Vector256<float> right) => left * right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Within(Vector256<float> vector) => Stride4(Stride2(Stride1(vector)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Within8(
        ref Vector256<float> a, ref Vector256<float> b, ref Vector256<float> c, ref Vector256<float> d,
        ref Vector256<float> e, ref Vector256<float> f, ref Vector256<float> g, ref Vector256<float> h)
    {
        (a, b, c, d) = (Stride1(a), Stride1(b), Stride1(c), Stride1(d));
        (e, f, g, h) = (Stride1(e), Stride1(f), Stride1(g), Stride1(h));
        (a, b, c, d) = (Stride2(a), Stride2(b), Stride2(c), Stride2(d));
        (e, f, g, h) = (Stride2(e), Stride2(f), Stride2(g), Stride2(h));
        (a, b, c, d) = (Stride4(a), Stride4(b), Stride4(c), Stride4(d));
        (e, f, g, h) = (Stride4(e), Stride4(f), Stride4(g), Stride4(h));
    }

    // A lane i with bit s clear becomes x_i + x_{i^s}, with bit s set x_{i^s} − x_i: the swapped vector plus the vector times ±1, exact as a multiply-add.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Stride1(Vector256<float> vector) =>
        Vector256.MultiplyAddEstimate(
            vector,
            Vector256.Create(1f, -1f, 1f, -1f, 1f, -1f, 1f, -1f),
            Vector256.Shuffle(vector, Vector256.Create(1, 0, 3, 2, 5, 4, 7, 6)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Stride2(Vector256<float> vector) =>
        Vector256.MultiplyAddEstimate(
            vector,
            Vector256.Create(1f, 1f, -1f, -1f, 1f, 1f, -1f, -1f),
            Vector256.Shuffle(vector, Vector256.Create(2, 3, 0, 1, 6, 7, 4, 5)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Stride4(Vector256<float> vector) =>
        Vector256.MultiplyAddEstimate(
            vector,
            Vector256.Create(1f, 1f, 1f, 1f, -1f, -1f, -1f, -1f),
            SwapHalves(vector));

    // The general shuffle across halves would be vpermps, two micro-operations on some processors; this is vperm2f128.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> SwapHalves(Vector256<float> vector) =>
        Avx.IsSupported ? Avx.Permute2x128(vector, vector, 1) : Vector256.Create(vector.GetUpper(), vector.GetLower());
}
