using System.Globalization;
using System.Text;
using Spex.Core;
using Spex.Core.Formats;

namespace Spex.Torch.Text;

/// <summary>A file that says where a text's features stand: one a line, "START END", characters counted from 0 as Python counts them (Unicode code points), END behind the last one.</summary>
public static class OffsetsFile
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">The file. Blank lines are passed over.</param>
    /// <param name="text">The text that it is about.</param>
    /// <returns>The features in UTF-16 units, as everywhere here.</returns>
    /// <exception cref="SpexInputException">It cannot be read, a line has another form, or a feature is empty, out of order or outside the text; the line is named.</exception>
    public static IReadOnlyList<TextSpan> Read(string path, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] lines = Encoding.UTF8.GetString(InputFile.ReadAll(path)).Split('\n');
        List<int> places = new(text.Length + 1);
        int place = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            places.Add(place);
            place += rune.Utf16SequenceLength;
        }

        places.Add(place);
        List<TextSpan> features = [];
        int reached = 0;
        for (int i = 0; i < lines.Length; i++)
        {
            string[] words = lines[i].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0)
            {
                continue;
            }

            int start = 0, end = 0;
            if (words.Length != 2
                || !int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out start) || !int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out end))
            {
                throw new SpexInputException($"{path}, line {i + 1}: \"{lines[i].Trim()}\" is no feature; a line has two whole numbers, START END, such as \"0 12\".");
            }

            if (start < reached || end <= start || end >= places.Count)
            {
                throw new SpexInputException(
                    $"{path}, line {i + 1}: characters {start} to {end} are empty, overlap the feature before, or leave the text of {places.Count - 1} characters. Features stand in the text's order.");
            }

            features.Add(new TextSpan(places[start], places[end] - places[start]));
            reached = end;
        }

        return features.Count > 0 ? features : throw new SpexInputException($"{path} holds no features; a line has two whole numbers, START END, such as \"0 12\".");
    }
}
