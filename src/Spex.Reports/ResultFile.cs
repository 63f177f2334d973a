using System.Text.Encodings.Web;
using System.Text.Json;
using Spex.Core.Formats;
using Spex.Core.Interactions;
using Spex.Core.Metrics;
using Spex.Core.Spectra;
using Spex.Engine.Explaining;

namespace Spex.Reports;

/// <summary>The result of a run as JSON, version 1: all that is needed to show the explanation again.</summary>
public static class ResultFile
{
    private const int Version = 1;

    /// <summary>Writes a result.</summary>
    /// <exception cref="Core.SpexException">The file cannot be written.</exception>
    public static void Write(string path, Subject subject, Explanation explanation)
    {
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentNullException.ThrowIfNull(explanation);
        OutputFile.Write(path, stream =>
        {
            using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
            json.WriteStartObject();
            json.WriteString("format", "spex-result");
            json.WriteNumber("version", Version);
            WriteSubject(json, subject, explanation);
            WriteCorner(json, "output", explanation.Output);
            WriteCorner(json, "baseline", explanation.Baseline);
            WriteFaithfulness(json, explanation.Faithfulness);
            WriteInteractions(json, explanation.Interactions);
            WriteTerms(json, "spectrum", explanation.Spectrum.Terms.Select(term => (term.Set, term.Coefficient)));
            json.WriteStartArray("remarks");
            foreach (string remark in explanation.Remarks)
            {
                json.WriteStringValue(remark);
            }

            json.WriteEndArray();
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
        json.WriteNumber("budget", run.Budget);
        json.WriteNumber("ablations", run.Ablations);
        json.WriteNumber("validation_ablations", run.ValidationAblations);
        json.WriteNumber("reused", run.Reused);
        json.WriteNumber("max_degree", run.MaxDegree);
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
        foreach (IGrouping<string, (string Part, double Seconds)> part in run.Timings.GroupBy(timing => timing.Part))
        {
            json.WriteNumber(part.Key, part.Sum(timing => timing.Seconds));
        }

        json.WriteEndObject();
    }

    private static void WriteSubject(Utf8JsonWriter json, Subject subject, Explanation explanation)
    {
        json.WriteStartObject("subject");
        json.WriteString("kind", subject.Kind);
        json.WriteString("title", subject.Title);
        json.WriteString("value", subject.Value);
        json.WriteString("feature_kind", subject.FeatureKind);
        json.WriteNumber("n", explanation.Spectrum.FeatureCount);
        if (subject.FeatureNames is { } names)
        {
            json.WriteStartArray("features");
            foreach (string name in names)
            {
                json.WriteStringValue(name);
            }

            json.WriteEndArray();
        }

        if (subject.Text is { } text)
        {
            json.WriteString("text", text);
        }

        if (subject.Spans is { } spans)
        {
            json.WriteStartArray("spans");
            foreach ((int start, int length) in spans)
            {
                json.WriteStartArray();
                json.WriteNumberValue(start);
                json.WriteNumberValue(length);
                json.WriteEndArray();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteCorner(Utf8JsonWriter json, string name, CornerValue corner)
    {
        json.WriteStartObject(name);
        json.WriteNumber("value", corner.Value);
        json.WriteBoolean("measured", corner.Measured);
        json.WriteEndObject();
    }

    private static void WriteFaithfulness(Utf8JsonWriter json, Faithfulness faithfulness)
    {
        json.WriteStartObject("faithfulness");
        json.WriteNumber("r2", faithfulness.R2);
        json.WriteNumber("lower", faithfulness.Lower);
        json.WriteNumber("upper", faithfulness.Upper);
        json.WriteString("measured", faithfulness.Measure switch
        {
            FaithfulnessMeasure.Exact => "exact",
            FaithfulnessMeasure.CrossValidated => "cross-validated",
            _ => "validated",
        });
        json.WriteNumber("masks", faithfulness.SampleCount);
        json.WriteEndObject();
    }

    private static void WriteInteractions(Utf8JsonWriter json, InteractionValues values)
    {
        json.WriteString("index", values.Index.Name());
        json.WriteNumber("order", values.Order);
        WriteTerms(json, "interactions", values.Interactions.Select(interaction => (interaction.Set, interaction.Strength)));
    }

    private static void WriteTerms(Utf8JsonWriter json, string name, IEnumerable<(FeatureSet Set, double Number)> terms)
    {
        json.WriteStartArray(name);
        foreach ((FeatureSet set, double number) in terms)
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
        }

        json.WriteEndArray();
    }
}
