using Spex.Core.Designs;

namespace Spex.Engine.Decoding;

/// <summary>A design and the value of each of its masks.</summary>
/// <param name="Design">The masks.</param>
/// <param name="Values">One finite value a mask, in the design's order.</param>
public sealed record Samples(MaskDesign Design, ReadOnlyMemory<float> Values);
