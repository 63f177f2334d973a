using Spex.Core.Interactions;

namespace Spex.Reports.Comparisons;

/// <summary>One result of a comparison.</summary>
/// <param name="Letter">What tables call it: A, B, ….</param>
/// <param name="Name">Its file.</param>
/// <param name="Result">The result.</param>
/// <param name="Values">Its interactions under the index and order that all are compared under, over its own features.</param>
public sealed record ComparedResult(string Letter, string Name, Result Result, InteractionValues Values)
{
    /// <summary>Whether the interactions were converted from the spectrum, because the result itself is under another index or order.</summary>
    public bool IsConverted => !ReferenceEquals(Values, Result.Explanation.Interactions);
}
