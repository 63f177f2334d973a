using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Spex.Core.Interactions;
using Spex.Engine.Decoding;
using Spex.Engine.Devices;
using Spex.Engine.Explaining;

namespace Spex.Cli.Commands;

/// <summary>The options that all `explain` commands share.</summary>
internal sealed class ExplainOptions
{
    private const string SoftDecoding = "soft";
    private const string HardDecoding = "hard";
    private const string PaperSearch = "paper";
    public const string AutomaticBudget = "auto";

    private static readonly ExplainerSettings Standard = new();

    public Option<string> Method { get; } = OptionKinds.Choice(
        "--method", "METHOD", "How to find the interactions; auto and spex evaluate all masks where the budget carries them.", ExplanationMethods.Names);

    public Option<string?> Budget { get; } = new("--budget")
    {
        HelpName = "N|auto",
        Description = "The most ablations, or auto: as many as --faithfulness takes. [default: min(2^n, max(1000, 4 n log2 n)); for spex what 64 bins a group take, if that is more]",
        CustomParser = argument => BudgetWord(argument),
    };

    public Option<double> Faithfulness { get; } = new("--faithfulness")
    {
        HelpName = "R2",
        Description = "With --budget auto: ablations are added until the validated R² is at least this, with 95 % confidence.",
        DefaultValueFactory = _ => Spex.Core.Metrics.Faithfulness.GoodThreshold,
        CustomParser = argument => Share(argument),
    };

    public Option<bool> Intervals { get; } = new("--intervals") { Description = "Gives every interaction a 95 % interval, by resampling the ablations." };

    public Option<string> Search { get; } = OptionKinds.Choice(
        "--search", "SEARCH", "Which boosted trees proxyspex tries: a few that suit the number of masks, or the whole grid of its paper.", ["default", PaperSearch]);

    public Option<string> Index { get; } = OptionKinds.Choice(
        "--index",
        "INDEX",
        "The interaction index.",
        InteractionIndexNames.All,
        static given => InteractionIndexNames.TryParse(given, out InteractionIndex index) ? index.Name() : given);

    public Option<int> Order { get; } = OptionKinds.Number(
        "--order", "K", "The largest set that is reported; sets of every size up to it are.", 1, 64, Standard.Order);

    public Option<int> MaxDegree { get; } = OptionKinds.Number(
        "--max-degree", "K", "The largest set that the spectrum may hold, where it is estimated.", 1, 6, Standard.MaxDegree);

    public Option<string> Decode { get; } = OptionKinds.Choice("--decode", "HOW", "How spex reads the bins' signs.", [SoftDecoding, HardDecoding]);

    public Option<int> Top { get; } = OptionKinds.Number("--top", "N", "The most interactions to list.", 1, 1_000_000, 10);

    public Option<ulong> Seed { get; } = OptionKinds.Number("--seed", "N", "The seed: same seed, same result.", 0UL, ulong.MaxValue, Standard.Seed);

    public Option<int> Validate { get; } = OptionKinds.Number(
        "--validate", "K", "Measures the finished fit on K uniformly random masks outside the budget.", 0, 1 << 24, Standard.Validate);

    public Option<string?> Samples { get; } = OptionKinds.FileName(
        "--samples", "Keeps every value in FILE and evaluates nothing that FILE holds already, so that a stopped run goes on where it was.");

    public Option<string?> Result { get; } = OptionKinds.FileName("--result", "Writes the whole result as JSON, to be shown again.");

    public Option<string?> Json { get; } = OptionKinds.FileName("--json", "Writes the interactions as JSON that shapiq loads.");

    public Option<string?> Spectrum { get; } = OptionKinds.FileName("--spectrum", "Writes the spectrum as a sparse function: a game file.");

    public Option<string?> Html { get; } = OptionKinds.FileName("--html", "Writes the result as a page to read and click: one HTML file that needs no network.");

    public Option<string?> Csv { get; } = OptionKinds.FileName("--csv", "Writes the interactions as a table: comma-separated values.");

    public Option<string?> Parquet { get; } = OptionKinds.FileName("--parquet", "Writes the interactions as a table: Parquet.");

    public Option<string?> Masks { get; } = OptionKinds.FileName("--masks", "Writes the masks that were evaluated as a NumPy array (.npy): uint8, a row a mask.");

    public Option<string?> Values { get; } = OptionKinds.FileName("--values", "Writes the values of these masks, in their order, as a NumPy array (.npy): float32.");

    public Option<string> Device { get; } = OptionKinds.Checked(
        "--device",
        "DEVICE",
        "Where it runs: auto (CUDA where it can be used, else cpu), cpu, cuda[:i] or opencl[:i]; or several, as cuda:0,cuda:1: each has the model and a share of the ablations. `spex devices` lists them.",
        DeviceCatalog.Auto,
        static given => DeviceCatalog.IsChoice(given) ? null : $"--device is one of {DeviceCatalog.Choices}; got {given}.");

    public Option<int?> Threads { get; } = OptionKinds.OptionalNumber("--threads", "N", "Threads on the processor. [default: all cores]", 1, 4096);

    public Option<bool> Quiet { get; } = new("--quiet") { Description = "Only the result on stdout and errors on stderr; no progress." };

    public void AddTo(Command command)
    {
        Option[] all = [Method, Budget, Faithfulness, Search, Index, Order, MaxDegree, Decode, Intervals, Top, Seed, Validate, Samples, Result, Html, Json, Spectrum, Csv, Parquet, Masks, Values, Device, Threads, Quiet];
        foreach (Option option in all)
        {
            command.Add(option);
        }
    }

    /// <summary>The settings that were given.</summary>
    public ExplainerSettings Read(ParseResult parsed) => new()
    {
        Method = parsed.GetRequiredValue(Method),
        Budget = parsed.GetValue(Budget) is { } budget && budget != AutomaticBudget ? long.Parse(budget, CultureInfo.InvariantCulture) : null,
        TargetFaithfulness = parsed.GetValue(Budget) == AutomaticBudget ? parsed.GetValue(Faithfulness) : null,
        Intervals = parsed.GetValue(Intervals),
        PaperSearch = parsed.GetRequiredValue(Search) == PaperSearch,
        Index = InteractionIndexNames.Parse(parsed.GetRequiredValue(Index)),
        Order = parsed.GetValue(Order),
        MaxDegree = parsed.GetValue(MaxDegree),
        BinDecoding = parsed.GetRequiredValue(Decode) == HardDecoding ? BinDecoding.Hard : BinDecoding.Soft,
        Seed = parsed.GetValue(Seed),
        Validate = parsed.GetValue(Validate),
        SamplesFile = parsed.GetValue(Samples),
    };

    private static string? BudgetWord(ArgumentResult argument)
    {
        string given = argument.Tokens[^1].Value;
        bool known = given == AutomaticBudget || (long.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number is >= 1 and <= Explainer.MostBudget);
        if (!known)
        {
            argument.AddError($"--budget takes a whole number from 1 to {Explainer.MostBudget}, or {AutomaticBudget}; got {given}.");
        }

        return given;
    }

    private static double Share(ArgumentResult argument)
    {
        string given = argument.Tokens[^1].Value;
        bool known = double.TryParse(given, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double share) && share is > 0 and < 1;
        if (!known)
        {
            argument.AddError($"--faithfulness takes a number above 0 and below 1; got {given}.");
        }

        return share;
    }
}
