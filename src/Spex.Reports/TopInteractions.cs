using Spex.Core.Interactions;

namespace Spex.Reports;

/// <summary>The strongest interactions, and what all others come to: nothing is left out silently.</summary>
/// <param name="Shown">The strongest, without the empty set: by magnitude, then in the order of their sets.</param>
/// <param name="OtherCount">How many others there are.</param>
/// <param name="OtherSum">The sum of the others' strengths.</param>
internal sealed record TopInteractions(IReadOnlyList<Interaction> Shown, int OtherCount, double OtherSum)
{
    /// <summary>All interactions but the empty set's.</summary>
    public int Count => Shown.Count + OtherCount;

    /// <summary>The largest magnitude; 0 where there is none.</summary>
    public double Largest => Shown.Count == 0 ? 0 : Math.Abs(Shown[0].Strength);

    /// <summary>The strongest of a list.</summary>
    /// <param name="values">The interactions.</param>
    /// <param name="count">How many at most.</param>
    /// <param name="minOrder">The smallest size of a set.</param>
    public static TopInteractions Of(InteractionValues values, int count, int minOrder = 1) => Of(values.Strongest(int.MaxValue, minOrder), count);

    /// <summary>The first of a list that is ordered by magnitude.</summary>
    public static TopInteractions Of(IReadOnlyList<Interaction> strongestFirst, int count) =>
        new([.. strongestFirst.Take(count)], Math.Max(0, strongestFirst.Count - count), strongestFirst.Skip(count).Sum(interaction => interaction.Strength));
}
