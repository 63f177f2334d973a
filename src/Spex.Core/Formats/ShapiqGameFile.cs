using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using Spex.Core.Designs;
using Spex.Core.Games;
using Spex.Core.Spectra;

namespace Spex.Core.Formats;

/// <summary>The games that shapiq 1.6 saves (Game.save_values) and loads: JSON, or NPZ, a zip file of NumPy arrays.</summary>
/// <remarks>
/// The value of a coalition is its stored value less "normalization_value", as shapiq itself answers for it. All 2^n coalitions must be there.
/// Both forms are told by their content; <see cref="GameFile.Read"/> reads them.
/// </remarks>
public static class ShapiqGameFile
{
    /// <summary>The most features of a game that is written coalition by coalition.</summary>
    public const int FeatureLimit = 20;

    private const string Envelope = "1.6.0";

    /// <summary>Writes all 2^n values of a game, as NPZ where the path ends in .npz, otherwise as JSON.</summary>
    /// <param name="path">The file; shapiq loads it only when it ends in .json or .npz.</param>
    /// <param name="game">A game of up to <see cref="FeatureLimit"/> features.</param>
    /// <param name="name">The game's name in the file.</param>
    /// <param name="timestamp">The time in the file; null for now.</param>
    /// <exception cref="SpexInputException">The game has too many features, or a value is NaN or infinite.</exception>
    /// <exception cref="SpexException">The file cannot be written.</exception>
    public static void Write(string path, Game game, string name = "Game", DateTimeOffset? timestamp = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(game);
        if (game.FeatureCount > FeatureLimit)
        {
            throw new SpexInputException(
                $"A game of {game.FeatureCount} features has too many coalitions for shapiq's file, which lists all 2^n; up to {FeatureLimit} features are allowed. "
                + "Write it as a game file instead.");
        }

        double[] values = game.Evaluate(new ExhaustiveDesign(game.FeatureCount).ToMatrix(0, 1 << game.FeatureCount));
        if (Array.FindIndex(values, value => !double.IsFinite(value)) is int bad and >= 0)
        {
            throw new SpexInputException($"The game's value of mask number {bad} is {values[bad]}; only finite values can be written.");
        }

        if (path.EndsWith(".npz", StringComparison.OrdinalIgnoreCase))
        {
            WriteNpz(path, game, values);
        }
        else
        {
            WriteJson(path, game, values, name, timestamp ?? DateTimeOffset.UtcNow);
        }
    }

