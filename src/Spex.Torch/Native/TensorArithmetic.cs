using System.Collections.Concurrent;
using TorchSharp;
using static TorchSharp.torch;

namespace Spex.Torch.Native;

/// <summary>Arithmetic with numbers that live as long as the process, for code that runs on several threads.</summary>
/// <remarks>
/// TorchSharp turns a number in x + 1, and the unseen 1 in x + y = x + 1·y, into a Scalar object of its own, and reads that object's native pointer before it calls libtorch. Nothing holds the object during
/// the call: where the garbage collector runs just then, its finaliser frees what libtorch reads. With many threads and many small operations this happens, and libtorch then reports a Scalar without
/// a type. Numbers from here are never collected.
/// </remarks>
internal static class TensorArithmetic
{
    private static readonly ConcurrentDictionary<double, Scalar> Numbers = new();
    private static readonly ConcurrentDictionary<long, Scalar> WholeNumbers = new();
    private static readonly Scalar One = 1;

    /// <summary>A number that is kept; there should be few different ones.</summary>
    public static Scalar Number(double value) => Numbers.GetOrAdd(value, static number => number);

    /// <summary>A whole number that is kept; there should be few different ones. With it a tensor of whole numbers stays one.</summary>
    public static Scalar Number(long value) => WholeNumbers.GetOrAdd(value, static number => number);

    /// <summary>x + y.</summary>
    public static Tensor Plus(this Tensor x, Tensor y) => x.add(y, One);

    /// <summary>x + number.</summary>
    public static Tensor Plus(this Tensor x, double number) => x.add(Number(number), One);

    /// <summary>x + number.</summary>
    public static Tensor Plus(this Tensor x, long number) => x.add(Number(number), One);

    /// <summary>Adds y to x in place.</summary>
    public static Tensor Add(this Tensor x, Tensor y) => x.add_(y, One);

    /// <summary>number · x.</summary>
    public static Tensor Times(this Tensor x, double number) => x.mul(Number(number));

    /// <summary>first, first + 1, …, end − 1, int64.</summary>
    public static Tensor Range(int first, int end, Device device)
    {
        long[] numbers = new long[end - first];
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = first + i;
        }

        return tensor(numbers, device: device);
    }
}
