using System.Text.Json;
using Spex.Core.Designs;
using Spex.Core.Games;
using Spex.Core.Masks;
using Spex.Core.Spectra;

namespace Spex.Core.Formats;

/// <summary>The JSON object of one game, in and out.</summary>
internal static class GameJson
{
    public static Game Read(JsonPart part)
    {
        string? type = part.Find("type", out JsonPart typePart) ? typePart.String() : null;
        switch (type)
        {
            case "mask_trees":
                return ReadTrees(part);
            case "relu_mlp":
                return ReadNetwork(part);
            case "attn_pool":
                return ReadAttention(part);
            case "table_b64_f64le":
                return ReadTable(part, Base64(part.Property("values")));
            case null or "table" or "sparse":
                break;
            default:
                typePart.Fail($"is {type}", "table, sparse, table_b64_f64le, mask_trees, relu_mlp or attn_pool is allowed");
                break;
        }

        if (type != "table" && part.Find("terms", out JsonPart terms))
        {
            return ReadSparse(part, terms);
        }

        if (type != "sparse" && part.Find("values", out JsonPart values))
        {
            return ReadTable(part, values.Doubles());
        }

        part.Fail("is no game", "a game has \"n\" and \"values\" (a table), or \"n\", \"basis\" and \"terms\" (a sparse function), or a \"type\"");
        return null;
    }

    public static void Write(Utf8JsonWriter json, Game game)
    {
        json.WriteNumber("n", game.FeatureCount);
        switch (game)
        {
            case TableGame table:
                json.WriteNumbers("values", table.Values);
                break;
            case SparseGame sparse:
                json.WriteString("basis", sparse.Basis == SparseBasis.Fourier ? "fourier" : "moebius");
                WriteTerms(json, sparse.Terms);
                json.WriteNumber("noise_sd", sparse.NoiseStandardDeviation);
                json.WriteNumber("seed", sparse.Seed);
                break;
            case TreeGame trees:
                json.WriteString("type", "mask_trees");
                json.WriteNumber("scale", trees.Scale);
                json.WriteStartArray("trees");
                foreach (int root in trees.Roots)
                {
                    WriteNode(json, trees, root);
                }

                json.WriteEndArray();
                break;
            case ReluNetworkGame network:
                json.WriteString("type", "relu_mlp");
                WriteRows(json, "A", network.InputWeights);
                json.WriteNumbers("b1", network.InputBias);
                json.WriteNumbers("w2", network.OutputWeights);
                json.WriteNumber("b2", network.OutputBias);
                break;
            case AttentionPoolGame attention:
                json.WriteString("type", "attn_pool");
                json.WriteNumbers("score", attention.Scores);
                WriteRows(json, "vec", attention.Vectors);
                WriteRows(json, "W", attention.Mixing);
                json.WriteNumbers("u", attention.Readout);
                break;
            default:
                throw new ArgumentException($"A {game.GetType().Name} has no file form.", nameof(game));
        }

        if (game.FeatureNames is { } names)
        {
            json.WriteStrings("features", names);
        }
    }

    /// <summary>The "terms" of a sparse function: [[[features],coefficient],…].</summary>
    public static void WriteTerms(Utf8JsonWriter json, IEnumerable<SpectrumTerm> terms) =>
        WriteSets(json, "terms", terms.Select(term => (term.Set, term.Coefficient)));

    /// <summary>Sets with a number each: [[[features],number],…].</summary>
    public static void WriteSets(Utf8JsonWriter json, string name, IEnumerable<(FeatureSet Set, double Number)> sets)
    {
        json.WriteStartArray(name);
        foreach ((FeatureSet set, double number) in sets)
        {
            json.WriteStartArray();
            json.WriteStartArray();
            foreach (int feature in set.Features)
            {
                json.WriteNumberValue(feature);
            }

            json.WriteEndArray();
            json.WriteNumberValue(number);
            json.WriteEndArray();
            if (json.BytesPending > 1 << 16)
            {
                json.Flush();
            }
        }

        json.WriteEndArray();
    }

    /// <summary>The terms of a sparse function; each set once.</summary>
    public static List<SpectrumTerm> ReadTerms(JsonPart terms, int featureCount)
    {
        List<SpectrumTerm> list = new(terms.Count);
        HashSet<FeatureSet> seen = [];
        foreach (JsonPart term in terms.Entries())
        {
            using IEnumerator<JsonPart> pair = term.Entries(2, "a term, [[features], coefficient],").GetEnumerator();
            pair.MoveNext();
            FeatureSet set = ReadSet(pair.Current, featureCount);
            pair.MoveNext();
            if (!seen.Add(set))
            {
                term.Fail($"gives the set {set} a second time", "each set is given once, with the sum of its coefficients");
            }

            list.Add(new SpectrumTerm(set, pair.Current.Double()));
        }

        return list;
    }

    /// <summary>A set of features: [0,5].</summary>
    public static FeatureSet ReadSet(JsonPart part, int featureCount)
    {
        int[] features = new int[part.Count];
        int count = 0;
        foreach (JsonPart feature in part.Entries())
        {
            int index = feature.Int32(0, featureCount - 1);
            if (features.AsSpan(0, count).Contains(index))
            {
                feature.Fail($"is {index} a second time", "a set has each feature once");
            }

            features[count++] = index;
        }

        return new FeatureSet(features);
    }

    /// <summary>The optional "features": a name for each.</summary>
    public static string[]? ReadNames(JsonPart part, int featureCount) =>
        part.Find("features", out JsonPart names)
            ? [.. names.Entries(featureCount, $"a game with n = {featureCount}").Select(name => name.String())]
            : null;

