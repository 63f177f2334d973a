using System.Globalization;
using Spex.Core.Formats;
using Spex.Core.Games;
using Spex.Core.Spectra;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Explaining;
using Spex.Engine.ValueFunctions;
using Spex.GpuCheck.Results;

namespace Spex.GpuCheck.Explanations;

/// <summary>Whole explanations of games, whose values are the same wherever they are decoded: the processor's spectrum against the device's.</summary>
/// <remarks>Across devices: equal support for coefficients above 10⁻⁴ of the largest, and differences of at most 10⁻⁵ of it.</remarks>
internal sealed class ExplanationCheck(Device device, CheckReport report)
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

    private CheckResult Check(string name, Game game, string method, int? budget, CpuDevice processor)
    {
        string what = string.Create(CultureInfo.InvariantCulture, $"{name}, n = {game.FeatureCount}, {method}");
        try
        {
            GameValueFunction function = new(game);
            ExplainerSettings settings = new() { Method = method, Budget = budget, Order = 2, Seed = 1 };
            Explanation expected = new Explainer(processor).Explain(function, settings), actual = new Explainer(device).Explain(function, settings);
            string? difference = Difference(expected.Spectrum, actual.Spectrum);
            return new CheckResult(Part, what, difference is null ? Outcome.Passed : Outcome.Failed, difference ?? "");
        }
        catch (Spex.Core.SpexInputException refused)
        {
            return new CheckResult(Part, what, Outcome.Skipped, refused.Message);
        }
#pragma warning disable CA1031 // Whatever an explanation dies of, the others are checked and the report says it.
        catch (Exception error)
        {
            return new CheckResult(Part, what, Outcome.Failed, $"{error.GetType().Name}: {error.Message}");
        }
#pragma warning restore CA1031
    }
}
