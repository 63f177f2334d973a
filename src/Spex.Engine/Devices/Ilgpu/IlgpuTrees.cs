using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;
using Spex.Core.Trees;
using Spex.Kernels;

namespace Spex.Engine.Devices.Ilgpu;

/// <summary>Boosted trees on an accelerator: the kernels, and the room that runs need while they grow.</summary>
internal sealed class IlgpuTrees(IlgpuDevice device) : TreePrimitives, IDisposable
{
    // More parts of a histogram than these cost more to add up than they save.
    private const int MostChunks = 16;

    // Few groups choose, one a run: each may have all the registers that it needs.
    private const int ChooseGroups = 1;

    // Threads a multiprocessor that are enough to hide what they wait for.
    private const int BusyThreads = 1024;

    private readonly IlgpuScratch<TreeRun> _runs = new(device);
    private readonly IlgpuScratch<TreeState> _states = new(device);
    private readonly IlgpuScratch<TreeLeaf> _leaves = new(device);
    private readonly IlgpuScratch<ulong> _leafSets = new(device);
    private readonly IlgpuScratch<ulong> _planes = new(device);
    private readonly IlgpuScratch<TreeBin> _parts = new(device);
    private readonly IlgpuScratch<TreeBin> _bins = new(device);
    private readonly IlgpuScratch<TreeOffer> _offers = new(device);
    private readonly IlgpuScratch<long> _leafSums = new(device);
    private readonly IlgpuScratch<ulong> _squares = new(device);
    private readonly IlgpuScratch<int> _largest = new(device);
    private readonly IlgpuScratch<int> _records = new(device);
    private readonly IlgpuScratch<ulong> _errors = new(device);
    private readonly IlgpuScratch<int> _nodes = new(device);
    private readonly IlgpuScratch<int> _roots = new(device);
    private readonly IlgpuScratch<int> _firstRoots = new(device);
    private Action<KernelConfig, ArrayView<ulong>, ArrayView<ulong>, int, int>? _transpose;
    private Action<KernelConfig, TreeSamples, TreeGrowth, ArrayView<int>, ArrayView<int>, ArrayView<int>, TreeShape>? _replay;
    private Action<KernelConfig, TreeSamples, TreeGrowth, TreeShape>? _gradients;
    private Action<KernelConfig, TreeSamples, TreeGrowth, TreeShape>? _start;
    private Action<KernelConfig, TreeSamples, TreeGrowth, TreeShape>? _sum;
    private Action<KernelConfig, TreeGrowth, TreeShape>? _score;
    private Action<KernelConfig, TreeSamples, TreeGrowth, TreeShape, int>? _choose;
    private Action<KernelConfig, TreeSamples, TreeGrowth, TreeShape>? _sumLeaves;
    private Action<KernelConfig, TreeSamples, TreeGrowth, TreeShape, int>? _step;
    private Action<KernelConfig, TreeSamples, TreeGrowth, TreeShape, int>? _update;
    private Action<KernelConfig, TreeSamples, TreeGrowth, TreeShape, int>? _judge;

    /// <summary>The sizes for runs that grow together.</summary>
    /// <param name="sampleCount">N.</param>
    /// <param name="words">W.</param>
    /// <param name="features">n.</param>
    /// <param name="runs">R.</param>
    /// <param name="mostLeaves">M.</param>
    /// <param name="digits">D.</param>
    /// <param name="trees">Trees between two looks at the records.</param>
    public TreeShape Shape(int sampleCount, int words, int features, int runs, int mostLeaves, int digits, int trees)
    {
        long busy = (long)Math.Max(1, device.Accelerator.NumMultiprocessors) * BusyThreads, sums = Math.Max(1, (long)runs * digits * features);
        int chunks = (int)Math.Clamp((busy + sums - 1) / sums, 1, Math.Min(MostChunks, words));
        return new TreeShape(sampleCount, words, features, runs, mostLeaves, (words + chunks - 1) / chunks, digits, trees);
    }

    /// <summary>Room for runs of these sizes; its content is undefined but for the runs.</summary>
    public TreeGrowth Room(TreeRun[] runs, TreeShape shape)
    {
        long leaves = (long)shape.Runs * shape.MostLeaves, words = (long)shape.Runs * shape.Words, trees = (long)shape.Runs * shape.Trees;
        return new TreeGrowth(
            _runs.Hold(runs),
            _states.Take(shape.Runs),
            _leaves.Take(leaves),
            _leafSets.Take(leaves * shape.Words),
            _planes.Take(4 * words * shape.Digits),
            _parts.Take((long)shape.Chunks * shape.Runs * shape.Digits * shape.Features),
            _bins.Take(leaves * shape.Digits * shape.Features),
            _offers.Take(2L * shape.Runs * shape.Tiles),
            _leafSums.Take(leaves * TreeKernels.LeafParts),
            _squares.Take(2 * words),
            _largest.Take(words),
            _records.Take(trees * shape.RecordLength),
            _errors.Take(2 * trees));
    }

    /// <summary>Words from columns to rows.</summary>
    public void Transpose(ArrayView<ulong> columns, ArrayView<ulong> rows, int words, int features)
    {
        _transpose ??= device.Accelerator.LoadStreamKernel<ArrayView<ulong>, ArrayView<ulong>, int, int>(TreeKernels.Transpose, Spread);
        _transpose(device.Spread((long)words * features), columns, rows, words, features);
    }

