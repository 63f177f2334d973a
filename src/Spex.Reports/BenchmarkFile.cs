using System.Text.Json;
using Spex.Core;
using Spex.Engine.Benchmarking;

namespace Spex.Reports;

/// <summary>The cells of a benchmark, one JSON object a line, appended as they come: a run that was stopped goes on after the last whole line.</summary>
public static class BenchmarkFile
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>Reads the cells of a file; none where there is no file. A last line that is cut short is dropped, and taken off the file.</summary>
    /// <exception cref="SpexInputException">A line before the last is no cell, or the file cannot be read.</exception>
    public static IReadOnlyList<BenchmarkCell> Read(string path)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        List<BenchmarkCell> cells = [];
        try
        {
            string[] lines = File.ReadAllText(path).Split('\n');
            for (int i = 0; i + 1 < lines.Length; i++)
            {
                cells.Add(JsonSerializer.Deserialize<BenchmarkCell>(lines[i], Options) ?? throw new JsonException("null is no cell"));
            }

            if (lines[^1].Length > 0)
            {
                File.WriteAllText(path, string.Concat(lines[..^1].Select(line => $"{line}\n")));
            }
        }
        catch (JsonException error)
        {
            throw new SpexInputException($"{path}, line {cells.Count + 1}: no cell of a benchmark ({error.Message}); give another file, or none.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SpexInputException($"{path} cannot be read: {error.Message}", error);
        }

        return cells;
    }

    /// <summary>Appends a cell.</summary>
    /// <exception cref="SpexException">The file cannot be written.</exception>
    public static void Append(string path, BenchmarkCell cell)
    {
        try
        {
            File.AppendAllText(path, JsonSerializer.Serialize(cell, Options) + "\n");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SpexException($"{path} cannot be written: {error.Message}", error);
        }
    }
}
