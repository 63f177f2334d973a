using Spex.Torch.Forward;

namespace Spex.Torch.Images;

/// <summary>What of an image's classification is explained.</summary>
/// <param name="Target">The class: its name or its number; null for the class that is predicted for the whole image.</param>
/// <param name="Measure">What of the class.</param>
/// <param name="Removal">What stands in the place of a patch that is switched off.</param>
public sealed record ImageValueOptions(string? Target = null, ClassMeasure Measure = ClassMeasure.Logit, ImageRemoval Removal = ImageRemoval.Blur);
