using System.Globalization;
using Spex.Engine.Devices;

namespace Spex.GpuCheck.Kernels;

/// <summary>Walsh-Hadamard transforms of every length, one row and many: equal bits, because every device adds in one order.</summary>
internal static class HadamardCases
{
    // Numbers in all rows of a batch.
    private const int MostNumbers = 1 << 16;

    public static IEnumerable<KernelCase> All(CheckSizes sizes)
    {
        foreach (int log in sizes.HadamardLogs)
        {
            yield return Transform(log, 1, 0.3f);
            int most = Math.Min(MostNumbers, 1 << sizes.HadamardLogs[^1]) >> log;
            foreach (int rows in new[] { 3, most - 1, most }.Where(rows => rows > 1 && rows <= most).Distinct())
            {
                yield return Transform(log, rows, 1f / (1 << log));
            }
        }
    }

    private static KernelCase Transform(int log, int rowCount, float scale) =>
        new("Hadamard", string.Create(CultureInfo.InvariantCulture, $"{rowCount} rows of 2^{log}"), 0, (memory, output) =>
        {
            // More than the rows: what lies behind them stays.
            Random random = new((1000 * log) + rowCount);
            float[] numbers = [.. Enumerable.Range(0, (rowCount << log) + 9).Select(_ => (float)((2 * random.NextDouble()) - 1))];
            DeviceBuffer<float> rows = memory.Upload<float>(numbers);
            memory.Device.Hadamard.Transform(rows, rowCount, log, scale);
            output.Take("rows", rows);
        });
}
