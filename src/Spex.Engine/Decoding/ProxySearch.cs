using Spex.Core;
using Spex.Core.Masks;
using Spex.Core.Trees;
using Spex.Engine.Devices;

namespace Spex.Engine.Decoding;

/// <summary>
/// Finds the boosted trees that predict unseen masks best: every configuration grows in every fold, one boosting run serving all tree counts, and the
/// configuration and tree count with the smallest out-of-fold error is fitted again to all samples (the proxy of Butler et al., "ProxySPEX", 2025).
/// </summary>
/// <remarks>
/// All runs, of one function or of many, are one <see cref="BoostingBatch"/>; each function's end as they would by themselves. The error of a configuration after t trees is Σ (y − ŷ)² over all samples, each predicted by the run that did not see it; a
/// run that ended keeps its last trees. Ties: fewer trees, then the earlier configuration. Nothing depends on the order in which runs finish.
/// </remarks>
internal static class ProxySearch
{
    /// <summary>Folds of the cross-validation.</summary>
    public const int FoldCount = 5;

    // A sum and a count of a histogram; and parts of one that are added up.
    private const long BytesOfBin = 8, HistogramParts = 16;

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
        return Run(device, columns, [host], featureCount, boundaries, settings, true, cancel)[0];
    }

    /// <summary>As the other, for many functions whose values the host has.</summary>
    /// <param name="device">Where the trees grow.</param>
    /// <param name="columns">n mask columns of ⌈N/64⌉ words.</param>
    /// <param name="values">For each function N finite values.</param>
    /// <param name="featureCount">n.</param>
    /// <param name="boundaries">The folds' boundaries.</param>
    /// <param name="settings">What is tried.</param>
    /// <param name="predict">Whether the out-of-fold predictions are wanted, which costs a copy of every fold's residuals; without, they are empty.</param>
    /// <param name="cancel">Ends the search.</param>
    public static ProxySearchResult[] Run(
        Device device,
        DeviceBuffer<ulong> columns,
        IReadOnlyList<float[]> values,
        int featureCount,
        int[] boundaries,
        ProxySearchSettings settings,
        bool predict,
        CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(settings);
        int sampleCount = boundaries[^1], foldCount = boundaries.Length - 1;
        byte[] folds = new byte[sampleCount];
        for (int fold = 0; fold < foldCount; fold++)
        {
            folds.AsSpan(boundaries[fold]..boundaries[fold + 1]).Fill((byte)fold);
        }

        using BoostingBatch batch = device.Trees.Load(columns, sampleCount, featureCount, [.. values.SelectMany(own => own)], folds);
        Candidate[][] candidates = [.. values.Select((_, function) => settings.Configurations.Select(configuration => new Candidate(batch, function, configuration, foldCount)).ToArray())];
        for (int grown = 0; grown < settings.MaxTrees;)
        {
            Candidate[] going = [.. candidates.SelectMany(own => own).Where(candidate => !candidate.IsDone)];
            if (going.Length == 0)
            {
                break;
            }

            int round = Math.Min(settings.RoundTrees, settings.MaxTrees - grown);
            batch.Grow([.. going.SelectMany(candidate => candidate.Runs)], round, cancel);
            grown += round;
            Array.ForEach(going, candidate => candidate.Judge(grown, settings));
        }

        // The earliest of equal ones wins.
        Candidate[] winners = Array.ConvertAll(candidates, own => own.MinBy(candidate => candidate.Error)!);
        BoostedTrees[][] foldTrees = new BoostedTrees[winners.Length][];
        double[][] outOfFold = [.. winners.Select(_ => new double[predict ? sampleCount : 0])];
        for (int function = 0; function < winners.Length; function++)
        {
            foreach (int run in winners[function].Runs)
            {
                batch.Truncate(run, winners[function].TreeCount);
                if (predict)
                {
                    batch.Predict(run, outOfFold[function]);
                }
            }

            foldTrees[function] = Array.ConvertAll(winners[function].Runs, batch.Trees);
        }

        BoostedTrees[] trees = GrowAll(batch, winners, cancel);
        return [.. winners.Select((winner, function) => new ProxySearchResult(
            winner.Settings,
            winner.TreeCount,
            trees[function],
            foldTrees[function],
            outOfFold[function],
            winner.Error,
            boundaries,
            [.. candidates[function].Select(candidate => new ProxyConfigurationResult(candidate.Settings, candidate.TreeCount, candidate.Error, candidate.Grown))]))];
    }

    /// <summary>Each function's winner on all its samples; those that need more trees go on when the others have theirs.</summary>
    private static BoostedTrees[] GrowAll(BoostingBatch batch, Candidate[] winners, CancellationToken cancel)
    {
        int[] runs = [.. winners.Select((winner, function) => batch.Add(winner.Settings, null, function))];
        int grown = 0;
        foreach (int count in winners.Select(winner => winner.TreeCount).Distinct().Order())
        {
            batch.Grow([.. runs.Where((_, function) => winners[function].TreeCount >= count)], count - grown, cancel);
            grown = count;
        }

        return Array.ConvertAll(runs, batch.Trees);
    }

    /// <summary>Bytes that the runs of a function take while they grow, about: of a word of samples their residuals, gradients and leaves, of a leaf its histogram.</summary>
    /// <param name="sampleCount">N.</param>
    /// <param name="featureCount">n.</param>
    /// <param name="problems">F + 1.</param>
    /// <param name="settings">What is tried.</param>
    internal static long BytesOf(int sampleCount, int featureCount, int problems, ProxySearchSettings settings) => settings.Configurations.Sum(configuration =>
    {
        long digits = configuration.QuantizedGradients ? 1 : BoostingArithmetic.FineDigits, leaves = configuration.MaxLeaves;
        return problems * ((MaskMatrix.WordsFor(sampleCount) * ((2 * 64 * sizeof(int)) + (sizeof(ulong) * (leaves + (4 * digits) + 3)))) + (BytesOfBin * (leaves + HistogramParts) * digits * featureCount));
    });

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

        public Candidate(BoostingBatch batch, int function, BoostingSettings settings, int folds)
        {
            _batch = batch;
            Settings = settings;
            Runs = [.. Enumerable.Range(0, folds).Select(fold => batch.Add(settings, (byte)fold, function))];
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
