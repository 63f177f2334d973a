using Spex.Core.Designs;
using Spex.Core.Formats;
using Spex.Engine.Devices;

namespace Spex.Engine.Explaining;

/// <summary>Where a run's values come from.</summary>
internal interface IAblations
{
    /// <summary>Masks in a batch, as things stand.</summary>
    int BatchSize { get; }

    /// <summary>Where the batch plan changed.</summary>
    IReadOnlyList<SamplesPlanChange> PlanChanges { get; }

    /// <summary>Masks that the runs so far asked for, and those to come as far as they were announced.</summary>
    long Total { get; set; }

    /// <summary>Masks whose value was known from the samples file.</summary>
    long Reused { get; }

    /// <summary>All values that are known so far.</summary>
    KnownValues Known { get; }

    /// <summary>Seconds in the value function.</summary>
    double ModelSeconds { get; }

    /// <summary>Seconds in all.</summary>
    double Seconds { get; }

    /// <summary>The values of all masks of a design, see <see cref="AblationRunner.Run"/>.</summary>
    float[] Run(MaskDesign design, long firstIndex, CancellationToken cancel, DeviceBuffer<float>? kept = null);
}