    /// <summary>Each run's residuals after its trees, its error and the shift of its next tree.</summary>
    public void Replay(TreeSamples samples, TreeGrowth growth, IReadOnlyList<GrownTrees> trees, TreeShape shape)
    {
        _replay ??= device.Accelerator.LoadStreamKernel<TreeSamples, TreeGrowth, ArrayView<int>, ArrayView<int>, ArrayView<int>, TreeShape>(TreeKernels.Replay, Spread);
        List<int> nodes = [], roots = [], firstRoots = [0];
        foreach (GrownTrees own in trees)
        {
            foreach (int start in own.Starts[..own.Count])
            {
                roots.Add((nodes.Count / 3) + start);
            }

            foreach (GrownTrees.Node node in own.Nodes)
            {
                nodes.AddRange([node.Feature, node.Absent, node.Step]);
            }

            firstRoots.Add(roots.Count);
        }

        _replay(
            device.Spread((long)shape.Runs * shape.Words),
            samples,
            growth,
            _nodes.Hold(CollectionsMarshal.AsSpan(nodes)),
            _roots.Hold(CollectionsMarshal.AsSpan(roots)),
            _firstRoots.Hold(CollectionsMarshal.AsSpan(firstRoots)),
            shape);
        Judge(samples, growth, shape, 0);
    }

    /// <summary>Grows the next tree of every run and writes its record.</summary>
    /// <param name="samples">The samples.</param>
    /// <param name="growth">Room for the runs.</param>
    /// <param name="shape">The sizes.</param>
    /// <param name="mostSplits">The most splits of any run's tree.</param>
    /// <param name="tree">Number of the trees' records.</param>
    public void Grow(TreeSamples samples, TreeGrowth growth, TreeShape shape, int mostSplits, int tree)
    {
        Accelerator accelerator = device.Accelerator;
        _gradients ??= accelerator.LoadStreamKernel<TreeSamples, TreeGrowth, TreeShape>(TreeKernels.Gradients, Spread);
        _start ??= accelerator.LoadStreamKernel<TreeSamples, TreeGrowth, TreeShape>(TreeKernels.Start, Largest);
        _sum ??= accelerator.LoadStreamKernel<TreeSamples, TreeGrowth, TreeShape>(TreeKernels.Sum, Spread);
        _score ??= accelerator.LoadStreamKernel<TreeGrowth, TreeShape>(TreeKernels.Score, Largest);
        _choose ??= accelerator.LoadStreamKernel<TreeSamples, TreeGrowth, TreeShape, int>(TreeKernels.Choose, device.UpTo(TreeKernels.MostThreads, ChooseGroups));
        _sumLeaves ??= accelerator.LoadStreamKernel<TreeSamples, TreeGrowth, TreeShape>(TreeKernels.SumLeaves, Spread);
        _step ??= accelerator.LoadStreamKernel<TreeSamples, TreeGrowth, TreeShape, int>(TreeKernels.Step, Spread);
        _update ??= accelerator.LoadStreamKernel<TreeSamples, TreeGrowth, TreeShape, int>(TreeKernels.Update, Spread);
        KernelConfig words = device.Spread((long)shape.Runs * shape.Words), runs = device.Tiles(shape.Runs, TreeKernels.MostThreads);
        KernelConfig sums = device.Spread((long)shape.Chunks * shape.Runs * shape.Digits * shape.Features), tiles = device.Tiles((long)shape.Runs * shape.Tiles, TreeKernels.TileFeatures);
        _gradients(device.Spread((long)shape.Runs * shape.Digits * shape.Words), samples, growth, shape);
        _start(runs, samples, growth, shape);
        for (int split = 0; split < mostSplits; split++)
        {
            _sum(sums, samples, growth, shape);
            _score(tiles, growth, shape);
            _choose(runs, samples, growth, shape, tree);
        }

        _sumLeaves(device.Spread((long)shape.Runs * shape.MostLeaves * TreeKernels.LeafParts), samples, growth, shape);
        _step(device.Spread((long)shape.Runs * shape.MostLeaves), samples, growth, shape, tree);
        _update(words, samples, growth, shape, tree);
        Judge(samples, growth, shape, tree);
    }

    public void Dispose()
    {
        _runs.Dispose();
        _states.Dispose();
        _leaves.Dispose();
        _leafSets.Dispose();
        _planes.Dispose();
        _parts.Dispose();
        _bins.Dispose();
        _offers.Dispose();
        _leafSums.Dispose();
        _squares.Dispose();
        _largest.Dispose();
        _records.Dispose();
        _errors.Dispose();
        _nodes.Dispose();
        _roots.Dispose();
        _firstRoots.Dispose();
    }

    protected override BoostingBatch LoadCore(DeviceBuffer<ulong> columns, int featureCount, FixedPointValues[] values, ReadOnlySpan<byte> folds) =>
        new IlgpuBoostingBatch(device, this, device.View(columns), featureCount, values, folds);

    private KernelSpecialization Spread => device.UpTo(IlgpuDevice.SpreadThreads);

    private KernelSpecialization Largest => device.UpTo(TreeKernels.MostThreads);

    private void Judge(TreeSamples samples, TreeGrowth growth, TreeShape shape, int tree)
    {
        _judge ??= device.Accelerator.LoadStreamKernel<TreeSamples, TreeGrowth, TreeShape, int>(TreeKernels.Judge, Largest);
        _judge(device.Tiles(shape.Runs, TreeKernels.MostThreads), samples, growth, shape, tree);
    }
}