    /// <summary>The head that shapiq puts before every object it saves.</summary>
    internal static void WriteEnvelope(Utf8JsonWriter json, string objectName, string dataType, DateTimeOffset timestamp)
    {
        json.WriteString("object_name", objectName);
        json.WriteString("data_type", dataType);
        json.WriteString("version", Envelope);
        json.WriteNull("created_from");
        json.WriteNull("description");
        json.WriteStartObject("parameters");
        json.WriteEndObject();

        // Python's isoformat with microseconds and offset, to which shapiq adds a Z.
        json.WriteString("timestamp", timestamp.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'+00:00Z'", CultureInfo.InvariantCulture));
    }

    /// <summary>A set as shapiq's key: ascending indices joined by commas, "Empty" for none.</summary>
    internal static string Key(ReadOnlySpan<int> features)
    {
        if (features.IsEmpty)
        {
            return "Empty";
        }

        System.Text.StringBuilder key = new();
        foreach (int feature in features)
        {
            key.Append(key.Length == 0 ? "" : ",").Append(feature);
        }

        return key.ToString();
    }

    /// <summary>The set that a key of shapiq's names; indices in any order.</summary>
    internal static FeatureSet ParseKey(string key, JsonPart part, int featureCount)
    {
        if (key is "Empty" or "()")
        {
            return FeatureSet.Empty;
        }

        string[] words = key.Split(',');
        int[] features = new int[words.Length];
        for (int i = 0; i < words.Length; i++)
        {
            if (!int.TryParse(words[i], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out features[i])
                || features[i] >= featureCount
                || features.AsSpan(0, i).Contains(features[i]))
            {
                part.Fail(
                    "has a key that names no set",
                    $"distinct indices from 0 to {featureCount - 1}, joined by commas, or \"Empty\" are allowed");
            }
        }

        return new FeatureSet(features);
    }

    /// <summary>Whether a JSON object is a game in shapiq's envelope.</summary>
    internal static bool IsGame(JsonPart top)
    {
        if (!top.Find("data_type", out JsonPart type))
        {
            return false;
        }

        if (type.String() != "game")
        {
            type.Fail($"is \"{type.String()}\"", "a saved game (\"game\") can be explained; interaction values are the result of an explanation");
        }

        return true;
    }

    internal static TableGame ReadJson(JsonPart top)
    {
        JsonPart metadata = top.Property("metadata");
        int featureCount = metadata.Property("n_players").Int32(0, ExhaustiveDesign.FeatureLimit);
        double normalization = metadata.Find("normalization_value", out JsonPart part) ? part.Double() : 0;
        string[]? names = metadata.Find("player_names", out JsonPart namesPart)
            ? [.. namesPart.Entries(featureCount, $"\"n_players\" = {featureCount}").Select(name => name.String())]
            : null;
        TableBuilder table = new(featureCount, normalization);
        JsonPart data = top.Property("data");
        foreach ((string key, JsonPart value) in data.Properties())
        {
            FeatureSet set = ParseKey(key, value, featureCount);
            long index = 0;
            foreach (int feature in set.Features)
            {
                index |= 1L << feature;
            }

            if (!table.Add(index, value.Double()))
            {
                value.Fail("gives a coalition a second time", "each coalition is given once");
            }
        }

        if (table.Missing is { } missing)
        {
            data.Fail($"has {table.Count} of the 2^n = {1L << featureCount} coalitions; {missing} is missing", "all must be there. Precompute the game in shapiq without choosing coalitions, and save it again");
        }

        return new TableGame(table.Values, names);
    }

    internal static TableGame ReadNpz(byte[] bytes, string path)
    {
        Dictionary<string, NpyArray> arrays = ReadArchive(bytes, path);
        NpyArray Array(string name) => arrays.TryGetValue(name, out NpyArray? array)
            ? array
            : throw new SpexInputException($"{path} has no array \"{name}\"; a game saved by shapiq has values, coalitions, n_players and normalization_value.");

        double Single(string name) => Array(name).ToFiniteDoubles() is [double number]
            ? number
            : throw new SpexInputException($"{path}: {name} has the shape ({string.Join(", ", Array(name).Shape)}); a single number is allowed.");

        double features = Single("n_players");
        if (features is < 0 or > ExhaustiveDesign.FeatureLimit || features != Math.Floor(features))
        {
            throw new SpexInputException($"{path}: n_players is {features}; a whole number from 0 to {ExhaustiveDesign.FeatureLimit} is allowed.");
        }

        int featureCount = (int)features;
        double normalization = Single("normalization_value");
        double[] values = Array("values").ToFiniteDoubles();
        NpyArray coalitions = Array("coalitions");
        if (coalitions.Shape.Length != 2 || coalitions.Shape[0] != values.Length || coalitions.Shape[1] != featureCount)
        {
            throw new SpexInputException(
                $"{path}: coalitions has the shape ({string.Join(", ", coalitions.Shape)}); with {values.Length} values and {featureCount} players ({values.Length}, {featureCount}) is allowed.");
        }

        TableBuilder table = new(featureCount, normalization);
        for (int row = 0; row < values.Length; row++)
        {
            long index = 0;
            for (int i = 0; i < featureCount; i++)
            {
                double element = coalitions[((long)row * featureCount) + i];
                index |= element switch
                {
                    0 => 0,
                    1 => 1L << i,
                    _ => throw new SpexInputException($"{path}: row {row} of coalitions holds {element}; true and false, or 1 and 0, are allowed."),
                };
            }

            if (!table.Add(index, values[row]))
            {
                throw new SpexInputException($"{path}: row {row} of coalitions repeats an earlier one; each coalition is given once.");
            }
        }

        return table.Missing is { } missing
            ? throw new SpexInputException(
                $"{path} has {table.Count} of the 2^n = {1L << featureCount} coalitions; {missing} is missing. Precompute the game in shapiq without choosing coalitions, and save it again.")
            : new TableGame(table.Values);
    }

    private static Dictionary<string, NpyArray> ReadArchive(byte[] bytes, string path)
    {
        Dictionary<string, NpyArray> arrays = [];
        try
        {
            using ZipArchive archive = new(new MemoryStream(bytes), ZipArchiveMode.Read);
            foreach (ZipArchiveEntry entry in archive.Entries)
            {
                if (!entry.Name.EndsWith(".npy", StringComparison.Ordinal))
                {
                    continue;
                }

                using MemoryStream content = new();
                using (Stream stream = entry.Open())
                {
                    stream.CopyTo(content);
                }

                // The library checks lengths only.
                if (Crc32.Of(content.GetBuffer().AsSpan(0, (int)content.Length)) != entry.Crc32)
                {
                    throw new SpexInputException($"{path}: {entry.Name} does not fit its checksum, so the file is damaged. Make or copy it again.");
                }

                arrays[entry.Name[..^4]] = new NpyArray(content.ToArray(), $"{path}/{entry.Name}");
            }
        }
        catch (InvalidDataException error)
        {
            throw new SpexInputException($"{path} is no readable NPZ file ({error.Message}) It may have been cut short; make or copy it again.", error);
        }

        return arrays;
    }

    private static void WriteNpz(string path, Game game, double[] values) => OutputFile.Write(path, stream =>
    {
        using ZipArchive archive = new(stream, ZipArchiveMode.Create, leaveOpen: true);
        Add(archive, "values", "<f8", [values.Length], NpyFile.LittleEndian(values));
        byte[] coalitions = new byte[values.Length * game.FeatureCount];
        for (int row = 0; row < values.Length; row++)
        {
            for (int i = 0; i < game.FeatureCount; i++)
            {
                coalitions[(row * game.FeatureCount) + i] = (byte)((row >> i) & 1);
            }
        }

        Add(archive, "coalitions", "|b1", [values.Length, game.FeatureCount], coalitions);
        Add(archive, "n_players", "<i8", [], BitConverter.GetBytes(BitConverter.IsLittleEndian ? (long)game.FeatureCount : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness((long)game.FeatureCount)));
        Add(archive, "normalization_value", "<f8", [], NpyFile.LittleEndian([0.0]));

        static void Add(ZipArchive archive, string name, string type, long[] shape, byte[] elements)
        {
            ZipArchiveEntry entry = archive.CreateEntry($"{name}.npy", CompressionLevel.Optimal);

            // The same game gives the same file.
            entry.LastWriteTime = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);
            using Stream stream = entry.Open();
            NpyArray.WriteHeader(stream, type, shape);
            stream.Write(elements);
        }
    });

