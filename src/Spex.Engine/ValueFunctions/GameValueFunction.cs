using System.Buffers;
using Spex.Core.Games;
using Spex.Core.Masks;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;

namespace Spex.Engine.ValueFunctions;

/// <summary>A game as a value function: evaluated on the host in float64, on all of the device's threads, and rounded to float32.</summary>
/// <remarks>On a device whose memory the host cannot address, the batch's masks come to the host and its values go back.</remarks>
public sealed class GameValueFunction : IReplicableValueFunction
{
    // A multiple of 64, the masks that a sparse game evaluates at once.
    private const int RowsPerBlock = 256;

    /// <summary>Makes the value function.</summary>
    public GameValueFunction(Game game)
    {
        ArgumentNullException.ThrowIfNull(game);
        Game = game;
    }

    /// <summary>The game.</summary>
    public Game Game { get; }

    /// <inheritdoc/>
    public int FeatureCount => Game.FeatureCount;

    /// <inheritdoc/>
    public string Fingerprint => $"game:{Game.ContentHash}:float32";

    /// <inheritdoc/>
    public int PreferredBatchSize => 4096;

    /// <summary>This: a game keeps nothing between two batches.</summary>
    public IValueFunction ReplicateFor(Device device) => this;

    /// <inheritdoc/>
    public void Evaluate(MaskBatch masks, DeviceBuffer<float> values, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(masks);
        ArgumentNullException.ThrowIfNull(values);
        if (masks.FeatureCount != FeatureCount)
        {
            throw new ArgumentException($"The game has {FeatureCount} features, the masks {masks.FeatureCount}.", nameof(masks));
        }

        if (masks.Device is CpuDevice cpu)
        {
            cpu.For(
                (masks.Count + RowsPerBlock - 1) / RowsPerBlock,
                block => EvaluateBlock(masks.Packed.Span, values.Span, masks.Count, block, cancel));
            return;
        }

        ulong[] packed = new ulong[masks.Count * MaskMatrix.WordsFor(FeatureCount)];
        float[] hostValues = new float[masks.Count];
        masks.Packed.CopyTo(packed);
        Parallel.For(
            0,
            (masks.Count + RowsPerBlock - 1) / RowsPerBlock,
            block => EvaluateBlock(packed, hostValues, masks.Count, block, cancel));
        values.CopyFrom(hostValues);
    }

    private void EvaluateBlock(ReadOnlySpan<ulong> packed, Span<float> values, int count, int block, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        int words = MaskMatrix.WordsFor(FeatureCount);
        int start = block * RowsPerBlock;
        int rows = Math.Min(RowsPerBlock, count - start);
        double[] exact = ArrayPool<double>.Shared.Rent(rows);
        Game.Evaluate(packed.Slice(start * words, rows * words), exact.AsSpan(0, rows));
        for (int row = 0; row < rows; row++)
        {
            values[start + row] = (float)exact[row];
        }

        ArrayPool<double>.Shared.Return(exact);
    }
}
