using System.Globalization;
using Spex.Core.Codes;
using Spex.Core.Designs;
using Spex.Core.Masks;
using Spex.Engine.Devices;
using Spex.GpuCheck.Results;

namespace Spex.GpuCheck.Timings;

/// <summary>Transforms, masks and Gram matrices beside what memory and the arithmetic units can do.</summary>
internal sealed class KernelTimings(Device device, CheckSizes sizes, DeviceClock clock, Limits limits, CheckReport report)
{
    private const double Giga = 1e9;

    // Rows of up to 2^13 numbers take one pass over memory, up to 2^21 two.
    private const int OnePassLog = 13;
    private const int LeastLog = 5;
    private const int MostLog = 20;
    private const double OnePassTarget = 0.9, TwoPassTarget = 0.8;
    private const double MaskTarget = 0.8, GramTarget = 0.5;

    public void Run()
    {
        Hadamard();
        Masks();
        Gram();
    }

    private void Hadamard()
    {
        using DeviceBuffer<float> rows = device.Allocate<float>(sizes.TransferBytes / sizeof(float));
        rows.Fill(0);
        foreach (int log in sizes.HadamardLogs.Where(log => log is >= LeastLog and <= MostLog))
        {
            int count = (int)(rows.Length >> log), passes = log <= OnePassLog ? 1 : 2;
            double seconds = clock.Seconds(() => device.Hadamard.Transform(rows, count, log, 1));
            Add("Walsh-Hadamard, bytes of every pass", $"2^{log}, {passes} pass{(passes > 1 ? "es" : "")}", passes * 8.0 * rows.Length / seconds, limits.CopyRate, passes == 1 ? OnePassTarget : TwoPassTarget);
        }
    }

    private void Masks()
    {
        foreach (int n in sizes.TimedFeatureCounts)
        {
            int words = MaskMatrix.WordsFor(n), wanted = (int)(sizes.TransferBytes / 8 / words);
            UniformDesign uniform = new(n, 1, 1, 1L << 40);

            // Beyond 64 features so many bins that the masks fill the buffer; up to there a design lists all its queries on the host, and stays small.
            SpexDesign spex = new(BchCode.ForFeatures(n, 5), wanted < 4096 ? 3 : n > 64 ? 16 : 10, 3, 0, 1);
            foreach ((string kind, MaskDesign design) in new[] { ("uniform", (MaskDesign)uniform), ("SPEX", spex) })
            {
                int count = (int)Math.Min(wanted, design.Count);
                using DeviceBuffer<ulong> packed = device.Allocate<ulong>((long)count * words);
                double seconds = clock.Seconds(() => device.Masks.Generate(design, 0, count, packed));
                Add("mask generation, bytes stored", $"{kind}, n = {n}, {count} masks", 8.0 * packed.Length / seconds, limits.StoreRate, MaskTarget);
            }

            Expand(n);
        }
    }

    private void Expand(int n)
    {
        int count = (int)(sizes.TransferBytes / sizeof(float) / n);
        using DeviceBuffer<ulong> packed = device.Allocate<ulong>((long)count * MaskMatrix.WordsFor(n)), columns = device.Allocate<ulong>((long)n * MaskMatrix.WordsFor(count));
        using DeviceBuffer<float> floats = device.Allocate<float>((long)count * n);
        using DeviceBuffer<ushort> bfloats = device.Allocate<ushort>((long)count * n);
        using DeviceBuffer<byte> bytes = device.Allocate<byte>((long)count * n);
        device.Masks.Generate(new UniformDesign(n, 1, 1, 1L << 40), 0, count, packed);
        double numbers = (double)count * n;
        const string Table = "masks as numbers and columns, bytes read and stored";
        Add(Table, $"float32, n = {n}", 4.125 * numbers / clock.Seconds(() => device.Masks.Expand(packed, count, n, floats)), limits.StoreRate, MaskTarget);
        Add(Table, $"bfloat16, n = {n}", 2.125 * numbers / clock.Seconds(() => device.Masks.Expand(packed, count, n, bfloats)), limits.StoreRate, MaskTarget);
        Add(Table, $"bytes, n = {n}", 1.125 * numbers / clock.Seconds(() => device.Masks.Expand(packed, count, n, bytes)), limits.StoreRate, MaskTarget);
        Add(Table, $"columns, n = {n}", 0.25 * numbers / clock.Seconds(() => device.Masks.Transpose(packed, count, n, columns)), limits.CopyRate, null);
    }

    private void Gram()
    {
        int count = sizes.GramColumns, samples = sizes.GramSamples, words = MaskMatrix.WordsFor(samples);
        using DeviceBuffer<ulong> columns = device.Allocate<ulong>((long)count * words);
        using DeviceBuffer<int> differing = device.Allocate<int>((long)count * count);
        device.Masks.Generate(new UniformDesign(samples, 3, 1, count), 0, count, columns);
        double seconds = clock.Seconds(() => device.SignMatrix.Gram(columns, count, columns, count, samples, [0, samples], differing));

        // Pairs of different columns and each with itself: what the matrix needs, whatever the tiles count besides.
        double popCounts = 0.5 * count * (count + 1.0) * words;
        report.Add(new Measurement(
            "sign Gram, 64-bit popcounts",
            Say($"{count} columns of {samples} samples, {1000 * seconds:G3} ms"),
            popCounts / seconds / Giga,
            "G/s",
            limits.PopCountRate / Giga,
            GramTarget));
    }

    private void Add(string table, FormattableString name, double rate, double limit, double? target) =>
        report.Add(new Measurement(table, Say(name), rate / Giga, "GB/s", limit / Giga, target));

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
