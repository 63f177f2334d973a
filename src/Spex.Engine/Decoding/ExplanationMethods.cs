using Spex.Core;

namespace Spex.Engine.Decoding;

/// <summary>The methods there are, by name.</summary>
public static class ExplanationMethods
{
    /// <summary>The name under which the engine chooses: exact where all masks fit the budget, else the best method there is.</summary>
    public const string Auto = "auto";

    /// <summary>All methods, in the order in which help lists them.</summary>
    public static IReadOnlyList<ExplanationMethod> All { get; } = [new ExactMethod()];

    /// <summary>What `--method` takes: "auto" and the methods' names.</summary>
    public static IReadOnlyList<string> Names { get; } = [Auto, .. All.Select(method => method.Name)];

    /// <summary>The method of a name other than "auto".</summary>
    /// <exception cref="SpexInputException">There is none.</exception>
    public static ExplanationMethod Find(string name) =>
        All.FirstOrDefault(method => string.Equals(method.Name, name, StringComparison.OrdinalIgnoreCase))
        ?? throw new SpexInputException($"There is no method \"{name}\"; the methods are {string.Join(", ", Names)}.");
}
