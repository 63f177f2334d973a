using ILGPU;
using ILGPU.Runtime;
using Spex.Core;
using Spex.Core.Masks;
using Spex.Core.Trees;
using Spex.Kernels;

namespace Spex.Engine.Devices.Ilgpu;

/// <summary>Boosting on an accelerator: all runs of a call grow their trees in the same launches.</summary>
/// <remarks>
/// To the device go the values, 4 bytes a sample, and for each run a bit a sample; from it come, once every <see cref="TreesALook"/> trees, the records of the trees and 16 bytes of error a tree,
/// and with <see cref="Predict"/> 4 bytes a sample. While a tree grows nothing is read.
/// </remarks>
internal sealed class IlgpuBoostingBatch : BoostingBatch
{
    // Trees between two looks at their records: so often the host waits for the device, and learns which runs have ended.
    private const int TreesALook = 16;

    private readonly IlgpuDevice _device;
    private readonly IlgpuTrees _trees;
    private readonly ArrayView<ulong> _columns;
    private readonly FixedPointValues _values;
    private readonly byte[] _folds;
    private readonly int _words;
    private readonly DeviceBuffer<ulong> _rows;
    private readonly DeviceBuffer<int> _fixed;
    private readonly List<Run?> _runs = [];
    private readonly Stack<int> _freeSlots = new();
    private int _slots;
    private DeviceBuffer<int> _residuals;
    private DeviceBuffer<ulong> _training;
    private DeviceBuffer<int> _shifts;
    private DeviceBuffer<int> _ended;

    public IlgpuBoostingBatch(IlgpuDevice device, IlgpuTrees trees, ArrayView<ulong> columns, int featureCount, FixedPointValues values, ReadOnlySpan<byte> folds)
        : base(values.Fixed.Length, featureCount)
    {
        _device = device;
        _trees = trees;
        _columns = columns;
        _values = values;
        _folds = folds.ToArray();
        _words = MaskMatrix.WordsFor(SampleCount);
        List<IDisposable> owned = [];
        try
        {
            owned.Add(_rows = device.Allocate<ulong>((long)_words * featureCount));
            owned.Add(_fixed = device.Allocate<int>(64L * _words));
            owned.Add(_residuals = device.Allocate<int>(0));
            owned.Add(_training = device.Allocate<ulong>(0));
            owned.Add(_shifts = device.Allocate<int>(0));
            owned.Add(_ended = device.Allocate<int>(0));
            if (featureCount > 0)
            {
                trees.Transpose(columns, device.View(_rows), _words, featureCount);
            }

            int[] placed = new int[64 * _words];
            for (int s = 0; s < SampleCount; s++)
            {
                placed[Place(s)] = values.Fixed[s];
            }

            _fixed.CopyFrom(placed);
        }
        catch
        {
            owned.ForEach(buffer => buffer.Dispose());
            throw;
        }
    }

    public override int Add(BoostingSettings settings, byte? heldOutFold)
    {
        settings.Validate();
        ulong[] training = new ulong[_words];
        long sum = 0;
        int count = 0;
        for (int s = 0; s < SampleCount; s++)
        {
            if (heldOutFold is not { } fold || _folds.Length == 0 || _folds[s] != fold)
            {
                training[s >> 6] |= 1UL << (s & 63);
                sum += _values.Fixed[s];
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

        TreeRun own = new(_freeSlots.Pop(), settings.MaxDepth ?? int.MaxValue, settings.MaxLeaves, settings.MinSamplesInLeaf, BoostingArithmetic.Limit(settings.QuantizedGradients), count, settings.LearningRate);
        _training.CopyFrom(training, (long)own.Slot * _words);
        Run run = new(own, training, BoostingArithmetic.LeafStep(sum, count, 1));
        run.Errors.Add(Replay(run));
        _runs.Add(run);
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
        Replay(of);
    }

    public override int TreeCount(int run) => Find(run).Trees.Count;

    public override bool HasEnded(int run) => Find(run).HasEnded;

    public override IReadOnlyList<double> HeldOutErrors(int run) => Find(run).Errors;

    public override BoostedTrees Trees(int run) => Find(run).Trees.ToTrees(FeatureCount, _values.ToValue(Find(run).Bias), _values.Unit);

    public override void Predict(int run, Span<double> predictions)
    {
        Run of = Find(run);
        int[] residuals = new int[64 * _words];
        _residuals.CopyTo(residuals, (long)of.Own.Slot * 64 * _words);
        bool all = of.Own.TrainingCount == SampleCount;
        for (int s = 0; s < SampleCount; s++)
        {
            if (all || (of.Training[s >> 6] >> (s & 63) & 1) == 0)
            {
                predictions[s] = _values.ToValue((long)_values.Fixed[s] - residuals[Place(s)]);
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
                    growing[run].Errors.Add(ErrorOf(errors.AsSpan(2 * at, 2)));
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

    /// <summary>Computes a run's residuals after its trees, and the error of what they leave.</summary>
    private double Replay(Run run)
    {
        TreeShape shape = _trees.Shape(SampleCount, _words, Math.Max(1, FeatureCount), 1, 2, Digits(run.Own), 1);
        TreeGrowth growth = _trees.Room([run.Own], shape);
        _trees.Replay(Samples(), growth, run.Trees, run.Bias, shape);
        ulong[] error = new ulong[2];
        _device.CopyToHost<ulong>(error, 0, growth.Errors, "errors of trees");
        return ErrorOf(error);
    }

    private double ErrorOf(ReadOnlySpan<ulong> error)
    {
        double unit = _values.Unit * (1 << BoostingArithmetic.ErrorShift);
        return (double)(((UInt128)error[0] << 32) + error[1]) * unit * unit;
    }

    // Room for twice as many runs.
    private void MakeSlots()
    {
        int slots = Math.Max(4, 2 * _slots);
        _residuals = Longer(_residuals, 64L * _words * slots);
        _training = Longer(_training, (long)_words * slots);
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

    private sealed class Run(TreeRun own, ulong[] training, int bias)
    {
        public TreeRun Own { get; } = own;

        public ulong[] Training { get; } = training;

        public int Bias { get; } = bias;

        public bool HasEnded { get; set; }

        public GrownTrees Trees { get; } = new();

        public List<double> Errors { get; } = [];
    }
}
