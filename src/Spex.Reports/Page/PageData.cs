using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Spex.Core.Interactions;
using Spex.Core.Spectra;
using Spex.Engine.Explaining;

namespace Spex.Reports.Page;

/// <summary>What the page's script reads: one JSON object, safe inside a script element.</summary>
internal static class PageData
{
    // Escapes <, >, & and quotes, so that no name ends the element; letters of all scripts stay as they are.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) };

    /// <summary>The object of an explanation.</summary>
    public static string Write(Subject subject, Explanation explanation)
    {
        ArrayBufferWriter<byte> buffer = new(1 << 16);
        using (Utf8JsonWriter json = new(buffer, Options))
        {
            json.WriteStartObject();
            WriteSubject(json, subject, explanation.Spectrum.FeatureCount);
            WriteSubjectParts(json, subject);
            ResultFile.WriteCorner(json, "output", explanation.Output);
            ResultFile.WriteCorner(json, "baseline", explanation.Baseline);
            ResultFile.WriteFaithfulness(json, explanation.Faithfulness);
            json.WriteString("quality", explanation.Faithfulness.Quality.ToString().ToLowerInvariant());
            json.WriteStartObject("run");
            ResultFile.WriteRun(json, explanation.Run);
            json.WriteEndObject();

            // A text: JavaScript's numbers do not hold 64 bits.
            json.WriteString("seed", explanation.Run.Seed.ToString(CultureInfo.InvariantCulture));
            Strings(json, "remarks", explanation.Remarks);
            WriteInteractions(json, explanation);
            WriteEffects(json, explanation);
            WriteSpectrum(json, explanation.Spectrum);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>The text with U+FFFD for every half of a surrogate pair that stands alone: as many UTF-16 units as before, so offsets stay true.</summary>
    public static string WellFormed(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    private static void WriteSubject(Utf8JsonWriter json, Subject subject, int n)
    {
        FeatureLabels labels = new(subject.FeatureNames);
        json.WriteString("kind", subject.Kind);
        String(json, "title", subject.Title);
        String(json, "value", subject.Value);
        String(json, "featureKind", subject.FeatureKind);
        json.WriteNumber("n", n);
        Strings(json, "labels", Enumerable.Range(0, n).Select(labels.Of));

        // Only names that a label does not show whole, by the feature's number.
        json.WriteStartObject("names");
        for (int feature = 0; feature < (subject.FeatureNames?.Count ?? 0); feature++)
        {
            if (subject.FeatureNames![feature] != labels.Of(feature))
            {
                String(json, feature.ToString(CultureInfo.InvariantCulture), subject.FeatureNames[feature]);
            }
        }

        json.WriteEndObject();
    }

    private static void WriteSubjectParts(Utf8JsonWriter json, Subject subject)
    {
        if (subject is { Text: { } text, Spans: { } spans })
        {
            String(json, "text", text);
            Numbers(json, "spans", spans.SelectMany(span => (int[])[span.Start, span.Length]));
        }

        if (subject is { Groups: { } groups, GroupOfFeature: { } groupOfFeature })
        {
            Strings(json, "groups", groups);
            Numbers(json, "groupOf", groupOfFeature);
        }

        if (subject.Heads is { } heads)
        {
            Numbers(json, "heads", heads.SelectMany(head => (int[])[head.Layer, head.Head]));
        }

        if (subject.Columns is { } columns)
        {
            Strings(json, "columnValues", columns.Select(column => column.Value));
            Strings(json, "columnBackgrounds", columns.Select(column => column.Background));
        }

        if (subject.Image is { } image)
        {
            json.WriteStartObject("image");
            json.WriteNumber("width", image.Width);
            json.WriteNumber("height", image.Height);
            Numbers(json, "runs", ResultFile.RunsOf(image.Labels).SelectMany(run => (int[])[run.Label, run.Length]));
            json.WriteBase64String("png", image.Png.Span);
            json.WriteEndObject();
        }
    }

    private static void WriteInteractions(Utf8JsonWriter json, Explanation explanation)
    {
        InteractionValues values = explanation.Interactions;
        IndexMeaning meaning = IndexMeaning.Of(values.Index);
        Contributions contributions = Contributions.Of(explanation);
        TopInteractions top = TopInteractions.Of(values, HtmlReport.MostInteractions);
        IReadOnlyList<Interaction> listed = top.Shown;
        json.WriteStartObject("index");
        json.WriteString("name", values.Index.Name());
        json.WriteNumber("order", values.Order);
        json.WriteBoolean("single", values.Index.IsOfSingleFeatures());
        json.WriteString("strength", meaning.Strength);
        json.WriteString("effect", meaning.Effect);
        json.WriteBoolean("adds", !contributions.AreShapleyValues);
        json.WriteNumber("start", contributions.Baseline + contributions.Constant);
        json.WriteEndObject();
        json.WriteStartObject("interactions");
        json.WriteNumber("count", top.Count);
        json.WriteNumber("restSum", top.OtherSum);
        Sets(json, listed.Select(interaction => interaction.Set));
        Numbers(json, "strengths", listed.Select(interaction => interaction.Strength));
        if (explanation.Intervals is { } intervals)
        {
            // Ends of an estimated interval: six digits are more than is known of them.
            json.WriteStartArray("intervals");
            foreach (double end in listed.SelectMany(interaction => (double[])[intervals[interaction.Set].Lower, intervals[interaction.Set].Upper]))
            {
                json.WriteRawValue(end.ToString("G6", CultureInfo.InvariantCulture));
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    /// <summary>One number a feature, by three definitions: the index's own, Shapley's, Banzhaf's.</summary>
    private static void WriteEffects(Utf8JsonWriter json, Explanation explanation)
    {
        Spectrum spectrum = explanation.Spectrum;
        (string Name, InteractionValues Values)[] effects =
        [
            ("index", explanation.Interactions),
            ("shapley", InteractionConverter.Convert(spectrum, InteractionIndex.Sv, 1)),
            ("banzhaf", InteractionConverter.Convert(spectrum, InteractionIndex.Bv, 1)),
        ];
        json.WriteStartObject("effects");
        foreach ((string name, InteractionValues values) in effects)
        {
            Numbers(json, name, Enumerable.Range(0, spectrum.FeatureCount).Select(feature => values[new FeatureSet(feature)]));
        }

        json.WriteEndObject();
    }

    private static void WriteSpectrum(Utf8JsonWriter json, Spectrum spectrum)
    {
        SpectrumTerm[] terms = [.. spectrum.Terms];
        double leftOut = 0;
        if (terms.Length > HtmlReport.MostTerms)
        {
            SpectrumTerm[] strongest = [.. terms.OrderByDescending(term => Math.Abs(term.Coefficient))];
            leftOut = strongest.Skip(HtmlReport.MostTerms).Sum(term => term.Coefficient * term.Coefficient);
            terms = [.. strongest.Take(HtmlReport.MostTerms).OrderBy(term => term.Set)];
        }

        json.WriteStartObject("spectrum");
        json.WriteNumber("count", spectrum.Terms.Count);
        json.WriteNumber("leftOutDeviation", Math.Sqrt(leftOut));
        json.WriteNumber("variance", spectrum.Variance);
        Sets(json, terms.Select(term => term.Set));
        Numbers(json, "coefficients", terms.Select(term => term.Coefficient));
        json.WriteStartArray("energy");
        foreach ((int order, double share, int sets) in EnergyByOrder.Of(spectrum))
        {
            json.WriteStartObject();
            json.WriteNumber("order", order);
            json.WriteNumber("terms", sets);
            json.WriteNumber("share", share);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Sets(Utf8JsonWriter json, IEnumerable<FeatureSet> sets)
    {
        json.WriteStartArray("sets");
        foreach (FeatureSet set in sets)
        {
            json.WriteStartArray();
            foreach (int feature in set)
            {
                json.WriteNumberValue(feature);
            }

            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private static void Numbers(Utf8JsonWriter json, string name, IEnumerable<int> numbers)
    {
        json.WriteStartArray(name);
        foreach (int number in numbers)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }

    private static void Numbers(Utf8JsonWriter json, string name, IEnumerable<double> numbers)
    {
        json.WriteStartArray(name);
        foreach (double number in numbers)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }

    private static void String(Utf8JsonWriter json, string name, string text) => json.WriteString(name, WellFormed(text));

    private static void Strings(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
        {
            json.WriteStringValue(WellFormed(text));
        }

        json.WriteEndArray();
    }
}
