using Spex.Core.Spectra;

namespace Spex.Reports.Comparisons;

/// <summary>A set and its strength in each result.</summary>
/// <param name="Set">The set, over the comparison's features.</param>
/// <param name="Strengths">One a result: 0 where it does not list the set, null where it lacks one of its features.</param>
public sealed record ComparedSet(FeatureSet Set, IReadOnlyList<double?> Strengths)
{
    /// <summary>The largest magnitude in any result.</summary>
    public double Largest => Strengths.Max(strength => Math.Abs(strength ?? 0));

    /// <summary>How far the results are apart; 0 where fewer than two know the set.</summary>
    public double Spread => Strengths.Count(strength => strength is not null) < 2 ? 0 : Strengths.Max()!.Value - Strengths.Min()!.Value;

    /// <summary>Whether every result lists the set.</summary>
    public bool IsShared => Strengths.All(strength => strength is not null and not 0);
}
