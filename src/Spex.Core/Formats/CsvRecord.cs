namespace Spex.Core.Formats;

/// <summary>One record of a CSV file.</summary>
/// <param name="Line">The line of the file on which it begins, from 1; a record with line breaks inside quotes spans several.</param>
/// <param name="Fields">Its fields, without their quotes.</param>
public sealed record CsvRecord(int Line, IReadOnlyList<string> Fields);
