namespace Spex.Engine.Explaining;

/// <summary>The value function with all features present, or with none.</summary>
/// <param name="Value">The value, in the value function's unit.</param>
/// <param name="Measured">Whether it was evaluated; false where the budget did not reach and it is the spectrum's prediction.</param>
public readonly record struct CornerValue(double Value, bool Measured);
