using Spex.Engine.Explaining;

namespace Spex.Reports;

/// <summary>What a result file holds: what was explained, and the explanation.</summary>
/// <param name="Subject">What was explained.</param>
/// <param name="Explanation">The explanation; without its samples, which a samples file keeps.</param>
public sealed record Result(Subject Subject, Explanation Explanation);
