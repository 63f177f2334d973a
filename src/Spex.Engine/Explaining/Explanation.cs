using Spex.Core.Interactions;
using Spex.Core.Masks;
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

    /// <summary>For each interaction but the empty set's the interval of its strength, by resampling ablations; null where it was not asked for.</summary>
    public IReadOnlyDictionary<FeatureSet, Interval>? Intervals { get; init; }

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

    /// <summary>Ablations spent on an estimate, as shapiq's files name them; null where all masks were evaluated and the values are exact.</summary>
    public long? EstimationBudget => Faithfulness.Measure == FaithfulnessMeasure.Exact ? null : Run.Ablations;

    /// <summary>The values that it was made from, where an explainer made it.</summary>
    internal KnownValues? Values { get; init; }

    private KnownValues Known => Values ?? throw new InvalidOperationException("Only an explanation that an explainer made has samples.");

    /// <summary>Writes all masks that were evaluated, with their values, to a samples file: the same explanation can be made of it without evaluating anything.</summary>
    /// <param name="path">A new file, or a samples file of the same function, which gains what it lacks.</param>
    /// <exception cref="Core.SpexException">The file cannot be written, or is of another function.</exception>
    /// <exception cref="InvalidOperationException">The explanation was not made by an explainer.</exception>
    public void SaveSamples(string path) => Known.Save(path);

    /// <summary>All masks that were evaluated, each once, in the order in which they were, and the value of each.</summary>
    /// <exception cref="InvalidOperationException">The explanation was not made by an explainer.</exception>
    public (MaskMatrix Masks, IReadOnlyList<float> Values) ToSamples() => Known.ToSamples();
}
