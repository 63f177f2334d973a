using Spex.Core.Designs;
using Spex.Engine.Devices;

namespace Spex.Engine.Decoding;

/// <summary>SPEX: sparse Walsh-Hadamard recovery with error-correcting codes (Kang et al., "SPEX: Scaling feature interaction explanations for LLMs", 2025).</summary>
public sealed class SpexMethod : ExplanationMethod
{
    private const int DefaultLog2Bins = 6;

    /// <inheritdoc/>
    public override string Name => "spex";

    /// <inheritdoc/>
    public override long LeastBudget(int featureCount, DecoderSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return SpexDesign.LeastBudget(featureCount, settings.MaxDegree);
    }

    /// <inheritdoc/>
    public override long DefaultBudget(int featureCount, DecoderSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        long budget = Math.Max(base.DefaultBudget(featureCount, settings), SpexDesign.BudgetFor(featureCount, settings.MaxDegree, DefaultLog2Bins));
        return featureCount < 62 ? Math.Min(budget, 1L << featureCount) : budget;
    }

    /// <inheritdoc/>
    public override MaskDesign CreateDesign(int featureCount, long budget, DecoderSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return SpexDesign.ForBudget(featureCount, budget, settings.MaxDegree, settings.Seed);
    }

    /// <summary>Each stage of the decode, and each round of peeling, is one launch for all functions.</summary>
    protected override IReadOnlyList<Decoded> DecodeAll(IReadOnlyList<Samples> samples, DecoderSettings settings, Device device, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(samples);
        SpexDesign[] designs = [.. samples.Select(DesignOf)];
        return new SpexDecoder(settings, device, cancel).Decode(designs[0], samples);
    }

    /// <summary>The design, of whose masks each has a value.</summary>
    private static SpexDesign DesignOf(Samples samples)
    {
        SpexDesign design = samples.Design as SpexDesign
            ?? throw new ArgumentException("SPEX decodes the values of its own design.", nameof(samples));
        return samples.Values.Length == design.Count
            ? design
            : throw new ArgumentException($"The design has {design.Count} masks; {samples.Values.Length} values were given.", nameof(samples));
    }
}
