using System.Text.Json;
using Spex.Core.Formats;
using Spex.Engine.Explaining;

namespace Spex.Reports;

/// <content>What was explained: written and read.</content>
public static partial class ResultFile
{
    // Larger pictures are scaled down before they are explained.
    private const int LongestSide = 1 << 12;

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
            json.WriteStrings("features", names);
        }

        if (subject.Text is { } text)
        {
            json.WriteString("text", text);
        }

        if (subject.Spans is { } spans)
        {
            WritePairs(json, "spans", spans);
        }

        if (subject.Groups is { } groups)
        {
            json.WriteStrings("groups", groups);
            json.WriteStartArray("group_of_feature");
            foreach (int group in subject.GroupOfFeature ?? throw new ArgumentException("Groups are given without saying which a feature belongs to.", nameof(subject)))
            {
                json.WriteNumberValue(group);
            }

            json.WriteEndArray();
        }

        if (subject.Image is { } image)
        {
            json.WriteStartObject("image");
            json.WriteNumber("width", image.Width);
            json.WriteNumber("height", image.Height);
            json.WriteBase64String("png", image.Png.Span);
            WritePairs(json, "label_runs", RunsOf(image.Labels));
            json.WriteEndObject();
        }

        if (subject.Heads is { } heads)
        {
            WritePairs(json, "heads", heads.Select(head => (head.Layer, head.Head)));
        }

        if (subject.Columns is { } columns)
        {
            json.WriteStartArray("columns");
            foreach (ColumnValue column in columns)
            {
                json.WriteStartObject();
                json.WriteString("value", column.Value);
                json.WriteString("background", column.Background);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WritePairs(Utf8JsonWriter json, string name, IEnumerable<(int First, int Second)> pairs)
    {
        json.WriteStartArray(name);
        foreach ((int first, int second) in pairs)
        {
            json.WriteStartArray();
            json.WriteNumberValue(first);
            json.WriteNumberValue(second);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    /// <summary>(label, pixels) of each stretch of pixels with one label, row after row.</summary>
    internal static IEnumerable<(int Label, int Length)> RunsOf(IReadOnlyList<int> labels)
    {
        for (int start = 0, end; start < labels.Count; start = end)
        {
            for (end = start + 1; end < labels.Count && labels[end] == labels[start]; end++)
            {
            }

            yield return (labels[start], end - start);
        }
    }

    private static Subject ReadSubject(JsonPart part, int n)
    {
        string count = $"\"n\" = {n}";
        string? text = part.Find("text", out JsonPart textPart) ? textPart.String() : null;
        string[]? groups = part.Find("groups", out JsonPart groupsPart) ? groupsPart.Strings() : null;
        return new Subject(
            part.Property("kind").String(),
            part.Property("title").String(),
            part.Property("value").String(),
            part.Property("feature_kind").String(),
            part.Find("features", out JsonPart features) ? [.. features.Entries(n, count).Select(name => name.String())] : null)
        {
            Text = text,
            Spans = part.Find("spans", out JsonPart spans) ? ReadSpans(spans, n, text) : null,
            Groups = groups,
            GroupOfFeature = groups is null ? null : [.. part.Property("group_of_feature").Entries(n, count).Select(group => group.Int32(0, groups.Length - 1))],
            Image = part.Find("image", out JsonPart image) ? ReadImage(image, n) : null,
            Heads = part.Find("heads", out JsonPart heads)
                ? [.. heads.Entries(n, count).Select(head => ReadPair(head, "a head, [layer, head],", int.MaxValue, _ => int.MaxValue)).Select(head => new HeadPosition(head.First, head.Second))]
                : null,
            Columns = part.Find("columns", out JsonPart columns)
                ? [.. columns.Entries(n, count).Select(column => new ColumnValue(column.Property("value").String(), column.Property("background").String()))]
                : null,
        };
    }

    private static (int Start, int Length)[] ReadSpans(JsonPart part, int n, string? text)
    {
        if (text is null)
        {
            part.Fail("is given without a text", "spans say where the features stand in \"text\"");
        }

        return [.. part.Entries(n, $"\"n\" = {n}").Select(span => ReadPair(span, "a span, [first character, length],", text.Length, start => text.Length - start))];
    }

    private static SubjectImage ReadImage(JsonPart part, int n)
    {
        int width = part.Property("width").Int32(1, LongestSide), height = part.Property("height").Int32(1, LongestSide);
        int[] labels = new int[width * height];
        int filled = 0;
        JsonPart runs = part.Property("label_runs");
        foreach ((int label, int length) in runs.Entries().Select(run => ReadPair(run, "a run of pixels, [feature, pixels],", n - 1, _ => labels.Length - filled)))
        {
            labels.AsSpan(filled, length).Fill(label);
            filled += length;
        }

        if (filled < labels.Length)
        {
            runs.Fail($"has {filled} pixels", $"\"width\" times \"height\" = {labels.Length} are needed");
        }

        return new SubjectImage(part.Property("png").Base64(), width, height, labels);
    }

    private static (int First, int Second) ReadPair(JsonPart part, string what, int mostFirst, Func<int, int> mostSecond)
    {
        JsonPart[] pair = [.. part.Entries(2, what)];
        int first = pair[0].Int32(0, mostFirst);
        return (first, pair[1].Int32(0, mostSecond(first)));
    }
}