    private static void WriteJson(string path, Game game, double[] values, string name, DateTimeOffset timestamp) => JsonOutput.Write(
        path,
        json =>
        {
            json.WriteStartObject();
            WriteEnvelope(json, "Game", "game", timestamp);
            json.WriteStartObject("metadata");
            json.WriteNumber("n_players", game.FeatureCount);
            json.WriteString("game_name", name);
            json.WriteNumber("normalization_value", 0.0);
            json.WriteBoolean("precompute_flag", true);
            json.WriteBoolean("precomputed", true);
            if (game.FeatureNames is { } names)
            {
                json.WriteStrings("player_names", names);
            }
            else
            {
                json.WriteNull("player_names");
            }

            json.WriteEndObject();
            json.WriteStartObject("data");
            int[] features = new int[game.FeatureCount];
            for (int index = 0; index < values.Length; index++)
            {
                int count = 0;
                for (int i = 0; i < game.FeatureCount; i++)
                {
                    if (((index >> i) & 1) != 0)
                    {
                        features[count++] = i;
                    }
                }

                json.WriteNumber(Key(features.AsSpan(0, count)), values[index]);
                if (json.BytesPending > 1 << 16)
                {
                    json.Flush();
                }
            }

            json.WriteEndObject();
            json.WriteEndObject();
        },
        indented: true);

    /// <summary>Collects the values of coalitions until all are there.</summary>
    private sealed class TableBuilder(int featureCount, double normalization)
    {
        private readonly bool[] _given = new bool[1L << featureCount];

        public double[] Values { get; } = new double[1L << featureCount];

        public int Count { get; private set; }

        public string? Missing
        {
            get
            {
                int missing = Array.IndexOf(_given, false);
                return missing < 0 ? null : new FeatureSet([.. Enumerable.Range(0, featureCount).Where(i => ((missing >> i) & 1) != 0)]).ToString();
            }
        }

        public bool Add(long index, double value)
        {
            if (_given[index])
            {
                return false;
            }

            _given[index] = true;
            Values[index] = value - normalization;
            Count++;
            return true;
        }
    }
}
