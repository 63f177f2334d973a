using Spex.Core.Spectra;

namespace Spex.Engine.Optimisation;

/// <summary>Features to keep, and what keeping them alone gives.</summary>
/// <param name="Name">How they were found: "spectrum", "lasso", "best of 1,000 random".</param>
/// <param name="Kept">The features that are kept.</param>
/// <param name="Value">The value function of the mask with these features present, measured.</param>
/// <param name="Predicted">What the spectrum that they were found by predicts for it; null where there is none.</param>
/// <param name="Gap">By how much another set of the size could be predicted better by that spectrum, at most; 0 where it is proven that none is; null where there is no spectrum.</param>
public sealed record PrunedSet(string Name, FeatureSet Kept, double Value, double? Predicted = null, double? Gap = null);
