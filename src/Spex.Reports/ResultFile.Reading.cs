using Spex.Core.Formats;
using Spex.Core.Interactions;
using Spex.Core.Masks;
using Spex.Core.Metrics;
using Spex.Core.Spectra;
using Spex.Engine.Decoding;
using Spex.Engine.Explaining;

namespace Spex.Reports;

/// <content>What was written is read back, and what is wrong with a file is told with its place.</content>
public static partial class ResultFile
{
    /// <summary>Whether a JSON file says of itself that it is a result, and not a spectrum or something else.</summary>
    /// <exception cref="Core.SpexInputException">The file cannot be read, or is no JSON.</exception>
    public static bool IsResult(string path) => JsonPart.ReadFile(path, top => top.Find("format", out JsonPart format) && format.String() == Format);

    /// <summary>Reads a result.</summary>
    /// <param name="path">A file that <see cref="Write"/> made.</param>
    /// <exception cref="Core.SpexInputException">The file cannot be read, is cut short, is no result, is of a version that is not known here, or contradicts itself.</exception>
    public static Result Read(string path) => JsonPart.ReadFile(path, top =>
    {
        CheckFormat(top);
        JsonPart subject = top.Property("subject");
        int n = subject.Property("n").Int32(0, MaskMatrix.MaxFeatureCount);
        InteractionValues interactions = ReadInteractions(top, n);
        Explanation explanation = new()
        {
            Output = ReadCorner(top.Property("output")),
            Baseline = ReadCorner(top.Property("baseline")),
            Faithfulness = ReadFaithfulness(top.Property("faithfulness")),
            Interactions = interactions,
            Intervals = top.Find("intervals", out JsonPart intervals) ? ReadIntervals(intervals, interactions) : null,
            Spectrum = new Spectrum(n, GameJson.ReadTerms(top.Property("spectrum"), n)),
            Remarks = top.Property("remarks").Strings(),
            Run = ReadRun(top.Property("run")),
        };
        return new Result(ReadSubject(subject, n), explanation);
    });

    private static void CheckFormat(JsonPart top)
    {
        if (!top.Find("format", out JsonPart format) || format.String() != Format)
        {
            top.Fail("is no result of spex", $"a result has \"format\": \"{Format}\"; `spex explain … --result FILE` writes one");
        }

        JsonPart version = top.Property("version");
        long got = version.Int64(1, int.MaxValue);
        if (got > Version)
        {
            version.Fail($"is {got}", $"this spex reads version {Version}; use the newer spex that wrote the file, or make the result again");
        }
    }

    private static CornerValue ReadCorner(JsonPart part) => new(part.Property("value").Double(), part.Property("measured").Boolean());

    private static Faithfulness ReadFaithfulness(JsonPart part) => new(
        part.Property("r2").Double(),
        part.Property("lower").Double(),
        part.Property("upper").Double(),
        Named(part.Property("measured"), Measures),
        part.Property("masks").Int64(0, long.MaxValue));

    private static InteractionValues ReadInteractions(JsonPart top, int n)
    {
        JsonPart name = top.Property("index");
        if (!InteractionIndexNames.TryParse(name.String(), out InteractionIndex index))
        {
            name.Fail($"is \"{name.String()}\"", $"known indices are {string.Join(", ", InteractionIndexNames.All)}");
        }

        int order = top.Property("order").Int32(0, MaskMatrix.MaxFeatureCount);
        JsonPart list = top.Property("interactions");
        List<SpectrumTerm> sets = GameJson.ReadTerms(list, n);
        if (sets.Find(term => term.Set.Count > order) is { Set.Count: > 0 } large)
        {
            list.Fail($"has the set {large.Set} of {large.Set.Count} features", $"sets of at most \"order\" = {order} features are allowed");
        }

        return new InteractionValues(index, order, n, sets.Select(term => new Interaction(term.Set, term.Coefficient)));
    }

    private static Dictionary<FeatureSet, Interval> ReadIntervals(JsonPart part, InteractionValues interactions)
    {
        FeatureSet[] sets = [.. interactions.Interactions.Select(interaction => interaction.Set).Where(set => set.Count > 0)];
        IEnumerable<Interval> intervals = part.Entries(sets.Length, "one for each interaction but the empty set's").Select(entry =>
        {
            JsonPart[] pair = [.. entry.Entries(2, "an interval, [lower, upper],")];
            return new Interval(pair[0].Double(), pair[1].Double());
        });
        return sets.Zip(intervals).ToDictionary(pair => pair.First, pair => pair.Second, FeatureSetComparer.Instance);
    }

    private static ExplanationRun ReadRun(JsonPart part) => new()
    {
        Method = part.Property("method").String(),
        RequestedMethod = part.Property("requested_method").String(),
        Trials = [.. part.Property("trials").Entries().Select(ReadTrial)],
        Budget = part.Property("budget").Int64(0, long.MaxValue),
        Ablations = part.Property("ablations").Int64(0, long.MaxValue),
        ValidationAblations = part.Property("validation_ablations").Int64(0, long.MaxValue),
        Reused = part.Property("reused").Int64(0, long.MaxValue),
        MaxDegree = part.Property("max_degree").Int32(0, MaskMatrix.MaxFeatureCount),
        BinDecoding = Named(part.Property("decode"), Decodings),
        Seed = part.Property("seed").UInt64(),
        Device = part.Property("device").String(),
        DeviceDescription = part.Property("device_description").String(),
        Fingerprint = part.Property("fingerprint").String(),
        BatchSize = part.Property("batch_size").Int32(1, int.MaxValue),
        PlanChanges = [.. part.Property("plan_changes").Entries().Select(ReadPlanChange)],
        Timings = [.. part.Property("seconds").Properties().Select(timing => (timing.Name, timing.Part.Double()))],
    };

    private static Trial ReadTrial(JsonPart part) => new(
        part.Property("name").String(), part.Find("r2", out JsonPart r2) ? r2.Double() : null, part.Find("skipped", out JsonPart skipped) ? skipped.String() : null, part.Property("chosen").Boolean());

    private static SamplesPlanChange ReadPlanChange(JsonPart part)
    {
        JsonPart[] pair = [.. part.Entries(2, "a change of plan, [first mask, masks in a batch],")];
        return new SamplesPlanChange(pair[0].Int64(0, long.MaxValue), pair[1].Int32(1, int.MaxValue));
    }

    private static T Named<T>(JsonPart part, (T Value, string Name)[] allowed)
    {
        string name = part.String();
        int index = Array.FindIndex(allowed, pair => pair.Name == name);
        if (index < 0)
        {
            part.Fail($"is \"{name}\"", $"{string.Join(", ", allowed.Select(pair => pair.Name))} are allowed");
        }

        return allowed[index].Value;
    }
}
