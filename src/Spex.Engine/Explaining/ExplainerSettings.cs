using Spex.Core.Interactions;
using Spex.Engine.Decoding;

namespace Spex.Engine.Explaining;

/// <summary>What people may choose about an explanation.</summary>
public sealed record ExplainerSettings
{
    /// <summary>The method's name, one of <see cref="ExplanationMethods.Names"/>.</summary>
    public string Method { get; init; } = ExplanationMethods.Auto;

    /// <summary>The most ablations; null for the method's default.</summary>
    public long? Budget { get; init; }

    /// <summary>
    /// The R² up to which ablations are added in rounds, above 0 and below 1; null for one round with <see cref="Budget"/>. Each round's uniform validation masks count as spent,
    /// and <see cref="Budget"/>, where it is given, is the most that all rounds spend.
    /// </summary>
    public double? TargetFaithfulness { get; init; }

    /// <summary>Whether every interaction gets an interval, by resampling the ablations.</summary>
    public bool Intervals { get; init; }

    /// <summary>Whether ProxySPEX tries the whole grid of its paper instead of the few settings that suit the number of masks.</summary>
    public bool PaperSearch { get; init; }

    /// <summary>The interaction index.</summary>
    public InteractionIndex Index { get; init; } = InteractionIndex.Fbii;

    /// <summary>The largest set that is reported, 1 or more; part of the definition of some indices. It does not limit the spectrum.</summary>
    public int Order { get; init; } = 5;

    /// <summary>The largest set that the spectrum may hold, 1 to 6, where the method estimates it.</summary>
    public int MaxDegree { get; init; } = 5;

    /// <summary>The seed, from which every random choice follows.</summary>
    public ulong Seed { get; init; }

    /// <summary>How SPEX reads the bins' signs.</summary>
    public BinDecoding BinDecoding { get; init; } = BinDecoding.Soft;

    /// <summary>Uniformly random masks outside the budget, 0 or more, on which the finished fit is measured.</summary>
    public int Validate { get; init; }

    /// <summary>A file that keeps every value; values it holds already are not evaluated again. Null for none.</summary>
    public string? SamplesFile { get; init; }

    /// <summary>Where the values go when the run ends early and no samples file was given or it could not be written; null to let them go. The error's message then says it.</summary>
    public string? RescueFile { get; init; }
}
