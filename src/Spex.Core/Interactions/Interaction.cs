using Spex.Core.Spectra;

namespace Spex.Core.Interactions;

/// <summary>A set of features and its strength under an interaction index.</summary>
/// <param name="Set">The features that act together; one feature's own effect, or the empty set's baseline, are interactions too.</param>
/// <param name="Strength">The strength, in the value function's unit.</param>
public readonly record struct Interaction(FeatureSet Set, double Strength);
