using Spex.Core;
using Spex.Core.Masks;
using Spex.Engine.Devices;

namespace Spex.Engine.ValueFunctions;

/// <summary>A function of one's own as a value function: C# code that takes what is present and gives a number.</summary>
/// <remarks>Called for one mask at a time, or for one batch at a time, on one thread.</remarks>
public sealed class DelegateValueFunction : IValueFunction
{
    private readonly Func<MaskMatrix, IReadOnlyList<double>> _evaluate;

    /// <summary>Makes a value function of a function of one mask.</summary>
    /// <param name="featureCount">Number of features n.</param>
    /// <param name="name">Names the function in samples files: same function, same name; another function, another name.</param>
    /// <param name="evaluate">f; entry i of its argument says whether feature i is present. It may keep the array.</param>
    public DelegateValueFunction(int featureCount, string name, Func<bool[], double> evaluate)
        : this(featureCount, name, 64, OneByOne(evaluate))
    {
    }

    /// <summary>Makes a value function of a function of many masks at once.</summary>
    /// <param name="featureCount">Number of features n.</param>
    /// <param name="name">Names the function in samples files: same function, same name; another function, another name.</param>
    /// <param name="batchSize">The most masks it wants at once, 1 or more.</param>
    /// <param name="evaluate">f of every row, in the rows' order. It may keep the matrix.</param>
    public DelegateValueFunction(int featureCount, string name, int batchSize, Func<MaskMatrix, IReadOnlyList<double>> evaluate)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(featureCount);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        ArgumentNullException.ThrowIfNull(evaluate);
        FeatureCount = featureCount;
        Fingerprint = $"delegate:{featureCount}:{name}:float32";
        PreferredBatchSize = batchSize;
        _evaluate = evaluate;
    }

    /// <inheritdoc/>
    public int FeatureCount { get; }

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <inheritdoc/>
    public int PreferredBatchSize { get; }

    /// <inheritdoc/>
    /// <exception cref="SpexException">The function gave another number of values than there are masks.</exception>
    public void Evaluate(MaskBatch masks, DeviceBuffer<float> values, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(masks);
        ArgumentNullException.ThrowIfNull(values);
        cancel.ThrowIfCancellationRequested();
        ulong[] words = new ulong[(long)masks.Count * MaskMatrix.WordsFor(FeatureCount)];
        masks.Packed.CopyTo(words);
        IReadOnlyList<double> given = _evaluate(new MaskMatrix(masks.Count, FeatureCount, words));
        if (given.Count != masks.Count)
        {
            throw new SpexException(
                $"The function gave {given.Count} values for the {masks.Count} masks from {masks.FirstIndex} on; it must give one value a mask, in the masks' order.");
        }

        float[] batch = new float[masks.Count];
        for (int row = 0; row < batch.Length; row++)
        {
            batch[row] = (float)given[row];
        }

        values.CopyFrom(batch);
    }

    private static Func<MaskMatrix, IReadOnlyList<double>> OneByOne(Func<bool[], double> evaluate)
    {
        ArgumentNullException.ThrowIfNull(evaluate);
        return masks =>
        {
            double[] values = new double[masks.RowCount];
            for (int row = 0; row < values.Length; row++)
            {
                bool[] present = new bool[masks.FeatureCount];
                for (int i = 0; i < present.Length; i++)
                {
                    present[i] = masks[row, i];
                }

                values[row] = evaluate(present);
            }

            return values;
        };
    }
}
