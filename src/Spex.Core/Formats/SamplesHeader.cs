namespace Spex.Core.Formats;

/// <summary>What a samples file says about all its samples.</summary>
/// <param name="Fingerprint">The value function's fingerprint: same function, same string.</param>
/// <param name="FeatureCount">Number of features n.</param>
/// <param name="BatchSize">The batch plan: how many masks were evaluated together, from the first mask on.</param>
/// <param name="ValueType">The values' number type; "float32".</param>
public sealed record SamplesHeader(string Fingerprint, int FeatureCount, int BatchSize, string ValueType = SamplesHeader.DefaultValueType)
{
    /// <summary>The one type that values have.</summary>
    public const string DefaultValueType = "float32";
}
