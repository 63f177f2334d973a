using Spex.Core.Formats;
using Spex.Engine.Decoding;

namespace Spex.Engine.Explaining;

/// <summary>How an explanation came about: all that is needed to repeat it.</summary>
public sealed record ExplanationRun
{
    /// <summary>The method that was used: exact, spex, …; for "auto" the fit that it chose.</summary>
    public required string Method { get; init; }

    /// <summary>The method that was asked for; "auto" left the choice to the engine.</summary>
    public required string RequestedMethod { get; init; }

    /// <summary>The fits between which "auto" chose; none for other methods.</summary>
    public IReadOnlyList<Trial> Trials { get; init; } = [];

    /// <summary>The budget, given or by default.</summary>
    public required long Budget { get; init; }

    /// <summary>Masks of the budget whose value was used, evaluated in this run or before.</summary>
    public required long Ablations { get; init; }

    /// <summary>Masks outside the budget on which the finished fit was measured.</summary>
    public required long ValidationAblations { get; init; }

    /// <summary>Values, of all those, that came from the samples file.</summary>
    public required long Reused { get; init; }

    /// <summary>The largest set that the spectrum may hold, where the method estimates it.</summary>
    public required int MaxDegree { get; init; }

    /// <summary>How SPEX read the bins' signs; of no effect on other methods.</summary>
    public required BinDecoding BinDecoding { get; init; }

    /// <summary>The seed.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The device, as `--device` takes it.</summary>
    public required string Device { get; init; }

    /// <summary>The device's hardware.</summary>
    public required string DeviceDescription { get; init; }

    /// <summary>The value function's fingerprint.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Masks in a batch at the start.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Where memory was short and batches became smaller.</summary>
    public required IReadOnlyList<SamplesPlanChange> PlanChanges { get; init; }

    /// <summary>Seconds of each part, in the order in which they ran; "model" is the time in the value function.</summary>
    public required IReadOnlyList<(string Part, double Seconds)> Timings { get; init; }

    /// <summary>Seconds in all.</summary>
    public double Seconds => Timings.Sum(timing => timing.Seconds);
}
