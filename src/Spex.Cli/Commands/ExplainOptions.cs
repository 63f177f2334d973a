using System.CommandLine;
using Spex.Core.Interactions;
using Spex.Engine.Decoding;
using Spex.Engine.Explaining;

namespace Spex.Cli.Commands;

/// <summary>The options that all `explain` commands share.</summary>
internal sealed class ExplainOptions
{
    private static readonly ExplainerSettings Standard = new();

    public Option<string> Method { get; } = OptionKinds.Choice(
        "--method",
        "How to find the interactions. auto and spex evaluate all masks when the budget carries them.",
        [.. ExplanationMethods.Names.Select(name => (name, name))]);

    public Option<long?> Budget { get; } = OptionKinds.OptionalNumber<long>(
        "--budget", "N", "The most ablations. [default: min(2^n, max(1000, 4 n log2 n)), and what 64 bins a group take for spex]", 1, Explainer.MostBudget);

    public Option<InteractionIndex> Index { get; } = OptionKinds.Choice(
        "--index",
        "The interaction index.",
        [.. InteractionIndexNames.All.Select(name => (name, InteractionIndexNames.Parse(name)))],
        static (given, word) => InteractionIndexNames.TryParse(given, out InteractionIndex index) && index == InteractionIndexNames.Parse(word));

    public Option<int> Order { get; } = OptionKinds.Number(
        "--order", "K", "The largest set that is reported; sets of every size up to it are.", 1, 64, Standard.Order);

    public Option<int> MaxDegree { get; } = OptionKinds.Number(
        "--max-degree", "K", "The largest set that the spectrum may hold, where it is estimated.", 1, 6, Standard.MaxDegree);

    public Option<BinDecoding> Decode { get; } = OptionKinds.Choice(
        "--decode", "How spex reads the bins' signs.", [("soft", BinDecoding.Soft), ("hard", BinDecoding.Hard)]);

    public Option<int> Top { get; } = OptionKinds.Number("--top", "N", "Rows of the table.", 1, 1_000_000, 10);

    public Option<ulong> Seed { get; } = OptionKinds.Number("--seed", "N", "The seed: same seed, same result.", 0UL, ulong.MaxValue, Standard.Seed);

    public Option<int> Validate { get; } = OptionKinds.Number(
        "--validate", "K", "Measures the finished fit on K uniformly random masks more, outside the budget.", 0, 1 << 24, Standard.Validate);

    public Option<string?> Samples { get; } = OptionKinds.FileName(
        "--samples", "Keeps every value in FILE; what FILE holds already is not evaluated again, so a stopped run goes on where it was.");

    public Option<string?> Result { get; } = OptionKinds.FileName("--result", "Writes the whole result as JSON, to be shown again.");

    public Option<string?> Json { get; } = OptionKinds.FileName("--json", "Writes the interactions as JSON that shapiq loads.");

    public Option<string?> Spectrum { get; } = OptionKinds.FileName("--spectrum", "Writes the spectrum as a sparse function, a game file.");

    public Option<int?> Threads { get; } = OptionKinds.OptionalNumber("--threads", "N", "Threads on the processor. [default: all cores]", 1, 4096);

    public Option<bool> Quiet { get; } = new("--quiet") { Description = "No progress and no remarks, only the result." };

    public void AddTo(Command command)
    {
        Option[] all = [Method, Budget, Index, Order, MaxDegree, Decode, Top, Seed, Validate, Samples, Result, Json, Spectrum, Threads, Quiet];
        foreach (Option option in all)
        {
            command.Add(option);
        }
    }

    /// <summary>The settings that were given.</summary>
    public ExplainerSettings Read(ParseResult parsed) => new()
    {
        Method = parsed.GetRequiredValue(Method),
        Budget = parsed.GetValue(Budget),
        Index = parsed.GetValue(Index),
        Order = parsed.GetValue(Order),
        MaxDegree = parsed.GetValue(MaxDegree),
        BinDecoding = parsed.GetValue(Decode),
        Seed = parsed.GetValue(Seed),
        Validate = parsed.GetValue(Validate),
        SamplesFile = parsed.GetValue(Samples),
    };
}
