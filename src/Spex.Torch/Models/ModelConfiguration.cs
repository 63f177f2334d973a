using System.Globalization;
using System.Security.Cryptography;
using Spex.Core;
using Spex.Core.Formats;

namespace Spex.Torch.Models;

/// <summary>A model's config.json: typed values, with errors that name the file and the key.</summary>
/// <remarks>A key whose value is null counts as absent, as the files' writers mean it.</remarks>
public sealed class ModelConfiguration
{
    private readonly JsonPart _root;

    private ModelConfiguration(string path, JsonPart root, string hash)
    {
        Path = path;
        Hash = hash;
        _root = root;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>SHA-256 of the whole file, in lower-case hexadecimal digits.</summary>
    public string Hash { get; }

    /// <summary>The first entry of "architectures": the class that the weights are for, such as BertForSequenceClassification.</summary>
    /// <exception cref="SpexInputException">The file names none.</exception>
    public string Architecture => _root.Find("architectures", out JsonPart names) && names.Count > 0
        ? names.Entries().First().String()
        : throw new SpexInputException($"{Path} names no architecture: \"architectures\" must hold one of {ModelArchitectures.KnownNames}.");

    /// <summary>"model_type", such as bert; empty where the file has none.</summary>
    public string ModelType => Text("model_type", "");

    /// <summary>The classes of a classifier in order: "id2label", or LABEL_0, LABEL_1 … for "num_labels" of them (2 where neither is given).</summary>
    public IReadOnlyList<string> Labels
    {
        get
        {
            if (!_root.Find("id2label", out JsonPart map))
            {
                return [.. Enumerable.Range(0, WholeNumber("num_labels", 1, 1 << 20, 2)).Select(label => $"LABEL_{label}")];
            }

            string?[] labels = new string?[map.Properties().Count()];
            foreach ((string key, JsonPart label) in map.Properties())
            {
                if (!int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out int id) || id >= labels.Length)
                {
                    map.Fail($"has the key \"{key}\"", $"the {labels.Length} keys 0 to {labels.Length - 1} are allowed");
                }

                labels[id] = label.String();
            }

            return [.. labels.Select((label, id) => label ?? $"LABEL_{id}")];
        }
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="SpexInputException">It is missing, or is not one JSON object.</exception>
    public static ModelConfiguration Read(string path)
    {
        byte[] bytes = InputFile.ReadAll(path);
        return JsonPart.Read(bytes, path, root =>
        {
            _ = root.Properties().Any();
            return new ModelConfiguration(path, root.Detach(), Convert.ToHexStringLower(SHA256.HashData(bytes)));
        });
    }

    /// <summary>Whether the key is there and not null.</summary>
    public bool Has(string key) => _root.Find(key, out _);

    /// <summary>A whole number that must be there.</summary>
    /// <param name="key">The key.</param>
    /// <param name="least">The least that is allowed.</param>
    /// <param name="most">The most that is allowed.</param>
    /// <exception cref="SpexInputException">It is missing, no whole number, or out of range.</exception>
    public int WholeNumber(string key, int least = 1, int most = int.MaxValue) => _root.Property(key).Int32(least, most);

    /// <summary>A whole number, or another where the key is absent.</summary>
    /// <exception cref="SpexInputException">It is no whole number, or out of range.</exception>
    public int WholeNumber(string key, int least, int most, int otherwise) => _root.Find(key, out JsonPart part) ? part.Int32(least, most) : otherwise;

    /// <summary>A finite number; where the key is absent <paramref name="otherwise"/>, and where that is null, an error.</summary>
    /// <exception cref="SpexInputException">It is no number, or missing with nothing to take its place.</exception>
    public double Number(string key, double? otherwise = null) =>
        _root.Find(key, out JsonPart part) ? part.Double() : otherwise ?? _root.Property(key).Double();

    /// <summary>True or false; <paramref name="otherwise"/> where the key is absent.</summary>
    /// <exception cref="SpexInputException">It is neither.</exception>
    public bool Flag(string key, bool otherwise) => _root.Find(key, out JsonPart part) ? part.Boolean() : otherwise;

    /// <summary>A text; where the key is absent <paramref name="otherwise"/>, and where that is null, an error.</summary>
    /// <exception cref="SpexInputException">It is no text, or missing with nothing to take its place.</exception>
    public string Text(string key, string? otherwise = null) =>
        _root.Find(key, out JsonPart part) ? part.String() : otherwise ?? _root.Property(key).String();

    /// <summary>A list of finite numbers; empty where the key is absent.</summary>
    /// <exception cref="SpexInputException">It is something else.</exception>
    public IReadOnlyList<double> Numbers(string key) => _root.Find(key, out JsonPart part) ? part.Doubles() : [];

    /// <summary>Whether the value is a list; false where the key is absent.</summary>
    public bool IsList(string key) => _root.Find(key, out JsonPart part) && part.IsArray;

    /// <summary>Whether the value is an object; false where the key is absent.</summary>
    public bool IsObject(string key) => _root.Find(key, out JsonPart part) && part.IsObject;

    /// <summary>An object within the file, such as "rope_scaling"; null where the key is absent.</summary>
    /// <exception cref="SpexInputException">It is no object.</exception>
    public ModelConfiguration? Section(string key)
    {
        if (!_root.Find(key, out JsonPart part))
        {
            return null;
        }

        _ = part.Properties().Any();
        return new ModelConfiguration(Path, part, Hash);
    }

    /// <summary>The error for a value that this program cannot work with.</summary>
    /// <param name="key">The key.</param>
    /// <param name="got">What it is, after "is": "\"relative_key\"".</param>
    /// <param name="allowed">What is allowed, as a clause: "\"absolute\" is allowed".</param>
    public SpexInputException Wrong(string key, string got, string allowed) => new($"{Path}: \"{key}\" is {got}; {allowed}.");
}
