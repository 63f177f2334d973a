namespace Spex.Reports.Comparisons;

/// <summary>How far two results agree, over the sets whose features both have.</summary>
/// <param name="Top">How many of the strongest were held against each other; fewer than asked for where a result lists fewer.</param>
/// <param name="Shared">How many of these are among the strongest of both.</param>
/// <param name="SameSign">How many of the shared have the same sign in both.</param>
/// <param name="TopCorrelation">Spearman's ρ of the strengths of the sets that are among the strongest of either; null where it is not defined.</param>
/// <param name="Sets">All sets that either lists.</param>
/// <param name="Correlation">Spearman's ρ of the strengths of all these, 0 where one does not list a set.</param>
public sealed record Agreement(int Top, int Shared, int SameSign, double? TopCorrelation, int Sets, double? Correlation);
