using ILGPU;

namespace Spex.Kernels;

/// <summary>Four consecutive numbers, which a thread reads or writes at once: 16 bytes.</summary>
internal readonly struct Four(float a, float b, float c, float d)
{
    public readonly float A = a;
    public readonly float B = b;
    public readonly float C = c;
    public readonly float D = d;

    public static Four operator +(Four x, Four y) => new(x.A + y.A, x.B + y.B, x.C + y.C, x.D + y.D);

    public static Four operator -(Four x, Four y) => new(x.A - y.A, x.B - y.B, x.C - y.C, x.D - y.D);

    public static Four operator *(Four x, float factor) => new(x.A * factor, x.B * factor, x.C * factor, x.D * factor);

    /// <summary>The butterflies of stride 1.</summary>
    public Four Pairs() => new(A + B, A - B, C + D, C - D);

    /// <summary>The butterflies of stride 2.</summary>
    public Four Halves() => new(A + C, B + D, A - C, B - D);

    /// <summary>The butterflies with the lane whose number differs in one bit.</summary>
    /// <param name="lanes">That bit.</param>
    /// <param name="sign">The sign bit where the own number has that bit, else 0.</param>
    public Four Across(int lanes, uint sign) => new(Across(A, lanes, sign), Across(B, lanes, sign), Across(C, lanes, sign), Across(D, lanes, sign));

    // u + v in the lower lane, u − v = u + (−v) in the upper one: the same bits.
    private static float Across(float own, int lanes, uint sign) =>
        Warp.ShuffleXor(own, lanes) + Interop.IntAsFloat(Interop.FloatAsInt(own) ^ sign);
}
