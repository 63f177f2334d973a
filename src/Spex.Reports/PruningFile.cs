using Spex.Core.Formats;

namespace Spex.Reports;

/// <summary>A pruning as a file for other programs: each set's layers and heads, and what they are worth.</summary>
public static class PruningFile
{
    /// <summary>Writes {"sets":[{"name":…,"kept":[[layer,head],…],"value":…,"predicted":…,"gap":…,"held_out_accuracy":…,"held_out_margin":…},…]}; what is not known is left out.</summary>
    /// <param name="path">The file.</param>
    /// <param name="rows">The sets.</param>
    /// <param name="heads">The head that each feature is.</param>
    /// <exception cref="Core.SpexException">The file cannot be written.</exception>
    public static void Write(string path, IReadOnlyList<PruningRow> rows, IReadOnlyList<HeadPosition> heads)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(heads);
        JsonOutput.Write(path, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("sets");
            foreach (PruningRow row in rows)
            {
                json.WriteStartObject();
                json.WriteString("name", row.Set.Name);
                json.WriteStartArray("kept");
                foreach (int feature in row.Set.Kept)
                {
                    json.WriteStartArray();
                    json.WriteNumberValue(heads[feature].Layer);
                    json.WriteNumberValue(heads[feature].Head);
                    json.WriteEndArray();
                }

                json.WriteEndArray();
                (string Name, double? Number)[] numbers =
                [
                    ("value", row.Set.Value), ("predicted", row.Set.Predicted), ("gap", row.Set.Gap is { } gap && double.IsFinite(gap) ? gap : null),
                    ("held_out_accuracy", row.Accuracy), ("held_out_margin", row.Margin),
                ];
                foreach ((string name, double? number) in numbers)
                {
                    if (number is { } known)
                    {
                        json.WriteNumber(name, known);
                    }
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }
}
