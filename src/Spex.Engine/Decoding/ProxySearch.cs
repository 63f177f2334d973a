using Spex.Core;
using Spex.Core.Trees;
using Spex.Engine.Devices;

namespace Spex.Engine.Decoding;

/// <summary>
/// Finds the boosted trees that predict unseen masks best: every configuration grows in every fold, one boosting run serving all tree counts, and the
/// configuration and tree count with the smallest out-of-fold error is fitted again to all samples (the proxy of Butler et al., "ProxySPEX", 2025).
/// </summary>
/// <remarks>
/// All runs are one <see cref="BoostingBatch"/>. The error of a configuration after t trees is Σ (y − ŷ)² over all samples, each predicted by the run that did not see it; a
/// run that ended keeps its last trees. Ties: fewer trees, then the earlier configuration. Nothing depends on the order in which runs finish.
/// </remarks>
internal static class ProxySearch
{
    /// <summary>Folds of the cross-validation.</summary>
    public const int FoldCount = 5;

    /// <summary>Runs the search.</summary>
    /// <param name="device">Where the trees grow.</param>
    /// <param name="columns">n mask columns of ⌈N/64⌉ words, as <see cref="MaskPrimitives.Transpose"/> writes them.</param>
    /// <param name="sampleCount">N, 2 or more.</param>
    /// <param name="featureCount">n.</param>
    /// <param name="values">N finite values.</param>
    /// <param name="boundaries">F + 1 ascending boundaries: fold f is samples [boundaries[f], boundaries[f+1]), none empty.</param>
    /// <param name="settings">What is tried.</param>
    /// <param name="cancel">Ends the search.</param>
    /// <exception cref="SpexInputException">There are fewer than two samples, or a value is not finite.</exception>
    public static ProxySearchResult Run(
        Device device,
        DeviceBuffer<ulong> columns,
        int sampleCount,
        int featureCount,
        DeviceBuffer<float> values,
        int[] boundaries,
        ProxySearchSettings settings,
        CancellationToken cancel)
    {
        float[] host = new float[sampleCount];
        values.CopyTo(host);
        return Run(device, columns, host, featureCount, boundaries, settings, true, cancel);
    }

    /// <summary>As the other, with values that the host has.</summary>
    /// <param name="device">Where the trees grow.</param>
    /// <param name="columns">n mask columns of ⌈N/64⌉ words.</param>
    /// <param name="values">N finite values.</param>
    /// <param name="featureCount">n.</param>
    /// <param name="boundaries">The folds' boundaries.</param>
    /// <param name="settings">What is tried.</param>
    /// <param name="predict">Whether the out-of-fold predictions are wanted, which costs a copy of every fold's residuals; without, they are empty.</param>
    /// <param name="cancel">Ends the search.</param>
    public static ProxySearchResult Run(
        Device device,
        DeviceBuffer<ulong> columns,
        float[] values,
        int featureCount,
        int[] boundaries,
        ProxySearchSettings settings,
        bool predict,
        CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(settings);
        int sampleCount = values.Length;
        byte[] folds = new byte[sampleCount];
        for (int fold = 0; fold + 1 < boundaries.Length; fold++)
        {
            folds.AsSpan(boundaries[fold]..boundaries[fold + 1]).Fill((byte)fold);
        }

        using BoostingBatch batch = device.Trees.Load(columns, sampleCount, featureCount, values, folds);
        Candidate[] candidates = [.. settings.Configurations.Select(configuration => new Candidate(batch, configuration, boundaries.Length - 1))];
        for (int grown = 0; grown < settings.MaxTrees;)
        {
            int[] runs = [.. candidates.Where(candidate => !candidate.IsDone).SelectMany(candidate => candidate.Runs)];
            if (runs.Length == 0)
            {
                break;
            }

            int round = Math.Min(settings.RoundTrees, settings.MaxTrees - grown);
            batch.Grow(runs, round, cancel);
            grown += round;
            foreach (Candidate candidate in candidates.Where(candidate => !candidate.IsDone))
            {
                candidate.Judge(grown, settings);
            }
        }

        Candidate winner = candidates[0];
        foreach (Candidate candidate in candidates)
        {
            winner = candidate.Error < winner.Error ? candidate : winner;
        }

        double[] outOfFold = new double[predict ? sampleCount : 0];
        BoostedTrees[] foldTrees = new BoostedTrees[winner.Runs.Length];
        for (int fold = 0; fold < foldTrees.Length; fold++)
        {
            batch.Truncate(winner.Runs[fold], winner.TreeCount);
            if (predict)
            {
                batch.Predict(winner.Runs[fold], outOfFold);
            }

            foldTrees[fold] = batch.Trees(winner.Runs[fold]);
        }

        int final = batch.Add(winner.Settings, null);
        batch.Grow([final], winner.TreeCount, cancel);
        return new ProxySearchResult(
            winner.Settings,
            winner.TreeCount,
            batch.Trees(final),
            foldTrees,
            outOfFold,
            winner.Error,
            boundaries,
            [.. candidates.Select(candidate => new ProxyConfigurationResult(candidate.Settings, candidate.TreeCount, candidate.Error, candidate.Grown))]);
    }

    /// <summary>The boundaries of min(<see cref="FoldCount"/>, N) contiguous folds whose sizes differ by one at most.</summary>
    /// <exception cref="SpexInputException">There are fewer than two samples.</exception>
    public static int[] Boundaries(int sampleCount)
    {
        if (sampleCount < 2)
        {
            throw new SpexInputException($"Cross-validation needs at least 2 samples; there are {sampleCount}.");
        }

        int count = Math.Min(FoldCount, sampleCount);
        return [.. Enumerable.Range(0, count + 1).Select(fold => (int)((long)sampleCount * fold / count))];
    }

    /// <summary>One configuration: its runs and the best that they have reached together.</summary>
    private sealed class Candidate
    {
        private readonly BoostingBatch _batch;
        private int _judged = -1;

        public Candidate(BoostingBatch batch, BoostingSettings settings, int folds)
        {
            _batch = batch;
            Settings = settings;
            Runs = [.. Enumerable.Range(0, folds).Select(fold => batch.Add(settings, (byte)fold))];
        }

        public BoostingSettings Settings { get; }

        public int[] Runs { get; }

        public double Error { get; private set; } = double.PositiveInfinity;

        public int TreeCount { get; private set; }

        public int Grown { get; private set; }

        public bool IsDone { get; private set; }

        /// <summary>Looks at the errors of the trees that are new.</summary>
        public void Judge(int grown, ProxySearchSettings settings)
        {
            Grown = Runs.Max(_batch.TreeCount);
            IReadOnlyList<double>[] errors = [.. Runs.Select(_batch.HeldOutErrors)];
            for (int t = _judged + 1; t <= grown; t++)
            {
                bool eligible = settings.TreeCounts is null || settings.TreeCounts.Contains(t);
                double error = 0;
                foreach (IReadOnlyList<double> curve in errors)
                {
                    error += curve[Math.Min(t, curve.Count - 1)];
                }

                if (eligible && error < Error)
                {
                    (Error, TreeCount) = (error, t);
                }
            }

            _judged = grown;
            bool ended = Runs.All(_batch.HasEnded);
            if (ended && double.IsPositiveInfinity(Error))
            {
                // No tree count that may win was reached before every run ended; later trees would all be empty.
                (Error, TreeCount) = (errors.Sum(curve => curve[^1]), settings.TreeCounts![0]);
            }

            IsDone = ended || (settings.Patience is { } patience && grown - TreeCount >= Math.Max(patience, grown / 3));
        }
    }
}
