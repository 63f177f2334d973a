using System.Collections.Concurrent;
using Spex.Core.Masks;
using Spex.Core.Trees;

namespace Spex.Engine.Devices.Cpu.Trees;

/// <summary>Boosting on the host: every run is one thread's work, so runs need no locks and have the same bits for any number of threads.</summary>
internal sealed class CpuBoostingBatch : BoostingBatch
{
    private readonly CpuDevice _device;
    private readonly DeviceBuffer<ulong> _columns;
    private readonly FixedPointValues[] _values;
    private readonly byte[] _folds;
    private readonly BitRows _rows;
    private readonly SixBitColumns? _sixes;
    private readonly List<CpuBoostingRun?> _runs = [];
    private readonly ConcurrentBag<TreeGrower> _growers = [];

    public CpuBoostingBatch(CpuDevice device, DeviceBuffer<ulong> columns, int featureCount, FixedPointValues[] values, ReadOnlySpan<byte> folds)
        : base(values[0].Fixed.Length, featureCount)
    {
        _device = device;
        _columns = columns;
        _values = values;
        _folds = folds.ToArray();
        _rows = new BitRows(device, columns, SampleCount, featureCount);
        _sixes = device.Wide && SixBitColumns.IsSupported ? new SixBitColumns(device, _rows) : null;
    }

    public override int Add(BoostingSettings settings, byte? heldOutFold, int function = 0)
    {
        settings.Validate();
        int words = MaskMatrix.WordsFor(SampleCount);
        ulong[] training = new ulong[words];
        for (int s = 0; s < SampleCount; s++)
        {
            bool held = heldOutFold is { } fold && _folds.Length > 0 && _folds[s] == fold;
            training[s >> 6] |= (held ? 0UL : 1UL) << (s & 63);
        }

        _runs.Add(new CpuBoostingRun(_values[function], training, settings));
        return _runs.Count - 1;
    }

    public override void Grow(ReadOnlySpan<int> runs, int treeCount, CancellationToken cancel = default)
    {
        CpuBoostingRun[] growing = new CpuBoostingRun[runs.Length];
        for (int i = 0; i < growing.Length; i++)
        {
            growing[i] = Run(runs[i]);
        }

        _device.For(growing.Length, i =>
        {
            if (!_growers.TryTake(out TreeGrower? grower))
            {
                grower = new TreeGrower(_rows, _sixes);
            }

            for (int t = 0; t < treeCount && !growing[i].HasEnded && !cancel.IsCancellationRequested; t++)
            {
                grower.Grow(growing[i], _columns.Span);
            }

            _growers.Add(grower);
        });
        cancel.ThrowIfCancellationRequested();
    }

    public override void Truncate(int run, int treeCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(treeCount);
        Run(run).Truncate(treeCount, _columns.Span);
    }

    public override int TreeCount(int run) => Run(run).Trees.Count;

    public override bool HasEnded(int run) => Run(run).HasEnded;

    public override IReadOnlyList<double> HeldOutErrors(int run) => Run(run).Errors;

    public override BoostedTrees Trees(int run) => Run(run).ToTrees(FeatureCount);

    public override void Predict(int run, Span<double> predictions)
    {
        CpuBoostingRun of = Run(run);
        bool all = of.TrainingCount == SampleCount;
        for (int s = 0; s < SampleCount; s++)
        {
            if (all || !of.IsSeen(s))
            {
                predictions[s] = of.Predict(s);
            }
        }
    }

    public override void Remove(int run) => _runs[run] = null;

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _rows.Dispose();
            _sixes?.Dispose();
        }
    }

    private CpuBoostingRun Run(int run) => _runs[run] ?? throw new ObjectDisposedException($"run {run}", "The run was removed.");
}
