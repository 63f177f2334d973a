using Spex.Core.Designs;
using Spex.Core.Games;
using Spex.Core.Masks;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;

namespace Spex.Benchmarks;

/// <summary>Distinct uniform masks and a game's values of them, on the host and as columns on a device.</summary>
internal sealed class UniformSamples : IDisposable
{
    public UniformSamples(CpuDevice cpu, Game game, int count, ulong seed)
    {
        count = (int)Math.Min(count, 1L << Math.Min(30, game.FeatureCount));
        Masks = new UniformDesign(game.FeatureCount, seed, 1, count).ToMatrix(0, count);
        Values = [.. game.Evaluate(Masks).Select(value => (float)value)];
        using DeviceBuffer<ulong> packed = cpu.Allocate<ulong>(Masks.Words.Length);
        packed.CopyFrom(Masks.Words);
        Columns = cpu.Allocate<ulong>((long)game.FeatureCount * MaskMatrix.WordsFor(count));
        cpu.Masks.Transpose(packed, count, game.FeatureCount, Columns);
        DeviceValues = cpu.Allocate<float>(count);
        DeviceValues.CopyFrom(Values);
    }

    public MaskMatrix Masks { get; }

    public float[] Values { get; }

    public DeviceBuffer<ulong> Columns { get; }

    public DeviceBuffer<float> DeviceValues { get; }

    public int Count => Values.Length;

    /// <summary>R² of predictions of all samples against their own values.</summary>
    public double R2(double[] predictions)
    {
        double mean = Values.Average(value => (double)value);
        return 1 - (Values.Zip(predictions, (y, p) => (y - p) * (y - p)).Sum() / Values.Sum(y => (y - mean) * (y - mean)));
    }

    public void Dispose()
    {
        Columns.Dispose();
        DeviceValues.Dispose();
    }
}
