using Spex.Core.Trees;

namespace Spex.Engine.Devices;

/// <summary>Samples on a device and the boosting runs that share them: the folds and settings of a search, of one function or many, train as one batch on one bit matrix.</summary>
/// <remarks>
/// Squared loss, LightGBM's leaf-wise growth. A run starts from the mean of its training values. While a tree has fewer than MaxLeaves leaves, the leaf whose best
/// split gains most (ties: the leaf that came first) is split on the feature that gains most (ties: the lower feature), if one gains at all and leaves MinSamplesInLeaf training samples on
/// both sides. A leaf takes the learning rate times the mean residual of its training samples. Held-out samples follow the trees without being seen by them, so each
/// run always knows its out-of-fold error. Owned by whoever loaded it.
/// </remarks>
public abstract class BoostingBatch(int sampleCount, int featureCount) : IDisposable
{
    /// <summary>The most samples: sums that decide stay exact in float64.</summary>
    public const int MaxSampleCount = 1 << 21;

    /// <summary>Number of samples N.</summary>
    public int SampleCount { get; } = sampleCount;

    /// <summary>Number of features n.</summary>
    public int FeatureCount { get; } = featureCount;

    /// <summary>Adds a run and gives its number: 0, 1, ….</summary>
    /// <param name="settings">How its trees grow.</param>
    /// <param name="heldOutFold">The fold whose samples its trees do not see; null to train on all.</param>
    /// <param name="function">Whose values it follows: 0, 1, … in the order in which they were loaded.</param>
    /// <exception cref="Spex.Core.SpexInputException">A setting is outside its range, or no sample is left to train on.</exception>
    public abstract int Add(BoostingSettings settings, byte? heldOutFold, int function = 0);

    /// <summary>Grows the next <paramref name="treeCount"/> trees of each of the given runs; a run whose residuals no split can lessen has no further trees.</summary>
    /// <param name="runs">Different runs.</param>
    /// <param name="treeCount">Trees to add to each.</param>
    /// <param name="cancel">Ends the growth between two trees.</param>
    public abstract void Grow(ReadOnlySpan<int> runs, int treeCount, CancellationToken cancel = default);

    /// <summary>Takes back all trees after the first <paramref name="treeCount"/>; what remains has the bits that it had when it was grown.</summary>
    public abstract void Truncate(int run, int treeCount);

    /// <summary>Trees that the run has.</summary>
    public abstract int TreeCount(int run);

    /// <summary>Whether the run has ended: no split lessens its training residuals.</summary>
    public abstract bool HasEnded(int run);

    /// <summary>The sum of squared errors over the run's held-out samples after 0, 1, …, <see cref="TreeCount"/> trees; zeros where none is held out.</summary>
    public abstract IReadOnlyList<double> HeldOutErrors(int run);

    /// <summary>The trees of a run.</summary>
    public abstract BoostedTrees Trees(int run);

    /// <summary>Writes the run's prediction of the held-out samples, or of all where none is held out, and leaves other entries.</summary>
    /// <param name="run">The run.</param>
    /// <param name="predictions">N numbers.</param>
    public abstract void Predict(int run, Span<double> predictions);

    /// <summary>Frees what a run holds; it cannot be used any more.</summary>
    public abstract void Remove(int run);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives the memory back.</summary>
    protected abstract void Dispose(bool disposing);
}
