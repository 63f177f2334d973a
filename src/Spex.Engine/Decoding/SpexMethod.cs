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

    /// <inheritdoc/>
    public override Decoded Decode(Samples samples, DecoderSettings settings, Device device, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentNullException.ThrowIfNull(settings);
        SpexDesign design = samples.Design as SpexDesign
            ?? throw new ArgumentException("SPEX decodes the values of its own design.", nameof(samples));
        ReadOnlySpan<float> values = samples.Values.Span;
        if (values.Length != design.Count)
        {
            throw new ArgumentException($"The design has {design.Count} masks; {values.Length} values were given.", nameof(samples));
        }

        SpexDecoder decoder = new(settings, device, cancel);
        if (design.MaskOfQuery.IsEmpty)
        {
            return decoder.Decode(design, values, samples.OnDevice);
        }

        float[] queryValues = new float[design.QueryCount];
        for (int query = 0; query < queryValues.Length; query++)
        {
            queryValues[query] = values[design.MaskOfQuery[query]];
        }

        return decoder.Decode(design, queryValues, samples.OnDevice);
    }
}
