using ILGPU;
using ILGPU.Runtime;
using Spex.Core;
using Spex.Core.Masks;
using Spex.Core.Trees;
using Spex.Kernels;

namespace Spex.Engine.Devices.Ilgpu;

/// <summary>Boosting on an accelerator: all runs of a call grow their trees in the same launches.</summary>
/// <remarks>
/// To the device go the values, 4 bytes a sample and function, and for each fold a bit a sample; from it come, once every <see cref="TreesALook"/> trees, the records of the trees and 16 bytes of error a tree,
/// and with <see cref="Predict"/> 4 bytes a sample. While a tree grows nothing is read. The residuals of runs that are new or were truncated are made, of all in one launch, when they are needed.
/// </remarks>
internal sealed class IlgpuBoostingBatch : BoostingBatch
{
    // Trees between two looks at their records: so often the host waits for the device, and learns which runs have ended.
    private const int TreesALook = 16;

    private readonly IlgpuDevice _device;
    private readonly IlgpuTrees _trees;
    private readonly ArrayView<ulong> _columns;
    private readonly FixedPointValues[] _values;
    private readonly byte[] _folds;
    private readonly int _foldCount;
    private readonly int _words;
    private readonly DeviceBuffer<ulong> _rows;
    private readonly DeviceBuffer<int> _fixed;
    private readonly DeviceBuffer<ulong> _training;
    private readonly List<Run?> _runs = [];
    private readonly Stack<int> _freeSlots = new();
    private int _slots;
    private DeviceBuffer<int> _residuals;
    private DeviceBuffer<int> _shifts;
    private DeviceBuffer<int> _ended;

    public IlgpuBoostingBatch(IlgpuDevice device, IlgpuTrees trees, ArrayView<ulong> columns, int featureCount, FixedPointValues[] values, ReadOnlySpan<byte> folds)
        : base(values[0].Fixed.Length, featureCount)
    {
        _device = device;
        _trees = trees;
        _columns = columns;
        _values = values;
        _folds = folds.ToArray();
        _foldCount = folds.IsEmpty ? 0 : _folds.Max() + 1;
        _words = MaskMatrix.WordsFor(SampleCount);
        List<IDisposable> owned = [];
        try
        {
            owned.Add(_rows = device.Allocate<ulong>((long)_words * featureCount));
            owned.Add(_fixed = device.Allocate<int>(values.Length * 64L * _words));
            owned.Add(_residuals = device.Allocate<int>(0));
            owned.Add(_training = device.Allocate<ulong>((_foldCount + 1L) * _words));
            owned.Add(_shifts = device.Allocate<int>(0));
            owned.Add(_ended = device.Allocate<int>(0));
            if (featureCount > 0)
            {
                trees.Transpose(columns, device.View(_rows), _words, featureCount);
            }

            int[] placed = new int[64 * _words];
            for (int function = 0; function < values.Length; function++)
            {
                for (int s = 0; s < SampleCount; s++)
                {
                    placed[Place(s)] = values[function].Fixed[s];
                }

                _fixed.CopyFrom(placed, (long)function * placed.Length);
            }

            ulong[] training = new ulong[(_foldCount + 1) * _words];
            for (int s = 0; s < SampleCount; s++)
            {
                for (int fold = 0; fold <= _foldCount; fold++)
                {
                    training[(fold * _words) + (s >> 6)] |= (IsSeen(s, fold) ? 1UL : 0UL) << (s & 63);
                }
            }

            _training.CopyFrom(training);
        }
        catch
        {
            owned.ForEach(buffer => buffer.Dispose());
            throw;
        }
    }

    public override int Add(BoostingSettings settings, byte? heldOutFold, int function = 0)
    {
        settings.Validate();
        int seen = Math.Min(heldOutFold ?? _foldCount, _foldCount), count = 0;
        long sum = 0;
        for (int s = 0; s < SampleCount; s++)
        {
            if (IsSeen(s, seen))
            {
                sum += _values[function].Fixed[s];
                count++;
            }
        }

        if (count == 0)
        {
            throw new SpexInputException("A fold holds every sample, so none is left to train on; give at least two samples for cross-validation.");
        }

        if (_freeSlots.Count == 0)
        {
            MakeSlots();
        }

        int bias = BoostingArithmetic.LeafStep(sum, count, 1), limit = BoostingArithmetic.Limit(settings.QuantizedGradients);
        _runs.Add(new Run(
            new TreeRun(_freeSlots.Pop(), function, seen, bias, settings.MaxDepth ?? int.MaxValue, settings.MaxLeaves, settings.MinSamplesInLeaf, limit, count, settings.LearningRate),
            _values[function]));
        return _runs.Count - 1;
    }

