using Spex.Engine.Optimisation;

namespace Spex.Reports;

/// <summary>A set of heads that was found, and how the model answers held-out questions with it.</summary>
/// <param name="Set">The set.</param>
/// <param name="Accuracy">Share of the held-out questions that are answered rightly; null where none was held out.</param>
/// <param name="Margin">Their mean margin; null where none was held out.</param>
public sealed record PruningRow(PrunedSet Set, double? Accuracy, double? Margin);
