using System.Text.Json;
using Spex.Core.Formats;
using Spex.Core.Interactions;
using Spex.Core.Metrics;
using Spex.Engine.Decoding;
using Spex.Engine.Explaining;

namespace Spex.Reports;

/// <summary>The result of a run as JSON, version 1: all that is needed to show the explanation again.</summary>
public static partial class ResultFile
{
    private const string Format = "spex-result";

    private const int Version = 1;

    private static readonly (FaithfulnessMeasure Measure, string Name)[] Measures =
    [
        (FaithfulnessMeasure.Exact, "exact"),
        (FaithfulnessMeasure.CrossValidated, "cross-validated"),
        (FaithfulnessMeasure.Validated, "validated"),
    ];

    private static readonly (BinDecoding Decoding, string Name)[] Decodings = [(BinDecoding.Soft, "soft"), (BinDecoding.Hard, "hard")];

    /// <summary>Writes a result.</summary>
    /// <exception cref="Core.SpexException">The file cannot be written.</exception>
    public static void Write(string path, Subject subject, Explanation explanation)
    {
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentNullException.ThrowIfNull(explanation);
        JsonOutput.Write(path, json =>
        {
            json.WriteStartObject();
            json.WriteString("format", Format);
            json.WriteNumber("version", Version);
            WriteSubject(json, subject, explanation);
            WriteCorner(json, "output", explanation.Output);
            WriteCorner(json, "baseline", explanation.Baseline);
            WriteFaithfulness(json, explanation.Faithfulness);
            WriteInteractions(json, explanation.Interactions);
            WriteIntervals(json, explanation);
            GameJson.WriteSets(json, "spectrum", explanation.Spectrum.Terms.Select(term => (term.Set, term.Coefficient)));
            json.WriteStrings("remarks", explanation.Remarks);
            json.WriteStartObject("run");
            WriteRun(json, explanation.Run);
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    /// <summary>The properties of a run, as results and spectrum files hold them.</summary>
    public static void WriteRun(Utf8JsonWriter json, ExplanationRun run)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(run);
        json.WriteString("method", run.Method);
        json.WriteString("requested_method", run.RequestedMethod);
        json.WriteStartArray("trials");
        foreach (Trial trial in run.Trials)
        {
            json.WriteStartObject();
            json.WriteString("name", trial.Name);
            if (trial.R2 is { } r2)
            {
                json.WriteNumber("r2", r2);
            }

            if (trial.Skipped is { } reason)
            {
                json.WriteString("skipped", reason);
            }

            json.WriteBoolean("chosen", trial.Chosen);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("budget", run.Budget);
        json.WriteNumber("ablations", run.Ablations);
        json.WriteNumber("validation_ablations", run.ValidationAblations);
        json.WriteNumber("reused", run.Reused);
        json.WriteNumber("max_degree", run.MaxDegree);
        json.WriteString("decode", Array.Find(Decodings, pair => pair.Decoding == run.BinDecoding).Name);
        json.WriteNumber("seed", run.Seed);
        json.WriteString("device", run.Device);
        json.WriteString("device_description", run.DeviceDescription);
        json.WriteString("fingerprint", run.Fingerprint);
        json.WriteNumber("batch_size", run.BatchSize);
        json.WriteStartArray("plan_changes");
        foreach (SamplesPlanChange change in run.PlanChanges)
        {
            json.WriteStartArray();
            json.WriteNumberValue(change.FirstIndex);
            json.WriteNumberValue(change.BatchSize);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteStartObject("seconds");
        foreach ((string part, double seconds) in run.Timings)
        {
            json.WriteNumber(part, seconds);
        }

        json.WriteEndObject();
    }

    internal static void WriteCorner(Utf8JsonWriter json, string name, CornerValue corner)
    {
        json.WriteStartObject(name);
        json.WriteNumber("value", corner.Value);
        json.WriteBoolean("measured", corner.Measured);
        json.WriteEndObject();
    }

    internal static void WriteFaithfulness(Utf8JsonWriter json, Faithfulness faithfulness)
    {
        json.WriteStartObject("faithfulness");
        json.WriteNumber("r2", faithfulness.R2);
        json.WriteNumber("lower", faithfulness.Lower);
        json.WriteNumber("upper", faithfulness.Upper);
        json.WriteString("measured", Array.Find(Measures, pair => pair.Measure == faithfulness.Measure).Name);
        json.WriteNumber("masks", faithfulness.SampleCount);
        json.WriteEndObject();
    }

    /// <summary>[lower, upper] of each interaction but the empty set's, in their order.</summary>
    private static void WriteIntervals(Utf8JsonWriter json, Explanation explanation)
    {
        if (explanation.Intervals is not { } intervals)
        {
            return;
        }

        json.WriteStartArray("intervals");
        foreach (Interaction interaction in explanation.Interactions.Interactions.Where(interaction => interaction.Set.Count > 0))
        {
            json.WriteStartArray();
            json.WriteNumberValue(intervals[interaction.Set].Lower);
            json.WriteNumberValue(intervals[interaction.Set].Upper);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private static void WriteInteractions(Utf8JsonWriter json, InteractionValues values)
    {
        json.WriteString("index", values.Index.Name());
        json.WriteNumber("order", values.Order);
        GameJson.WriteSets(json, "interactions", values.Interactions.Select(interaction => (interaction.Set, interaction.Strength)));
    }
}
