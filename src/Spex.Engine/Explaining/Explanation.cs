using Spex.Core.Interactions;
using Spex.Core.Metrics;
using Spex.Core.Spectra;

namespace Spex.Engine.Explaining;

/// <summary>What the explainer found: the spectrum, the interactions, how far they can be trusted, and how they came about.</summary>
public sealed record Explanation
{
    /// <summary>The spectrum.</summary>
    public required Spectrum Spectrum { get; init; }

    /// <summary>The spectrum's interactions under the index and up to the order that were asked for.</summary>
    public required InteractionValues Interactions { get; init; }

    /// <summary>How well the spectrum predicts the value function on masks that the fit did not see, and how that was measured.</summary>
    public required Faithfulness Faithfulness { get; init; }

    /// <summary>The value with all features present.</summary>
    public required CornerValue Output { get; init; }

    /// <summary>The value with no feature present.</summary>
    public required CornerValue Baseline { get; init; }

    /// <summary>How it came about.</summary>
    public required ExplanationRun Run { get; init; }

    /// <summary>What people should know beside the numbers, one sentence each; empty when there is nothing.</summary>
    public required IReadOnlyList<string> Remarks { get; init; }
}
