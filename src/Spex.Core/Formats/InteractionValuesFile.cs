using Spex.Core.Interactions;
using Spex.Core.Masks;
using Spex.Core.Spectra;

namespace Spex.Core.Formats;

/// <summary>The JSON that shapiq 1.6 loads as InteractionValues; the file's name must end in .json for it.</summary>
public static class InteractionValuesFile
{
    /// <summary>Writes interactions.</summary>
    /// <param name="path">The file.</param>
    /// <param name="values">The interactions.</param>
    /// <param name="estimationBudget">Ablations spent on an estimate; null for exact values.</param>
    /// <param name="timestamp">The time in the file; null for now.</param>
    /// <exception cref="SpexException">The file cannot be written.</exception>
    public static void Write(string path, InteractionValues values, long? estimationBudget, DateTimeOffset? timestamp = null)
    {
        ArgumentNullException.ThrowIfNull(values);
        JsonOutput.Write(path, json =>
        {
            json.WriteStartObject();
            ShapiqGameFile.WriteEnvelope(json, "InteractionValues", "interaction_values", timestamp ?? DateTimeOffset.UtcNow);
            json.WriteStartObject("metadata");
            json.WriteNumber("n_players", values.FeatureCount);
            json.WriteString("index", values.Index.Name());
            json.WriteNumber("max_order", values.Order);
            json.WriteNumber("min_order", 0);
            json.WriteBoolean("estimated", estimationBudget is not null);
            if (estimationBudget is { } budget)
            {
                json.WriteNumber("estimation_budget", budget);
            }
            else
            {
                json.WriteNull("estimation_budget");
            }

            json.WriteNumber("baseline_value", values.Baseline);
            json.WriteEndObject();
            json.WriteStartObject("data");
            foreach ((FeatureSet set, double strength) in values.Interactions)
            {
                json.WriteNumber(ShapiqGameFile.Key(set.Features), strength);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    /// <summary>Reads interactions that this program or shapiq wrote.</summary>
    /// <exception cref="SpexInputException">The file cannot be read, is no InteractionValues, or has an index that is not known here.</exception>
    public static InteractionValues Read(string path) => JsonPart.ReadFile(path, top =>
    {
        JsonPart metadata = top.Property("metadata");
        int n = metadata.Property("n_players").Int32(0, MaskMatrix.MaxFeatureCount);
        int order = metadata.Property("max_order").Int32(0, MaskMatrix.MaxFeatureCount);
        JsonPart name = metadata.Property("index");
        if (!InteractionIndexNames.TryParse(name.String(), out InteractionIndex index))
        {
            name.Fail($"is \"{name.String()}\"", $"known indices are {string.Join(", ", InteractionIndexNames.All)}");
        }

        List<Interaction> interactions = [];
        HashSet<FeatureSet> seen = [];
        foreach ((string key, JsonPart strength) in top.Property("data").Properties())
        {
            FeatureSet set = ParseKey(key, n, order, strength);
            if (!seen.Add(set))
            {
                strength.Fail("gives its set a second time", "each set is given once");
            }

            interactions.Add(new Interaction(set, strength.Double()));
        }

        return new InteractionValues(index, order, n, interactions);
    });

    private static FeatureSet ParseKey(string key, int featureCount, int order, JsonPart strength)
    {
        if (key == "Empty")
        {
            return FeatureSet.Empty;
        }

        string[] words = key.Split(',');
        int[] features = new int[words.Length];
        for (int i = 0; i < words.Length; i++)
        {
            if (!int.TryParse(words[i], out features[i]) || features[i] < 0 || features[i] >= featureCount || features.AsSpan(0, i).Contains(features[i]))
            {
                strength.Fail($"has the key \"{key}\"", $"keys are \"Empty\" or distinct features 0 to {featureCount - 1} joined by commas");
            }
        }

        if (features.Length > order)
        {
            strength.Fail($"has a set of {features.Length} features", $"max_order is {order}");
        }

        return new FeatureSet(features);
    }
}
