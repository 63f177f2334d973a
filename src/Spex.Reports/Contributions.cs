using Spex.Core.Interactions;
using Spex.Engine.Explaining;

namespace Spex.Reports;

/// <summary>How interactions add up to the output: baseline + constant + Σ steps + rest = output, exactly.</summary>
/// <remarks>
/// With all features present, the function that FBII, FSII, STII, k-SII, SV and Möbius coefficients describe is Σ_S I(S). Strengths under other indices do not add up to the
/// output: the features' Shapley values under the spectrum stand in for them.
/// </remarks>
internal sealed record Contributions
{
    /// <summary>The value with no feature present.</summary>
    public required double Baseline { get; init; }

    /// <summary>The empty set's strength beside the baseline: how far the fit is off there.</summary>
    public required double Constant { get; init; }

    /// <summary>What each set adds, the strongest first.</summary>
    public required IReadOnlyList<Interaction> Steps { get; init; }

    /// <summary>The value with all features present.</summary>
    public required double Output { get; init; }

    /// <summary>Whether the steps are Shapley values, because the result's strengths do not add up.</summary>
    public required bool AreShapleyValues { get; init; }

    /// <summary>What the steps do not tell: sets larger than the order, and the fit's error with all features present.</summary>
    public double Rest => Output - Baseline - Constant - Steps.Sum(step => step.Strength);

    /// <summary>The contributions of a result.</summary>
    public static Contributions Of(Explanation explanation)
    {
        InteractionValues values = explanation.Interactions;
        bool adds = values.Index is InteractionIndex.Fbii or InteractionIndex.Fsii or InteractionIndex.Stii or InteractionIndex.KSii or InteractionIndex.Sv or InteractionIndex.Moebius;
        InteractionValues summed = adds ? values : InteractionConverter.Convert(explanation.Spectrum, InteractionIndex.Sv, 1);
        return new Contributions
        {
            Baseline = explanation.Baseline.Value,
            Constant = summed.Baseline - explanation.Baseline.Value,
            Steps = summed.Strongest(int.MaxValue),
            Output = explanation.Output.Value,
            AreShapleyValues = !adds,
        };
    }
}
