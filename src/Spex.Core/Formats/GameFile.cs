using Spex.Core.Games;

namespace Spex.Core.Formats;

/// <summary>Games in files: tables, sparse functions, trees and small networks as JSON; many in one file; and shapiq's own saved games.</summary>
/// <remarks>
/// <para>A table: {"n":8,"values":[…2^n…]}; entry k is f of the mask whose bit i, of value 2^i, is feature i.</para>
/// <para>A sparse function: {"n":1000,"basis":"fourier"|"moebius","terms":[[[0,5],0.3],…],"noise_sd":0.0,"seed":1}.</para>
/// <para>
/// With "type": "table_b64_f64le" (values as base64 of little-endian float64), "mask_trees", "relu_mlp" and "attn_pool"; see
/// <see cref="TreeGame"/>, <see cref="ReluNetworkGame"/> and <see cref="AttentionPoolGame"/>.
/// </para>
/// <para>Each may have "features":["name",…]. {"games":[{"id":"name",…},…]} holds many. Files of shapiq (JSON or NPZ) are told by their content.</para>
/// </remarks>
public static class GameFile
{
    /// <summary>Reads a game.</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">Which game of a file of many; null where it holds one.</param>
    /// <exception cref="SpexInputException">The file is missing, damaged, of another kind or holds numbers that are not allowed; or the name is missing or unknown.</exception>
    public static Game Read(string path, string? name = null)
    {
        byte[] bytes = InputFile.ReadAll(path);
        if (bytes.AsSpan().StartsWith("PK"u8))
        {
            RefuseName(path, name);
            return Named(path, () => ShapiqGameFile.ReadNpz(bytes, path));
        }

        return JsonPart.Read(bytes, path, top =>
        {
            if (!top.Find("games", out JsonPart games))
            {
                RefuseName(path, name);
                return ReadOne(top);
            }

            List<(string Name, JsonPart Part)> all = List(games, path);
            if (name is null && all.Count == 1)
            {
                return ReadOne(all[0].Part);
            }

            string names = string.Join(", ", all.Take(20).Select(game => game.Name)) + (all.Count > 20 ? ", …" : "");
            if (name is null)
            {
                throw new SpexInputException($"{path} holds {all.Count} games; say which by --name. They are: {names}.");
            }

            (string Name, JsonPart Part) found = all.Find(game => game.Name == name);
            return found.Name is null
                ? throw new SpexInputException($"{path} has no game named {name}; it has: {names}.")
                : ReadOne(found.Part);
        });
    }

    /// <summary>Reads all games of a file, with their names in the order of the file; a file of one game gives it an empty name.</summary>
    /// <exception cref="SpexInputException">As <see cref="Read"/>.</exception>
    public static IReadOnlyList<KeyValuePair<string, Game>> ReadAll(string path)
    {
        byte[] bytes = InputFile.ReadAll(path);
        if (bytes.AsSpan().StartsWith("PK"u8))
        {
            return [new("", Named(path, () => ShapiqGameFile.ReadNpz(bytes, path)))];
        }

        return JsonPart.Read<IReadOnlyList<KeyValuePair<string, Game>>>(bytes, path, top => top.Find("games", out JsonPart games)
            ? [.. List(games, path).Select(game => new KeyValuePair<string, Game>(game.Name, ReadOne(game.Part)))]
            : [new("", ReadOne(top))]);
    }

    /// <summary>Writes a game in the form that <see cref="Read"/> reads.</summary>
    /// <exception cref="SpexException">The file cannot be written.</exception>
    public static void Write(string path, Game game)
    {
        ArgumentNullException.ThrowIfNull(game);
        JsonOutput.Write(path, json =>
        {
            json.WriteStartObject();
            GameJson.Write(json, game);
            json.WriteEndObject();
        });
    }

    private static void RefuseName(string path, string? name)
    {
        if (name is not null)
        {
            throw new SpexInputException($"{path} holds one game, which has no name to choose by; leave out --name {name}.");
        }
    }

    private static List<(string Name, JsonPart Part)> List(JsonPart games, string path)
    {
        List<(string Name, JsonPart Part)> all = [];
        HashSet<string> seen = [];
        foreach (JsonPart game in games.Entries())
        {
            string name = game.Property("id").String();
            if (!seen.Add(name))
            {
                throw new SpexInputException($"{path} has two games named {name}; names are distinct. Rename one.");
            }

            all.Add((name, game));
        }

        return all;
    }

    private static Game ReadOne(JsonPart part) =>
        Named(part.File, () => ShapiqGameFile.IsGame(part) ? ShapiqGameFile.ReadJson(part) : GameJson.Read(part));

    // The game's own refusals know no file; the reader adds it.
    private static Game Named(string path, Func<Game> read)
    {
        try
        {
            return read();
        }
        catch (SpexInputException error) when (!error.Message.StartsWith(path, StringComparison.Ordinal))
        {
            throw new SpexInputException($"{path}: {error.Message}", error);
        }
    }
}
