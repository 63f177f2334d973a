using Spex.Core.Spectra;

namespace Spex.Engine.Devices;

/// <summary>What a <see cref="RegressionPath"/> fits of one function.</summary>
/// <param name="Sets">The sets that may enter, each once; the first is the empty one.</param>
/// <param name="Weights">What the threshold is multiplied with for each set; 0 for the first.</param>
/// <param name="Denied">For each fold the sets that its problem may not use; null where all are allowed in all.</param>
public sealed record RegressionProblem(FeatureSet[] Sets, double[] Weights, IReadOnlyList<bool[]>? Denied = null);
