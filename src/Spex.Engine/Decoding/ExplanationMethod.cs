using Spex.Core.Designs;
using Spex.Engine.Devices;

namespace Spex.Engine.Decoding;

/// <summary>A way to explain: the masks it asks for and the decoder that turns their values into a spectrum.</summary>
public abstract class ExplanationMethod
{
    // The seed's numbers that belong to a method's own uniform masks.
    private const ulong UniformStream = 0x756e69666f726d;
    private const long LeastWithCorners = 32;

    /// <summary>What people call it, as `--method` takes it.</summary>
    public abstract string Name { get; }

    /// <summary>The fewest ablations it works with.</summary>
    public abstract long LeastBudget(int featureCount, DecoderSettings settings);

    /// <summary>Why it cannot explain so many features under these settings, in whole sentences: what, got, allowed, how to mend. Null where it can.</summary>
    public virtual string? CannotRun(int featureCount, DecoderSettings settings) => null;

    /// <summary>The budget it takes when none is given: min(2^n, max(1000, ⌈4·n·log₂ n⌉)), or more where its design needs more.</summary>
    public virtual long DefaultBudget(int featureCount, DecoderSettings settings)
    {
        double masks = Math.Max(1000, Math.Ceiling(4.0 * featureCount * Math.Log2(Math.Max(1, featureCount))));
        return featureCount < 62 ? (long)Math.Min(masks, 1L << featureCount) : (long)masks;
    }

    /// <summary>The masks to evaluate: at most <paramref name="budget"/>, all distinct. What the design does not need may be fewer; the explainer fills up.</summary>
    /// <exception cref="Core.SpexInputException">The budget is below <see cref="LeastBudget"/>.</exception>
    public abstract MaskDesign CreateDesign(int featureCount, long budget, DecoderSettings settings);

    /// <summary>Turns the values of its design's masks into a spectrum. Deterministic in the values and the settings.</summary>
    /// <param name="samples">The design that <see cref="CreateDesign"/> made and its values.</param>
    /// <param name="settings">The same settings.</param>
    /// <param name="device">Where the loops run.</param>
    /// <param name="cancel">Stops the decode.</param>
    public Decoded Decode(Samples samples, DecoderSettings settings, Device device, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(samples);
        return DecodeBatch([samples], settings, device, cancel)[0];
    }

    /// <summary>Decodes the values of many functions on one design: what <see cref="Decode(Samples, DecoderSettings, Device, CancellationToken)"/> gives of each, bit for bit.</summary>
    /// <param name="samples">The values of each function, all of the same design.</param>
    /// <param name="settings">The same settings.</param>
    /// <param name="device">Where the loops run.</param>
    /// <param name="cancel">Stops the decode.</param>
    public IReadOnlyList<Decoded> DecodeBatch(IReadOnlyList<Samples> samples, DecoderSettings settings, Device device, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(device);
        if (samples.Any(one => !ReferenceEquals(one.Design, samples[0].Design)))
        {
            throw new ArgumentException("Values that are decoded together are of one design.", nameof(samples));
        }

        return samples.Count == 0 ? [] : DecodeAll(samples, settings, device, cancel);
    }

    /// <summary>The method's part of <see cref="DecodeBatch"/>, with arguments that were checked: one function or more, of one design.</summary>
    protected abstract IReadOnlyList<Decoded> DecodeAll(IReadOnlyList<Samples> samples, DecoderSettings settings, Device device, CancellationToken cancel);

    /// <summary>Decodes by a regression that fits all samples and, for the errors on unseen ones, all but each fold.</summary>
    /// <param name="samples">The values of each function.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="device">Where the loops run.</param>
    /// <param name="regression">One fit a function.</param>
    private protected static IReadOnlyList<Decoded> Decode(IReadOnlyList<Samples> samples, DecoderSettings settings, Device device, Func<FoldedBatch, SparseFit[]> regression)
    {
        PartTimes times = new();
        using FoldedBatch folded = new(samples, settings.Seed, device);
        SparseFit[] fits = times.Measure("regression", () => regression(folded));
        Decoded[] decoded = times.Measure("faithfulness", () => FoldedBatch.ToDecoded(folded.Functions, fits));
        return Array.ConvertAll(decoded, one => one with { Timings = times.Share(samples.Count) });
    }

    /// <summary>The design of methods that take uniformly random masks: as many as the budget carries, all distinct.</summary>
    private protected static UniformDesign UniformMasks(ExplanationMethod method, int featureCount, long budget, DecoderSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        long least = method.LeastBudget(featureCount, settings);
        if (budget < least)
        {
            throw new Core.SpexInputException($"The method {method.Name} needs at least {least} ablations; the budget is {budget}. Raise --budget.");
        }

        // What all features and none of them give is told with every explanation: two of the masks are left to these corners, unless all masks are taken.
        long all = featureCount < 62 ? 1L << featureCount : long.MaxValue;
        long count = budget >= all ? all : budget < LeastWithCorners ? budget : budget - 2;
        return new UniformDesign(featureCount, settings.Seed, UniformStream, count);
    }
}
