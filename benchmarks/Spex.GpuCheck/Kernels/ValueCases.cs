using System.Globalization;
using Spex.Engine.Devices;

namespace Spex.GpuCheck.Kernels;

/// <summary>Values: whether all are finite, their standardised form and their double form. Equal bits: nothing is summed.</summary>
internal static class ValueCases
{
    // Two functions: of the values from the first on, and of those from the second on.
    private static readonly ValueScale[] Functions = [new(0, 0.3, 4), new(1, -0.7, 0.5)];

    public static IEnumerable<KernelCase> All(CheckSizes sizes) =>
        sizes.SampleCounts.Select(count => new KernelCase("values", string.Create(CultureInfo.InvariantCulture, $"{count} values"), 0, (memory, output) => Run(memory, output, count)));

    private static void Run(CaseMemory memory, CaseOutput output, int count)
    {
        Random random = new(count);
        float[] numbers = [.. Enumerable.Range(0, count + 1).Select(_ => (float)(random.NextDouble() - 0.5))];
        int[] order = [.. Enumerable.Range(0, count)];
        random.Shuffle(order);
        ValuePrimitives primitives = memory.Device.Values;
        DeviceBuffer<float> values = memory.Upload<float>(numbers), standardised = memory.Poisoned<float>(2 * count), inOrder = memory.Poisoned<float>(2 * count);
        DeviceBuffer<double> wide = memory.Poisoned<double>(count);
        primitives.Standardise(values, null, count, Functions, standardised);
        primitives.Standardise(values, memory.Upload<int>(order), count, Functions, inOrder);
        primitives.Widen(values, count, wide);
        output.Take("standardised", standardised);
        output.Take("standardised in an order", inOrder);
        output.Take("wide", wide);
        List<int> found = [primitives.FirstNotFinite(values, count)];
        foreach (float bad in (float[])[float.NaN, float.NegativeInfinity])
        {
            // One at the end, one before it: the first is told.
            numbers[count - 1] = bad;
            numbers[count / 2] = bad;
            values.CopyFrom(numbers);
            found.Add(primitives.FirstNotFinite(values, count));
        }

        output.Take("first that is not finite", found.ToArray());
    }
}