    public override void Grow(ReadOnlySpan<int> runs, int treeCount, CancellationToken cancel = default)
    {
        List<Run> growing = [];
        foreach (int run in runs)
        {
            growing.Add(Find(run));
            growing[^1].HasEnded |= FeatureCount == 0;
        }

        Replay(growing);
        for (int grown = 0; grown < treeCount; grown += TreesALook)
        {
            cancel.ThrowIfCancellationRequested();
            growing.RemoveAll(run => run.HasEnded);
            if (growing.Count == 0)
            {
                return;
            }

            Grow(growing, Math.Min(TreesALook, treeCount - grown), cancel);
        }
    }

    public override void Truncate(int run, int treeCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(treeCount);
        Run of = Find(run);
        if (treeCount >= of.Trees.Count)
        {
            return;
        }

        of.HasEnded = false;
        of.Trees.Truncate(treeCount);
        of.Errors.RemoveRange(treeCount + 1, of.Errors.Count - treeCount - 1);
        of.IsStale = true;
    }

    public override int TreeCount(int run) => Find(run).Trees.Count;

    public override bool HasEnded(int run) => Find(run).HasEnded;

    public override IReadOnlyList<double> HeldOutErrors(int run)
    {
        Run of = Find(run);
        Replay([of]);
        return of.Errors;
    }

    public override BoostedTrees Trees(int run) => Find(run).Trees.ToTrees(FeatureCount, Find(run).Values.ToValue(Find(run).Own.Bias), Find(run).Values.Unit);

    public override void Predict(int run, Span<double> predictions)
    {
        Run of = Find(run);
        Replay([of]);
        int[] residuals = new int[64 * _words];
        _residuals.CopyTo(residuals, (long)of.Own.Slot * 64 * _words);
        bool all = of.Own.TrainingCount == SampleCount;
        for (int s = 0; s < SampleCount; s++)
        {
            if (all || !IsSeen(s, of.Own.Seen))
            {
                predictions[s] = of.Values.ToValue((long)of.Values.Fixed[s] - residuals[Place(s)]);
            }
        }
    }

    public override void Remove(int run)
    {
        if (_runs[run] is { } of)
        {
            _freeSlots.Push(of.Own.Slot);
            _runs[run] = null;
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _rows.Dispose();
            _fixed.Dispose();
            _residuals.Dispose();
            _training.Dispose();
            _shifts.Dispose();
            _ended.Dispose();
        }
    }

    // Sample 64·w + j lies at j·W + w, see TreeSamples.
    private int Place(int sample) => ((sample & 63) * _words) + (sample >> 6);

    // Whether trees without a fold, or of all samples, see a sample.
    private bool IsSeen(int sample, int without) => without == _foldCount || _folds[sample] != without;

    private static int Digits(TreeRun run) => run.Limit == BoostingArithmetic.DigitLimit ? 1 : BoostingArithmetic.FineDigits;

    private Run Find(int run) => _runs[run] ?? throw new ObjectDisposedException($"run {run}", "The run was removed.");

    private TreeSamples Samples() =>
        new(_columns, _device.View(_rows), _device.View(_fixed), _device.View(_residuals), _device.View(_training), _device.View(_shifts), _device.View(_ended));

    private void Grow(List<Run> growing, int treeCount, CancellationToken cancel)
    {
        TreeRun[] runs = [.. growing.Select(run => run.Own)];
        TreeShape shape = _trees.Shape(SampleCount, _words, FeatureCount, runs.Length, runs.Max(run => run.MaxLeaves), runs.Max(run => Digits(run)), treeCount);
        TreeGrowth growth = _trees.Room(runs, shape);
        TreeSamples samples = Samples();

        // A tree of depth d has at most 2^d leaves.
        int mostSplits = runs.Max(run => run.MaxDepth < 8 ? Math.Min(run.MaxLeaves, 1 << run.MaxDepth) : run.MaxLeaves) - 1, count = 0;
        while (count < treeCount && !cancel.IsCancellationRequested)
        {
            _trees.Grow(samples, growth, shape, mostSplits, count++);
        }

        // Of a call that was cancelled the trees that were begun remain.
        int[] records = new int[runs.Length * treeCount * shape.RecordLength];
        ulong[] errors = new ulong[runs.Length * treeCount * 2];
        _device.CopyToHost<int>(records, 0, growth.Records, "trees");
        _device.CopyToHost<ulong>(errors, 0, growth.Errors, "errors of trees");
        for (int run = 0; run < runs.Length; run++)
        {
            for (int tree = 0; tree < count && !growing[run].HasEnded; tree++)
            {
                int at = (run * treeCount) + tree;
                ReadOnlySpan<int> record = records.AsSpan(at * shape.RecordLength, shape.RecordLength);
                growing[run].HasEnded = record[0] == 1;
                if (!growing[run].HasEnded)
                {
                    growing[run].Trees.Add(NodesOf(record, shape));
                    growing[run].Errors.Add(ErrorOf(errors.AsSpan(2 * at, 2), growing[run].Values));
                }
            }
        }

        cancel.ThrowIfCancellationRequested();
    }

