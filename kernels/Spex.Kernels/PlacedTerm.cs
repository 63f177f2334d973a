namespace Spex.Kernels;

/// <summary>A term that gets its place among the terms of a function.</summary>
/// <param name="Pattern">Its pattern.</param>
/// <param name="Coefficient">Its coefficient, in every layer.</param>
/// <param name="Function">The function.</param>
/// <param name="Term">Its number among the function's terms.</param>
public readonly record struct PlacedTerm(TermWords Pattern, double Coefficient, int Function, int Term);
