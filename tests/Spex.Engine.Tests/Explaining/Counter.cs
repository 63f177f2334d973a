using Spex.Core.Masks;
using Spex.Engine.Devices;
using Spex.Engine.ValueFunctions;

namespace Spex.Engine.Tests.Explaining;

/// <summary>A function that counts how often, and for how many distinct masks, it is called.</summary>
internal sealed class Counter(int featureCount, Func<bool[], double> function) : IValueFunction
{
    private readonly MaskLookup _seen = new(featureCount);
    private int _batches;

    public string Name { get; init; } = "counter";

    public IValueFunction? Inner { get; init; }

    public Action<int> OnBatch { get; init; } = _ => { };

    public int Calls { get; private set; }

    public int Distinct => _seen.Count;

    public int FeatureCount => featureCount;

    public string Fingerprint => Inner?.Fingerprint ?? Name;

    public int PreferredBatchSize => Inner?.PreferredBatchSize ?? 128;

    public void Evaluate(MaskBatch masks, DeviceBuffer<float> values, CancellationToken cancel)
    {
        OnBatch(_batches++);
        cancel.ThrowIfCancellationRequested();
        Inner?.Evaluate(masks, values, cancel);
        for (int row = 0; row < masks.Count; row++)
        {
            ReadOnlySpan<ulong> mask = masks.Row(row);
            bool[] present = new bool[featureCount];
            for (int i = 0; i < featureCount; i++)
            {
                present[i] = ((mask[i >> 6] >> (i & 63)) & 1) != 0;
            }

            _seen.Add(mask, out _);
            Calls++;
            if (Inner is null)
            {
                values.Span[row] = (float)function(present);
            }
        }
    }
}
