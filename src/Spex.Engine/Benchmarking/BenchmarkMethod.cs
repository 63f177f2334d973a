using System.Globalization;
using Spex.Core;
using Spex.Engine.Decoding;

namespace Spex.Engine.Benchmarking;

/// <summary>A method as a benchmark names it: its name, and with a colon the order of those that fit all sets up to a size, as in "faith-banzhaf:2".</summary>
/// <param name="Name">One of <see cref="ExplanationMethods.Names"/>.</param>
/// <param name="Order">The largest set that it fits; null for methods that have no order, or for the largest that they take.</param>
public sealed record BenchmarkMethod(string Name, int? Order)
{
    private static readonly (string Name, int MostOrder)[] Orders = [("lasso", 2), ("faith-banzhaf", 4), ("faith-shap", 4), ("stii", 4)];

    /// <summary>What is compared unless methods are named: all but "exact", those with an order at 1 and at 2.</summary>
    public static IReadOnlyList<string> Usual { get; } =
    [
        .. ExplanationMethods.Names.Where(name => name != "exact")
            .SelectMany(name => Orders.Any(one => one.Name == name) ? new[] { $"{name}:1", $"{name}:2" } : [name]),
    ];

    /// <summary>Reads a method's name, with or without an order.</summary>
    /// <exception cref="SpexInputException">There is no such method, or it takes no such order.</exception>
    public static BenchmarkMethod Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split(':', 2);
        if (!ExplanationMethods.Names.Contains(parts[0]))
        {
            throw new SpexInputException($"There is no method \"{parts[0]}\"; the methods are {string.Join(", ", ExplanationMethods.Names)}.");
        }

        if (parts.Length == 1)
        {
            return new BenchmarkMethod(parts[0], null);
        }

        int most = Orders.FirstOrDefault(one => one.Name == parts[0]).MostOrder;
        if (most == 0)
        {
            throw new SpexInputException($"The method {parts[0]} has no order; those that have one are {string.Join(", ", Orders.Select(one => one.Name))}.");
        }

        return int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int order) && order >= 1 && order <= most
            ? new BenchmarkMethod(parts[0], order)
            : throw new SpexInputException($"The order of {parts[0]} is 1 to {most}; got {parts[1]}.");
    }
}
