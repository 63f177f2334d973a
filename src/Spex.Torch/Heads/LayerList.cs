using System.Globalization;
using Spex.Core;

namespace Spex.Torch.Heads;

/// <summary>Layers as people write them: "14-16", "3", "0,2,5-7"; layers count from 0.</summary>
public static class LayerList
{
    /// <summary>Reads a list.</summary>
    /// <param name="text">Numbers and ranges with commas between.</param>
    /// <param name="layerCount">Number of the model's layers.</param>
    /// <returns>The layers, ascending and distinct.</returns>
    /// <exception cref="SpexInputException">It is no such list, or a layer is outside the model.</exception>
    public static IReadOnlyList<int> Parse(string text, int layerCount)
    {
        ArgumentNullException.ThrowIfNull(text);
        SortedSet<int> layers = [];
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            string[] ends = part.Split('-', StringSplitOptions.TrimEntries);
            if (ends.Length > 2 || !TryNumber(ends[0], out int first) || !TryNumber(ends[^1], out int last) || last < first)
            {
                throw new SpexInputException($"Layers are written as numbers and ranges, such as 3, 14-16 or 0,2,5-7; got \"{text}\".");
            }

            if (last >= layerCount)
            {
                throw new SpexInputException($"The model has {layerCount} layers, 0 to {layerCount - 1}; layers {part} were asked for.");
            }

            layers.UnionWith(Enumerable.Range(first, last - first + 1));
        }

        return [.. layers];
    }

    private static bool TryNumber(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
