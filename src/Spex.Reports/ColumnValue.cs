namespace Spex.Reports;

/// <summary>A column of a table's row that was explained.</summary>
/// <param name="Value">What the row has there.</param>
/// <param name="Background">What takes its place where the feature is absent.</param>
public sealed record ColumnValue(string Value, string Background);
