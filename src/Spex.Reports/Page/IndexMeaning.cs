using Spex.Core.Interactions;

namespace Spex.Reports.Page;

/// <summary>What an index's numbers mean, for people who do not know it.</summary>
/// <param name="Strength">What the strength of a set is.</param>
/// <param name="Effect">What the strength of one feature is.</param>
internal sealed record IndexMeaning(string Strength, string Effect)
{
    /// <summary>What the numbers of an index mean.</summary>
    public static IndexMeaning Of(InteractionIndex index) => index switch
    {
        InteractionIndex.Fbii => new("what the set adds when it is complete, in the best fit of this order on random masks", "what the feature adds by itself, in the best fit of this order on random masks"),
        InteractionIndex.Fsii => new("what the set adds when it is complete, in the best fit of this order that also adds up to the output", "what the feature adds by itself, in the best fit of this order that also adds up to the output"),
        InteractionIndex.Stii => new("what the set adds when it is complete; sets of the largest order share what larger ones add", "what the feature adds by itself to the baseline"),
        InteractionIndex.Sii => new("what the set adds beyond its subsets, averaged over orders in which features join", "the feature's Shapley value"),
        InteractionIndex.KSii => new("what the set adds beyond its subsets, shared so that all together make the output", "what the feature adds, with the interactions shared out"),
        InteractionIndex.Sv => new("the feature's Shapley value, its fair share of the output", "the feature's Shapley value, its fair share of the output"),
        InteractionIndex.Bv => new("what the feature changes on average over random masks", "what the feature changes on average over random masks"),
        InteractionIndex.Bii => new("what the set adds beyond its subsets, on average over random masks", "what the feature changes on average over random masks"),
        InteractionIndex.Chii => new("what the set adds, averaged over chains of growing sets", "the feature's Shapley value"),
        InteractionIndex.Moebius => new("what the set adds to all its subsets when it is complete", "what the feature adds by itself to the baseline"),
        InteractionIndex.CoMoebius => new("what disappears beyond its subsets when the set is taken away", "what disappears when the feature is taken away"),
        InteractionIndex.Fourier => new("the Fourier coefficient of the set's parity", "the feature's Fourier coefficient; below 0 where its presence raises the value"),
        _ => throw new ArgumentOutOfRangeException(nameof(index), index, "Not an interaction index."),
    };
}
