using System.Globalization;
using Spectre.Console;
using Spex.Core.Interactions;

namespace Spex.Reports;

/// <summary>Interactions by the groups they join: which two documents act together, and how strongly (the multi-document figure of Kang et al., 2025).</summary>
/// <remarks>An interaction belongs to the pair of groups that its features are of, or to one group with itself; those of three groups and more are counted together.</remarks>
internal static class GroupPairs
{
    /// <summary>Writes the pairs, strongest first: the sum of their interactions' absolute strengths, their number, and the strongest one.</summary>
    /// <param name="console">Where to.</param>
    /// <param name="subject">What was explained, with groups.</param>
    /// <param name="interactions">Its interactions.</param>
    /// <param name="top">The most pairs to list.</param>
    /// <param name="labels">Names features.</param>
    public static void Write(IAnsiConsole console, Subject subject, InteractionValues interactions, int top, FeatureLabels labels)
    {
        IReadOnlyList<Pair> pairs = Of(subject, interactions);
        if (pairs.Count == 0)
        {
            return;
        }

        console.WriteLine();
        console.MarkupLineInterpolated($"[bold]by document pair[/]: sums of absolute strengths of sets of two and more, and the strongest set");
        int nameWidth = Math.Min(48, pairs.Take(top).Max(pair => pair.Name.Length));
        foreach (Pair pair in pairs.Take(top))
        {
            string name = pair.Name.Length > nameWidth ? $"{pair.Name[..(nameWidth - 1)]}…" : pair.Name.PadRight(nameWidth);
            console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  {name}  {pair.Sum,8:0.000}  {$"{pair.Count:N0} set{(pair.Count == 1 ? "" : "s")}",10}  {pair.Strongest.Strength:+0.000;-0.000} {labels.Of(pair.Strongest.Set)}"));
        }
    }

    /// <summary>The pairs, by falling sum; equals by name.</summary>
    internal static IReadOnlyList<Pair> Of(Subject subject, InteractionValues interactions)
    {
        if (subject.Groups is not { } groups || subject.GroupOfFeature is not { } owners)
        {
            return [];
        }

        string NameOf(Interaction interaction)
        {
            int[] joined = [.. interaction.Set.Select(feature => owners[feature]).Distinct().Order()];
            return joined.Length switch
            {
                1 => $"within {groups[joined[0]]}",
                2 => $"{groups[joined[0]]} × {groups[joined[1]]}",
                _ => "three documents and more",
            };
        }

        return [.. interactions.Interactions
            .Where(interaction => interaction.Set.Count > 1 && interaction.Strength != 0)
            .GroupBy(NameOf)
            .Select(pair => new Pair(pair.Key, pair.Sum(interaction => Math.Abs(interaction.Strength)), pair.Count(), pair.MaxBy(interaction => Math.Abs(interaction.Strength))))
            .OrderByDescending(pair => pair.Sum)
            .ThenBy(pair => pair.Name, StringComparer.Ordinal)];
    }

    /// <summary>What joins two groups.</summary>
    internal sealed record Pair(string Name, double Sum, int Count, Interaction Strongest);
}
