namespace Spex.Engine.Decoding;

/// <summary>One of the fits between which a method chose.</summary>
/// <param name="Name">What was fitted: "order 1", "proxyspex", ….</param>
/// <param name="R2">Its R² on samples left out of the fit; null where it did not run.</param>
/// <param name="Skipped">Why it did not run; null where it did.</param>
/// <param name="Chosen">Whether its spectrum is the method's answer.</param>
public sealed record Trial(string Name, double? R2, string? Skipped, bool Chosen);
