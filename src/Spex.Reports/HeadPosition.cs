namespace Spex.Reports;

/// <summary>Where an attention head is in its model.</summary>
/// <param name="Layer">The layer, from 0.</param>
/// <param name="Head">The head in its layer, from 0.</param>
public readonly record struct HeadPosition(int Layer, int Head);
