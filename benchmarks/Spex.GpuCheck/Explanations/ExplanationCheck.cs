using System.Globalization;
using Spex.Core.Formats;
using Spex.Core.Games;
using Spex.Core.Masks;
using Spex.Core.Spectra;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Devices.Ilgpu;
using Spex.Engine.Explaining;
using Spex.Engine.ValueFunctions;
using Spex.GpuCheck.Results;

namespace Spex.GpuCheck.Explanations;

/// <summary>Whole explanations of games, whose values are the same wherever they are decoded: the processor's spectrum against the device's.</summary>
/// <remarks>Across devices: equal support for coefficients above 10⁻⁴ of the largest, and differences of at most 10⁻⁵ of it. The device together with another of its kind: the same bits.</remarks>
/// <param name="device">The device.</param>
/// <param name="openAnother">Opens another of its kind; throws <see cref="Spex.Core.SpexInputException"/> where there is none.</param>
/// <param name="report">Takes what was found.</param>
internal sealed class ExplanationCheck(Device device, Func<IlgpuDevice> openAnother, CheckReport report)
{
    /// <summary>Coefficients above this share of the largest are in both spectra or in neither.</summary>
    public const double SupportShare = 1e-4;

    /// <summary>Coefficients differ by at most this share of the largest.</summary>
    public const double Tolerance = 1e-5;

    private const string Part = "explanations";

    /// <summary>Explains games by every method.</summary>
    public void Run(CheckSizes sizes)
    {
        using CpuDevice processor = new();
        string folder = Path.Combine(AppContext.BaseDirectory, "games");
        Dictionary<string, Game> games = new[] { "sparse_games.json", "real_games.json" }
            .SelectMany(file => GameFile.ReadAll(Path.Combine(folder, file)))
            .ToDictionary(game => game.Key, game => game.Value);
        foreach (string name in sizes.Games)
        {
            foreach (string method in sizes.Methods)
            {
                report.Add(Check(name, games[name], method, sizes.Budget, processor));
            }
        }

        report.Add(CheckTogether(sizes.Games[0], games[sizes.Games[0]], sizes.Methods[0], sizes.Budget));
    }

    /// <summary>What two spectra disagree in; null where they agree.</summary>
    public static string? Difference(Spectrum expected, Spectrum actual)
    {
        double largest = expected.Terms.Max(term => Math.Abs(term.Coefficient));
        foreach (FeatureSet set in expected.Terms.Concat(actual.Terms).Select(term => term.Set).Distinct())
        {
            double right = expected[set], got = actual[set];
            if (!(Math.Abs(right - got) <= Tolerance * largest))
            {
                return string.Create(CultureInfo.InvariantCulture, $"the coefficient of {set} is {got} instead of {right}; the largest is {largest}");
            }

            if (Math.Abs(right) > SupportShare * largest != Math.Abs(got) > SupportShare * largest)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{set} is in one support only: {got} instead of {right}; the largest is {largest}");
            }
        }

        return null;
    }

    /// <summary>What a device finds otherwise together with another than alone; null where both ways give the same bits, and the other had its share.</summary>
    public static string? Together(Device device, IlgpuDevice another, IReplicableValueFunction function, ExplainerSettings settings)
    {
        Explanation alone = new Explainer(device).Explain(function, settings);
        using MultiDeviceValueFunction several = new(function, [device, another]);
        Explanation together = new Explainer(device).Explain(several, settings);
        return another.Transfers.ToHost.ContainsKey(nameof(Single)) ? OtherBits(alone, together) : $"{another.Name} gave no value";
    }

    /// <summary>What two explanations, and the masks and values that they are made of, do not have the same bits in; null where they have.</summary>
    public static string? OtherBits(Explanation expected, Explanation actual)
    {
        (MaskMatrix masks, IReadOnlyList<float> values) = expected.ToSamples();
        (MaskMatrix gotMasks, IReadOnlyList<float> gotValues) = actual.ToSamples();
        return !masks.Words.SequenceEqual(gotMasks.Words) ? "other masks were evaluated"
            : !values.SequenceEqual(gotValues) ? "masks have other values"
            : !expected.Spectrum.Terms.SequenceEqual(actual.Spectrum.Terms) ? "the values are the same and the spectrum is another"
            : null;
    }

    private CheckResult Check(string name, Game game, string method, int? budget, CpuDevice processor) => Try($"{name}, n = {game.FeatureCount}, {method}", () =>
    {
        GameValueFunction function = new(game);
        ExplainerSettings settings = SettingsOf(method, budget);
        Explanation expected = new Explainer(processor).Explain(function, settings), actual = new Explainer(device).Explain(function, settings);
        return Difference(expected.Spectrum, actual.Spectrum);
    });

    private CheckResult CheckTogether(string name, Game game, string method, int? budget) => Try($"{name}, n = {game.FeatureCount}, {method}, together with another device", () =>
    {
        using IlgpuDevice another = openAnother();
        another.PoisonsMemory = true;
        return Together(device, another, new GameInParts(game), SettingsOf(method, budget));
    });

    private static ExplainerSettings SettingsOf(string method, int? budget) => new() { Method = method, Budget = budget, Order = 2, Seed = 1 };

    private static CheckResult Try(FormattableString what, Func<string?> check)
    {
        string name = what.ToString(CultureInfo.InvariantCulture);
        try
        {
            string? wrong = check();
            return new CheckResult(Part, name, wrong is null ? Outcome.Passed : Outcome.Failed, wrong ?? "");
        }
        catch (Spex.Core.SpexInputException refused)
        {
            return new CheckResult(Part, name, Outcome.Skipped, refused.Message);
        }
#pragma warning disable CA1031 // Whatever an explanation dies of, the others are checked and the report says it.
        catch (Exception error)
        {
            return new CheckResult(Part, name, Outcome.Failed, $"{error.GetType().Name}: {error.Message}");
        }
#pragma warning restore CA1031
    }
}
