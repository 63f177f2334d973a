using System.IO.Compression;
using System.Text;
using Spex.Core;

namespace Spex.Torch.Sentiment;

/// <summary>A text and its label, 1 = positive, 0 = negative.</summary>
internal readonly record struct LabelledText(string Text, int Label);

/// <summary>The public data sets that the built-in model is trained and measured on, read from one folder.</summary>
/// <remarks>
/// sst2_train.tsv, sst2_dev.tsv, sst2_test.tsv: sentence TAB label. sst2_phrases_train.tsv.gz: the same after one header line.
/// imdb_train.tsv.gz, imdb_test2000.tsv.gz: label TAB id TAB stars TAB review. sentiment.csv: reviews that people explain with the model;
/// where an IMDB training review is among them it is left out of training, so that explanations are of unseen text.
/// </remarks>
internal sealed class SentimentCorpus
{
    private SentimentCorpus(string directory)
    {
        Sentences = ReadSst(Path.Combine(directory, "sst2_train.tsv"), header: false);
        Phrases = ReadSst(Path.Combine(directory, "sst2_phrases_train.tsv.gz"), header: true);
        Dev = ReadSst(Path.Combine(directory, "sst2_dev.tsv"), header: false);
        Test = ReadSst(Path.Combine(directory, "sst2_test.tsv"), header: false);
        List<LabelledText> reviews = ReadImdb(Path.Combine(directory, "imdb_train.tsv.gz"));
        ReviewTest = ReadImdb(Path.Combine(directory, "imdb_test2000.tsv.gz"));
        HashSet<string> heldOut = ReadHeldOut(Path.Combine(directory, "sentiment.csv"));
        Reviews = reviews.FindAll(review => !heldOut.Contains(Key(review.Text)));
        HeldOutReviews = reviews.Count - Reviews.Count;
    }

    public List<LabelledText> Sentences { get; }

    public List<LabelledText> Phrases { get; }

    public List<LabelledText> Dev { get; }

    public List<LabelledText> Test { get; }

    public List<LabelledText> Reviews { get; }

    public List<LabelledText> ReviewTest { get; }

    /// <summary>How many IMDB training reviews were left out because sentiment.csv holds them.</summary>
    public int HeldOutReviews { get; }

    /// <exception cref="SpexInputException">The folder or one of its files is missing or not of the form the remarks give.</exception>
    public static SentimentCorpus Read(string directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        if (!Directory.Exists(directory))
        {
            throw new SpexInputException(
                $"The data folder '{directory}' does not exist. Give the folder that holds sst2_train.tsv, sst2_phrases_train.tsv.gz, imdb_train.tsv.gz and the other files the model card lists.");
        }

        return new SentimentCorpus(directory);
    }

    private static List<LabelledText> ReadSst(string path, bool header)
    {
        List<LabelledText> texts = [];
        foreach ((string line, int number) in Lines(path))
        {
            if (header && number == 1)
            {
                continue;
            }

            int tab = line.LastIndexOf('\t');
            if (tab < 0 || line[(tab + 1)..] is not ("0" or "1"))
            {
                throw Malformed(path, number, "text, a tab and the label 0 or 1");
            }

            texts.Add(new LabelledText(line[..tab], line[tab + 1] - '0'));
        }

        return NotEmpty(path, texts);
    }

    private static List<LabelledText> ReadImdb(string path)
    {
        List<LabelledText> texts = [];
        foreach ((string line, int number) in Lines(path))
        {
            string[] fields = line.Split('\t', 4);
            if (fields.Length < 4 || fields[0] is not ("0" or "1"))
            {
                throw Malformed(path, number, "label 0 or 1, id, stars and review, separated by tabs");
            }

            texts.Add(new LabelledText(fields[3], fields[0][0] - '0'));
        }

        return NotEmpty(path, texts);
    }

    private static HashSet<string> ReadHeldOut(string path)
    {
        HashSet<string> keys = [];
        string all = File.Exists(path) ? File.ReadAllText(path) : "";
        StringBuilder field = new();
        bool quoted = false;
        for (int i = 0; i < all.Length; i++)
        {
            char c = all[i];
            if (c == '"')
            {
                quoted = !quoted;
            }
            else if (!quoted && c is ',' or '\n')
            {
                keys.Add(Key(field.ToString()));
                field.Clear();
            }
            else
            {
                field.Append(c);
            }
        }

        return keys;
    }

    /// <summary>The letters and digits of a text's first 400 characters: equal for copies that differ in markup, spaces and quotes.</summary>
    private static string Key(string text)
    {
        StringBuilder key = new();
        foreach (char c in text.Replace("<br />", " ", StringComparison.Ordinal))
        {
            if (char.IsAsciiLetterOrDigit(c))
            {
                key.Append(char.ToLowerInvariant(c));
                if (key.Length == 400)
                {
                    break;
                }
            }
        }

        return key.ToString();
    }

    private static IEnumerable<(string Line, int Number)> Lines(string path)
    {
        if (!File.Exists(path))
        {
            throw new SpexInputException($"The data folder lacks '{Path.GetFileName(path)}' ({path}). The model card says where the public data sets come from.");
        }

        using FileStream file = File.OpenRead(path);
        using Stream stream = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
        using StreamReader reader = new(stream, Encoding.UTF8);
        int number = 0;
        while (reader.ReadLine() is { } line)
        {
            yield return (line, ++number);
        }
    }

    private static List<LabelledText> NotEmpty(string path, List<LabelledText> texts) =>
        texts.Count > 0 ? texts : throw new SpexInputException($"{path} holds no text.");

    private static SpexInputException Malformed(string path, int number, string expected) =>
        new($"{path}, line {number}: expected {expected}.");
}
