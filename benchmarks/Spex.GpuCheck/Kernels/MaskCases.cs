using System.Globalization;
using Spex.Core.Codes;
using Spex.Core.Designs;
using Spex.Core.Masks;
using Spex.Engine.Devices;

namespace Spex.GpuCheck.Kernels;

/// <summary>Masks of every design, in every number type and as columns: equal bits.</summary>
internal static class MaskCases
{
    private const string Family = "masks";

    public static IEnumerable<KernelCase> All(CheckSizes sizes)
    {
        foreach (int n in sizes.FeatureCounts)
        {
            foreach (int wanted in sizes.MaskCounts)
            {
                ulong seed = (ulong)((1000 * n) + wanted);
                int count = n < 30 ? Math.Min(wanted, 1 << n) : wanted;
                long all = n < 40 ? 1L << n : 1L << 40;
                yield return Generate(new UniformDesign(n, seed, 9, all), all - count, count, "uniform");
                yield return Layouts(n, count, seed);
                if (n is >= 6 and <= 10_000)
                {
                    SpexDesign spex = new(BchCode.ForFeatures(n, Math.Min(n, 4)), Math.Min(n, 5), 3, 3, seed);
                    int some = (int)Math.Min(wanted, spex.Count);
                    yield return Generate(spex, (spex.Count - some) / 3, some, "SPEX");
                    SpexDesign few = new(BchCode.ForFeatures(n, 2), 2, 3, 0, seed);
                    yield return Generate(few, 0, (int)few.Count, "SPEX with few bins");
                }
            }
        }

        // More words than a tile of masks holds.
        yield return Generate(new UniformDesign(140_000, 3, 9, 1L << 40), 5, 3, "uniform");
        yield return Generate(new ExhaustiveDesign(10), 0, 1024, "exhaustive");
        yield return Generate(new ExhaustiveDesign(30), (1 << 29) + 3, 1000, "exhaustive");
    }

    private static KernelCase Generate(MaskDesign design, long start, int count, string kind) =>
        new(Family, Name($"{kind}: n = {design.FeatureCount}, masks {start} … {start + count - 1}"), 0, (memory, output) =>
        {
            DeviceBuffer<ulong> packed = memory.Poisoned<ulong>((long)count * MaskMatrix.WordsFor(design.FeatureCount));
            memory.Device.Masks.Generate(design, start, count, packed);
            output.Take("masks", packed);
        });

    private static KernelCase Layouts(int n, int count, ulong seed) =>
        new(Family, Name($"expansion, transposition, gathering: n = {n}, {count} masks"), 0, (memory, output) =>
        {
            MaskMatrix masks = new UniformDesign(n, seed, 1, count).ToMatrix(0, count);
            DeviceBuffer<ulong> packed = memory.Upload<ulong>(masks.Words), columns = memory.Poisoned<ulong>((long)n * MaskMatrix.WordsFor(count));
            DeviceBuffer<float> floats = memory.Poisoned<float>((long)n * count);
            DeviceBuffer<ushort> bfloats = memory.Poisoned<ushort>((long)n * count);
            DeviceBuffer<byte> bytes = memory.Poisoned<byte>((long)n * count);
            MaskPrimitives primitives = memory.Device.Masks;
            primitives.Expand(packed, count, n, floats);
            primitives.Expand(packed, count, n, bfloats);
            primitives.Expand(packed, count, n, bytes);
            primitives.Transpose(packed, count, n, columns);
            int[] rows = [.. Enumerable.Range(0, count).Select(row => ((7 * row) + 3) % count)];
            DeviceBuffer<ulong> selected = memory.Poisoned<ulong>((count + 2L) * MaskMatrix.WordsFor(n));
            primitives.Select(packed, memory.Upload<int>(rows), count, n, selected, first: 2);
            output.Take("float32", floats);
            output.Take("bfloat16", bfloats);
            output.Take("bytes", bytes);
            output.Take("columns", columns);
            output.Take("gathered rows", selected);
        });

    private static string Name(FormattableString name) => name.ToString(CultureInfo.InvariantCulture);
}