    private static int ReadFeatureCount(JsonPart part) => part.Property("n").Int32(0, MaskMatrix.MaxFeatureCount);

    private static TableGame ReadTable(JsonPart part, double[] values)
    {
        int featureCount = part.Property("n").Int32(0, ExhaustiveDesign.FeatureLimit);
        if (values.Length != 1L << featureCount)
        {
            part.Property("values").Fail($"has {values.Length} numbers", $"a table with n = {featureCount} takes 2^n = {1L << featureCount}");
        }

        return new TableGame(values, ReadNames(part, featureCount));
    }

    private static double[] Base64(JsonPart part)
    {
        byte[] bytes;
        try
        {
            bytes = Convert.FromBase64String(part.String());
        }
        catch (FormatException)
        {
            part.Fail("is no base64", "the values as base64 of little-endian float64 are allowed");
            throw;
        }

        if (bytes.Length % sizeof(double) != 0)
        {
            part.Fail($"holds {bytes.Length} bytes", "8 bytes a value (little-endian float64) are allowed");
        }

        double[] values = new double[bytes.Length / sizeof(double)];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = System.Buffers.Binary.BinaryPrimitives.ReadDoubleLittleEndian(bytes.AsSpan(i * sizeof(double)));
        }

        return values;
    }

    private static SparseGame ReadSparse(JsonPart part, JsonPart terms)
    {
        int featureCount = ReadFeatureCount(part);
        JsonPart basisPart = part.Property("basis");
        SparseBasis basis = SparseBasis.Fourier;
        switch (basisPart.String())
        {
            case "fourier":
                break;
            case "moebius":
                basis = SparseBasis.Moebius;
                break;
            default:
                basisPart.Fail($"is \"{basisPart.String()}\"", "\"fourier\" or \"moebius\" is allowed");
                break;
        }

        double noise = part.Find("noise_sd", out JsonPart noisePart) ? noisePart.Double() : 0;
        if (noise < 0)
        {
            noisePart.Fail($"is {noise}", "a standard deviation of 0 or more is allowed");
        }

        ulong seed = part.Find("seed", out JsonPart seedPart) ? seedPart.UInt64() : 0;
        return new SparseGame(featureCount, basis, ReadTerms(terms, featureCount), noise, seed, ReadNames(part, featureCount));
    }

    private static TreeGame ReadTrees(JsonPart part)
    {
        int featureCount = ReadFeatureCount(part);
        double scale = part.Find("scale", out JsonPart scalePart) ? scalePart.Double() : 1;
        List<TreeNode> nodes = [];
        List<int> roots = [];
        foreach (JsonPart tree in part.Property("trees").Entries())
        {
            roots.Add(ReadNode(tree, featureCount, nodes));
        }

        return new TreeGame(featureCount, nodes, roots, scale, ReadNames(part, featureCount));
    }

    // A node is [feature, subtree if absent, subtree if present], a leaf a number.
    private static int ReadNode(JsonPart part, int featureCount, List<TreeNode> nodes)
    {
        int own = nodes.Count;
        if (part.IsNumber)
        {
            nodes.Add(TreeNode.Leaf(part.Double()));
            return own;
        }

        using IEnumerator<JsonPart> entries = part.Entries(3, "a node, [feature, subtree if absent, subtree if present],").GetEnumerator();
        nodes.Add(default);
        entries.MoveNext();
        int feature = entries.Current.Int32(0, featureCount - 1);
        entries.MoveNext();
        int absent = ReadNode(entries.Current, featureCount, nodes);
        entries.MoveNext();
        int present = ReadNode(entries.Current, featureCount, nodes);
        nodes[own] = new TreeNode(feature, absent, present, 0);
        return own;
    }

    private static void WriteNode(Utf8JsonWriter json, TreeGame trees, int index)
    {
        TreeNode node = trees.Nodes[index];
        if (node.IsLeaf)
        {
            json.WriteNumberValue(node.Value);
            return;
        }

        json.WriteStartArray();
        json.WriteNumberValue(node.Feature);
        WriteNode(json, trees, node.Absent);
        WriteNode(json, trees, node.Present);
        json.WriteEndArray();
    }

    private static ReluNetworkGame ReadNetwork(JsonPart part)
    {
        int featureCount = ReadFeatureCount(part);
        return new ReluNetworkGame(
            ReadRows(part.Property("A"), featureCount, $"\"n\" = {featureCount}"),
            part.Property("b1").Doubles(),
            part.Property("w2").Doubles(),
            part.Property("b2").Double(),
            ReadNames(part, featureCount));
    }

    private static AttentionPoolGame ReadAttention(JsonPart part)
    {
        int featureCount = ReadFeatureCount(part);
        JsonPart scores = part.Property("score");
        scores.Entries(featureCount, $"\"n\" = {featureCount}");
        JsonPart mixing = part.Property("W");
        return new AttentionPoolGame(
            scores.Doubles(),
            ReadRows(part.Property("vec"), featureCount, $"\"n\" = {featureCount}"),
            ReadRows(mixing, mixing.Count, ""),
            part.Property("u").Doubles(),
            ReadNames(part, featureCount));
    }

    private static double[][] ReadRows(JsonPart part, int count, string because) => [.. part.Entries(count, because).Select(row => row.Doubles())];

    private static void WriteRows(Utf8JsonWriter json, string name, double[][] rows)
    {
        json.WriteStartArray(name);
        foreach (double[] row in rows)
        {
            json.WriteStartArray();
            json.WriteEntries(row);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }
}
