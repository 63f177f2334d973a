using System.Globalization;
using System.Runtime.InteropServices;
using Spex.Engine.Devices;

namespace Spex.GpuCheck.Kernels;

/// <summary>What a run of a case gave: named arrays of integers, of float32 or of float64.</summary>
internal sealed class CaseOutput
{
    private readonly List<(string Name, Array Values)> _parts = [];

    /// <summary>Takes what a buffer holds.</summary>
    public void Take<T>(string name, DeviceBuffer<T> buffer)
        where T : unmanaged
    {
        T[] values = new T[buffer.Length];
        buffer.CopyTo(values);
        Take(name, values);
    }

    /// <summary>Takes an array, which must not change any more.</summary>
    public void Take<T>(string name, T[] values)
        where T : unmanaged =>
        _parts.Add((name, values));

    /// <summary>The first place where two outputs differ, in words; null where they agree.</summary>
    /// <param name="expected">What is right.</param>
    /// <param name="tolerance">The most that a floating-point number may differ by, as a share of the array's largest; 0 for the same bits. Integers are always equal.</param>
    public string? DiffersFrom(CaseOutput expected, double tolerance)
    {
        if (_parts.Count != expected._parts.Count)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{_parts.Count} outputs instead of {expected._parts.Count}");
        }

        for (int i = 0; i < _parts.Count; i++)
        {
            (string name, Array right) = expected._parts[i];
            Array actual = _parts[i].Values;
            if (actual.Length != right.Length)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{name}: {actual.Length} numbers instead of {right.Length}");
            }

            if (FirstDifference(right, actual, tolerance) is { } at)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{name}[{at}] of {right.Length} is {actual.GetValue(at)} instead of {right.GetValue(at)}{(IsPoison(actual, at) ? ": it was never written" : "")}");
            }
        }

        return null;
    }

    private static int? FirstDifference(Array expected, Array actual, double tolerance) => (expected, actual) switch
    {
        (float[] right, float[] got) when tolerance > 0 => FirstDifference(Array.ConvertAll(right, x => (double)x), Array.ConvertAll(got, x => (double)x), tolerance),
        (double[] right, double[] got) when tolerance > 0 => FirstDifference(right, got, tolerance),
        _ => FirstDifferentBits(expected, actual),
    };

    private static int? FirstDifference(double[] expected, double[] actual, double tolerance)
    {
        double largest = 0;
        foreach (double value in expected)
        {
            largest = Math.Max(largest, double.IsFinite(value) ? Math.Abs(value) : 0);
        }

        for (int i = 0; i < expected.Length; i++)
        {
            // Two NaN are the same; one is a difference, which no comparison with NaN would see.
            bool same = double.IsFinite(expected[i]) ? Math.Abs(expected[i] - actual[i]) <= tolerance * largest : expected[i].Equals(actual[i]);
            if (!same)
            {
                return i;
            }
        }

        return null;
    }

    private static int? FirstDifferentBits(Array expected, Array actual)
    {
        ReadOnlySpan<byte> right = Bytes(expected), got = Bytes(actual);
        int same = right.CommonPrefixLength(got);
        return same == right.Length && same == got.Length ? null : same / (right.Length / expected.Length);
    }

    private static bool IsPoison(Array values, int at)
    {
        ReadOnlySpan<byte> bytes = Bytes(values);
        int size = bytes.Length / values.Length;
        return !bytes.Slice(at * size, size).ContainsAnyExcept((byte)0xFF);
    }

    private static ReadOnlySpan<byte> Bytes(Array values) => values switch
    {
        byte[] bytes => bytes,
        ushort[] numbers => MemoryMarshal.AsBytes<ushort>(numbers),
        int[] numbers => MemoryMarshal.AsBytes<int>(numbers),
        ulong[] numbers => MemoryMarshal.AsBytes<ulong>(numbers),
        float[] numbers => MemoryMarshal.AsBytes<float>(numbers),
        double[] numbers => MemoryMarshal.AsBytes<double>(numbers),
        _ => throw new NotSupportedException($"Outputs of {values.GetType().GetElementType()} are not compared."),
    };
}
