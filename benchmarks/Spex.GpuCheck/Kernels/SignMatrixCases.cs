using System.Globalization;
using Spex.Core.Masks;
using Spex.Core.Random;
using Spex.Engine.Devices;

namespace Spex.GpuCheck.Kernels;

/// <summary>Columns of sets, Gram matrices, projections and predictions: equal bits, because every device adds in one order.</summary>
internal static class SignMatrixCases
{
    private const string Family = "sign matrix";
    private const int FeatureCount = 50;

    // Fewer right-hand sides than folds: neither is taken for the other.
    private const int Folds = 3, RightSides = 2;

    public static IEnumerable<KernelCase> All(CheckSizes sizes)
    {
        foreach (int samples in sizes.SampleCounts)
        {
            foreach (int count in sizes.ColumnCounts)
            {
                ulong seed = (ulong)((1000 * samples) + count);
                string size = string.Create(CultureInfo.InvariantCulture, $"{count} columns of {samples} samples");
                yield return new KernelCase(Family, $"columns of sets: {size}", 0, (memory, output) => Columns(memory, output, samples, count, seed));
                yield return new KernelCase(Family, $"Gram: {size}", 0, (memory, output) => Gram(memory, output, samples, count, seed));
                yield return new KernelCase(Family, $"projections: {size}", 0, (memory, output) => Project(memory, output, samples, count, seed));
                yield return new KernelCase(Family, $"predictions: {size}", 0, (memory, output) => Predict(memory, output, samples, count, seed));
            }
        }
    }

    private static void Columns(CaseMemory memory, CaseOutput output, int samples, int count, ulong seed)
    {
        int[] offsets = new int[count + 1];
        List<int> features = [];
        for (int j = 0; j < count; j++)
        {
            features.AddRange(Enumerable.Range(0, j % 6).Select(k => Philox.Below(seed, (ulong)j, (ulong)k, FeatureCount)).Distinct());
            offsets[j + 1] = features.Count;
        }

        int words = MaskMatrix.WordsFor(samples);
        DeviceBuffer<ulong> columns = memory.Poisoned<ulong>((long)count * words);
        memory.Device.SignMatrix.Columns(
            memory.Upload<ulong>(RandomColumns(samples, FeatureCount, seed)), samples, FeatureCount, memory.Upload<int>(offsets), memory.Upload<int>([.. features]), count, columns);
        output.Take("columns", columns);
    }

    private static void Gram(CaseMemory memory, CaseOutput output, int samples, int count, ulong seed)
    {
        int others = (count / 2) + 1;
        int[] boundaries = Boundaries(samples);
        DeviceBuffer<ulong> a = memory.Upload<ulong>(RandomColumns(samples, count, seed)), b = memory.Upload<ulong>(RandomColumns(samples, others, seed + 1));
        DeviceBuffer<int> differing = memory.Poisoned<int>((long)Folds * count * others), own = memory.Poisoned<int>((long)Folds * count * count);
        memory.Device.SignMatrix.Gram(a, count, b, others, samples, boundaries, differing);
        memory.Device.SignMatrix.Gram(a, count, a, count, samples, boundaries, own);
        output.Take("differing", differing);
        output.Take("differing of the same", own);
    }

    private static void Project(CaseMemory memory, CaseOutput output, int samples, int count, ulong seed)
    {
        int[] boundaries = Boundaries(samples);
        double[] values = RandomNumbers(RightSides * samples, seed);
        DeviceBuffer<ulong> columns = memory.Upload<ulong>(RandomColumns(samples, count, seed));
        DeviceBuffer<double> sums = memory.Poisoned<double>(RightSides * Folds * count), sumsOfFloats = memory.Poisoned<double>(RightSides * Folds * count);
        memory.Device.SignMatrix.Project(columns, count, samples, memory.Upload<double>(values), RightSides, boundaries, sums);
        memory.Device.SignMatrix.Project(columns, count, samples, memory.Upload<float>([.. values.Select(x => (float)x)]), RightSides, boundaries, sumsOfFloats);
        output.Take("sums", sums);
        output.Take("sums of float32", sumsOfFloats);
    }

    private static void Predict(CaseMemory memory, CaseOutput output, int samples, int count, ulong seed)
    {
        DeviceBuffer<double> predictions = memory.Poisoned<double>(samples);
        memory.Device.SignMatrix.Predict(
            memory.Upload<ulong>(RandomColumns(samples, count, seed)), count, samples, memory.Upload<double>(RandomNumbers(count, seed)), predictions);
        output.Take("predictions", predictions);
    }

    private static ulong[] RandomColumns(int samples, int count, ulong seed)
    {
        int words = MaskMatrix.WordsFor(samples);
        ulong[] columns = new ulong[count * words];
        Philox.Fill(seed, 5, 0, columns);
        for (int j = 0; j < count; j++)
        {
            columns[((j + 1) * words) - 1] &= MaskMatrix.LastWordMask(samples);
        }

        return columns;
    }

    private static double[] RandomNumbers(int count, ulong seed) => [.. Enumerable.Range(0, count).Select(i => Philox.Gaussian(seed, 6, (ulong)i))];

    // Folds that begin and end within words, and samples at the end that belong to none.
    private static int[] Boundaries(int samples) => [0, samples / 3, samples / 2, samples - (samples / 9)];
}
