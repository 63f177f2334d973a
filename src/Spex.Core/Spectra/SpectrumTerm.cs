namespace Spex.Core.Spectra;

/// <summary>One term of a sparse function: a set of features and its coefficient.</summary>
/// <param name="Set">The features.</param>
/// <param name="Coefficient">The coefficient, in the value function's unit.</param>
public readonly record struct SpectrumTerm(FeatureSet Set, double Coefficient);
