using System.Globalization;
using Spex.Core;

namespace Spex.Engine.Decoding;

/// <summary>The methods there are, by name.</summary>
public static class ExplanationMethods
{
    /// <summary>The name under which the engine chooses; see <see cref="AutoMethod"/>.</summary>
    public const string Auto = "auto";

    private static readonly ExactMethod Exact = new();
    private static readonly SpexMethod Spex = new();
    private static readonly AutoMethod Automatic = new();
    private static readonly ProxySpexMethod ProxySpex = new();

    /// <summary>All methods, in the order in which help lists them.</summary>
    public static IReadOnlyList<ExplanationMethod> All { get; } =
    [
        Automatic,
        Exact,
        Spex,
        ProxySpex,
        new LimeMethod(),
        new ShapMethod(),
        new PermutationShapMethod(),
        new BanzhafMethod(),
        new FaithBanzhafMethod(),
        new FaithShapMethod(),
        new ShapleyTaylorMethod(),
        new LassoMethod(),
    ];

    /// <summary>What `--method` takes.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(method => method.Name)];

    /// <summary>Settles which method explains a function, and with which budget. "auto" and "spex" enumerate all masks where the budget carries them.</summary>
    /// <param name="name">One of <see cref="Names"/>, whatever its letter case.</param>
    /// <param name="featureCount">n, 1 or more.</param>
    /// <param name="budget">The most ablations; null for the method's default.</param>
    /// <param name="settings">The decoder's settings.</param>
    /// <exception cref="SpexInputException">There is no such method, it cannot run, or the budget is below its least.</exception>
    public static (ExplanationMethod Method, long Budget) Choose(string name, int featureCount, long? budget, DecoderSettings settings)
    {
        ExplanationMethod method = All.FirstOrDefault(known => string.Equals(known.Name, name, StringComparison.OrdinalIgnoreCase))
            ?? throw new SpexInputException($"There is no method \"{name}\"; the methods are {string.Join(", ", Names)}.");

        if (method.CannotRun(featureCount, settings) is { } reason)
        {
            throw new SpexInputException(reason);
        }

        // All masks are enough for every method, and the exact one asks for no more.
        long all = featureCount <= ExactMethod.FeatureLimit ? 1L << featureCount : long.MaxValue;
        long least = method == Exact ? Exact.LeastBudget(featureCount, settings) : Math.Min(all, method.LeastBudget(featureCount, settings));
        long chosen = budget ?? method.DefaultBudget(featureCount, settings);
        if (chosen < least)
        {
            string why = least == all ? $", all masks of {Features(featureCount)}" : $" for {Features(featureCount)}";
            throw new SpexInputException(string.Create(
                CultureInfo.InvariantCulture,
                $"The method {method.Name} needs at least {least} ablations{why}; the budget is {chosen}. Raise --budget."));
        }

        return (method == Spex || method == Automatic) && all <= chosen ? (Exact, chosen) : (method, chosen);
    }

    private static string Features(int count) => count == 1 ? "1 feature" : $"{count} features";
}