    // The nodes of a tree from its splits in their order: a split's sides come after all nodes before it.
    private static GrownTrees.Node[] NodesOf(ReadOnlySpan<int> record, TreeShape shape)
    {
        int leaves = record[0];
        GrownTrees.Node[] nodes = new GrownTrees.Node[(2 * leaves) - 1];
        Span<int> nodeOf = stackalloc int[leaves];
        for (int split = 0; split + 1 < leaves; split++)
        {
            int leaf = record[1 + (2 * split)], absent = (2 * split) + 1;
            nodes[nodeOf[leaf]] = new GrownTrees.Node(record[2 + (2 * split)], absent, 0);
            nodeOf[leaf] = absent;
            nodeOf[split + 1] = absent + 1;
        }

        for (int leaf = 0; leaf < leaves; leaf++)
        {
            nodes[nodeOf[leaf]] = new GrownTrees.Node(-1, -1, record[shape.FirstStep + leaf]);
        }

        return nodes;
    }

    /// <summary>Computes the residuals of those runs that are stale, and the errors of those that are new.</summary>
    private void Replay(List<Run> runs)
    {
        List<Run> stale = runs.FindAll(run => run.IsStale);
        if (stale.Count == 0)
        {
            return;
        }

        TreeShape shape = _trees.Shape(SampleCount, _words, Math.Max(1, FeatureCount), stale.Count, 2, stale.Max(run => Digits(run.Own)), 1);
        TreeGrowth growth = _trees.Room([.. stale.Select(run => run.Own)], shape);
        _trees.Replay(Samples(), growth, [.. stale.Select(run => run.Trees)], shape);
        ulong[] errors = new ulong[2 * stale.Count];
        _device.CopyToHost<ulong>(errors, 0, growth.Errors, "errors of trees");
        for (int run = 0; run < stale.Count; run++)
        {
            stale[run].IsStale = false;
            if (stale[run].Errors.Count == 0)
            {
                stale[run].Errors.Add(ErrorOf(errors.AsSpan(2 * run, 2), stale[run].Values));
            }
        }
    }

    private static double ErrorOf(ReadOnlySpan<ulong> error, FixedPointValues values)
    {
        double unit = values.Unit * (1 << BoostingArithmetic.ErrorShift);
        return (double)(((UInt128)error[0] << 32) + error[1]) * unit * unit;
    }

    // Room for twice as many runs.
    private void MakeSlots()
    {
        int slots = Math.Max(4, 2 * _slots);
        _residuals = Longer(_residuals, 64L * _words * slots);
        _shifts = Longer(_shifts, slots);
        _ended = Longer(_ended, slots);
        while (slots > _slots)
        {
            _freeSlots.Push(--slots);
        }

        _slots = Math.Max(4, 2 * _slots);
    }

    private DeviceBuffer<T> Longer<T>(DeviceBuffer<T> buffer, long length)
        where T : unmanaged
    {
        DeviceBuffer<T> longer = _device.Allocate<T>(length);
        if (buffer.Length > 0)
        {
            _device.View(buffer).CopyTo(_device.Stream, _device.View(longer).SubView(0, buffer.Length));
        }

        buffer.Dispose();
        return longer;
    }

    private sealed class Run(TreeRun own, FixedPointValues values)
    {
        public TreeRun Own { get; } = own;

        public FixedPointValues Values { get; } = values;

        /// <summary>Whether its residuals are not those after its trees.</summary>
        public bool IsStale { get; set; } = true;

        public bool HasEnded { get; set; }

        public GrownTrees Trees { get; } = new();

        public List<double> Errors { get; } = [];
    }
}
