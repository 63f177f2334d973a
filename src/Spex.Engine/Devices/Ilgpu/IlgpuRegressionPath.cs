using System.Numerics;
using ILGPU;
using ILGPU.Runtime;
using Spex.Core.Spectra;
using Spex.Kernels;

namespace Spex.Engine.Devices.Ilgpu;

/// <summary>Paths on an accelerator, those of all functions in the same launches: at a threshold the host reads how many sets of each have entered, and its error.</summary>
/// <remarks>A function with fewer sets than another is denied what fills it up; one that rests is left as it is.</remarks>
internal sealed class IlgpuRegressionPath : RegressionPath
{
    private const int LeastCapacity = 64;

    private readonly IlgpuDevice _device;
    private readonly IlgpuRegression _regression;
    private readonly RegressionShape _shape;
    private readonly DeviceBuffer<ulong> _columns;
    private readonly DeviceBuffer<double> _values;
    private readonly List<IDisposable> _owned = [];
    private readonly DeviceBuffer<int> _boundaries;
    private readonly DeviceBuffer<double> _weights;
    private readonly DeviceBuffer<byte> _denied;
    private readonly DeviceBuffer<byte> _entered;
    private readonly DeviceBuffer<int> _lists;
    private readonly DeviceBuffer<int> _counts;
    private readonly DeviceBuffer<int> _numbers;
    private readonly DeviceBuffer<int> _numbered;
    private readonly DeviceBuffer<int> _totals;
    private readonly DeviceBuffer<int> _before;
    private readonly DeviceBuffer<int> _isKept;
    private readonly DeviceBuffer<double> _thresholds;
    private readonly DeviceBuffer<double> _coefficients;
    private readonly DeviceBuffer<double> _kept;
    private readonly DeviceBuffer<double> _residuals;
    private readonly DeviceBuffer<double> _products;
    private readonly DeviceBuffer<double> _errors;
    private readonly Kernels _kernels;
    private readonly int[] _known;
    private DeviceBuffer<ulong>? _enteredColumns;
    private DeviceBuffer<float>? _gram;
    private DeviceBuffer<double>? _work;
    private int _capacity;

    /// <summary>Loads functions.</summary>
    /// <param name="device">The device.</param>
    /// <param name="regression">Its regressions.</param>
    /// <param name="shape">The sizes.</param>
    /// <param name="columns">The columns of each function's sets, which are disposed with the paths.</param>
    /// <param name="values">N values of each function.</param>
    /// <param name="boundaries">The folds' boundaries.</param>
    /// <param name="functions">What is fitted of each.</param>
    public IlgpuRegressionPath(
        IlgpuDevice device, IlgpuRegression regression, RegressionShape shape, DeviceBuffer<ulong> columns, DeviceBuffer<double> values, int[] boundaries, IReadOnlyList<RegressionProblem> functions)
    {
        (_device, _regression, _shape, _columns, _values, _kernels) = (device, regression, shape, columns, values, regression.KernelsOf());
        _known = new int[shape.Functions];
        int sets = shape.Sets, problems = Problems;
        long all = (long)problems * sets, ofFunctions = (long)shape.Functions * sets;
        _owned.Add(columns);
        try
        {
            _boundaries = Own<int>(boundaries.Length);
            _weights = Own<double>(ofFunctions);
            _denied = Own<byte>(all);
            _entered = Own<byte>(all);
            _lists = Own<int>(all);
            _counts = Own<int>(problems);
            _numbers = Own<int>(ofFunctions);
            _numbered = Own<int>(ofFunctions);
            _totals = Own<int>(shape.Functions);
            _before = Own<int>(shape.Functions);
            _isKept = Own<int>(shape.Functions);
            _thresholds = Own<double>(shape.Functions);
            _coefficients = Own<double>(all);
            _kept = Own<double>(all);
            _residuals = Own<double>((long)problems * shape.Samples);
            _products = Own<double>(all);
            _errors = Own<double>((long)shape.Functions * shape.Samples);
            _boundaries.CopyFrom(boundaries);
            double[] weights = new double[ofFunctions];
            byte[] denied = new byte[all], entered = new byte[all];
            for (int function = 0; function < functions.Count; function++)
            {
                (FeatureSet[] own, double[] ownWeights, IReadOnlyList<bool[]>? ownDenied) = functions[function];
                ownWeights.CopyTo(weights.AsSpan(function * sets));
                for (int problem = 0; problem < shape.Problems; problem++)
                {
                    Span<byte> row = denied.AsSpan(((function * shape.Problems) + problem) * sets, sets);
                    row[own.Length..].Fill(1);
                    for (int j = 0; ownDenied is not null && problem < shape.Problems - 1 && j < own.Length; j++)
                    {
                        row[j] = ownDenied[problem][j] ? (byte)1 : (byte)0;
                    }
                }
            }

            // Every list begins with the constant.
            for (int list = 0; list < problems; list++)
            {
                entered[(long)list * sets] = 1;
            }

            _weights.CopyFrom(weights);
            _denied.CopyFrom(denied);
            _entered.CopyFrom(entered);
            _lists.Fill(0);
            _numbers.Fill(byte.MaxValue);
            _totals.Fill(0);
            _before.Fill(0);
            _coefficients.Fill(0);
            _kept.Fill(0);
            _errors.Fill(0);
            _counts.CopyFrom([.. Enumerable.Repeat(1, problems)]);
            NumberNew();
            Refresh();
        }
        catch
        {
            Dispose(true);
            throw;
        }
    }

    // Of all functions.
    private int Problems => _shape.Functions * _shape.Problems;

    public override double[] LargestThresholds()
    {
        using DeviceBuffer<double> largest = _device.Allocate<double>(_shape.Functions);
        _kernels.LargestThreshold(
            _device.Tiles(_shape.Functions, IlgpuDevice.SpreadThreads), _device.View(_products), _device.View(_weights), _device.View(_denied), _device.View(largest), _shape);
        double[] read = new double[_shape.Functions];
        _device.CopyToHost<double>(read, 0, _device.View(largest), "threshold");
        return read;
    }

    public override void StartAt(IReadOnlyList<IReadOnlyList<(int Set, double Coefficient)>> fits)
    {
        int[] counts = new int[Problems];
        byte[] entered = new byte[_entered.Length];
        double[] coefficients = new double[_coefficients.Length];
        int[] lists = new int[_lists.Length];
        for (int p = 0; p < counts.Length; p++)
        {
            long row = (long)p * _shape.Sets;
            entered[row] = 1;
            counts[p] = 1;
            foreach ((int set, double coefficient) in fits[p])
            {
                coefficients[row + set] = coefficient;
                if (entered[row + set] == 0)
                {
                    entered[row + set] = 1;
                    lists[row + counts[p]++] = set;
                }
            }
        }

        _entered.CopyFrom(entered);
        _coefficients.CopyFrom(coefficients);
        _lists.CopyFrom(lists);
        _counts.CopyFrom(counts);
        NumberNew();
        Refresh();
    }

    public override double[] Descend(ReadOnlySpan<double> thresholds, Shrinkage shrinkage)
    {
        _thresholds.CopyFrom(thresholds);
        _kernels.Enter(
            _device.Tiles(Problems, IlgpuDevice.SpreadThreads),
            _device.View(_products),
            _device.View(_weights),
            _device.View(_denied),
            _device.View(_entered),
            _device.View(_lists),
            _device.View(_counts),
            _device.View(_boundaries),
            _device.View(_thresholds),
            _shape);
        NumberNew();
        _kernels.Descend(
            _device.Tiles(Problems, IlgpuDevice.SpreadThreads),
            _device.View(_products),
            _device.View(_weights),
            _device.View(_lists),
            _device.View(_counts),
            _device.View(_numbers),
            _device.View(_numbered),
            _device.View(_totals),
            _device.View(_gram!),
            _device.View(_coefficients),
            _device.View(_work!),
            _device.View(_boundaries),
            _device.View(_thresholds),
            new RegressionStep(shrinkage == Shrinkage.Soft ? 1 : 0, MaxSweeps, Converged, _capacity),
            _shape);
        Refresh();
        return _regression.Sum(_errors, _shape.Samples, _shape.Functions);
    }

    public override void Keep(ReadOnlySpan<bool> isKept)
    {
        int[] flags = new int[_shape.Functions];
        for (int function = 0; function < flags.Length; function++)
        {
            flags[function] = isKept[function] ? 1 : 0;
        }

        _isKept.CopyFrom(flags);
        _kernels.Keep(_device.Spread(_coefficients.Length), _device.View(_coefficients), _device.View(_isKept), _device.View(_kept), _shape);
    }

    public override (int Set, double Coefficient)[][] Kept()
    {
        KernelConfig groups = _device.Tiles(Problems, IlgpuDevice.SpreadThreads);
        using DeviceBuffer<int> counts = _device.Allocate<int>(Problems);
        _kernels.CountTerms(groups, _device.View(_kept), _device.View(counts), _shape);
        int[] lengths = new int[Problems], starts = new int[Problems];
        _device.CopyToHost<int>(lengths, 0, _device.View(counts), "counter");
        for (int p = 1; p < starts.Length; p++)
        {
            starts[p] = starts[p - 1] + lengths[p - 1];
        }

        int all = starts[^1] + lengths[^1];
        using DeviceBuffer<int> startBuffer = _device.Allocate<int>(Problems), sets = _device.Allocate<int>(all);
        using DeviceBuffer<double> coefficients = _device.Allocate<double>(all);
        startBuffer.CopyFrom(starts);
        _kernels.ListTerms(groups, _device.View(_kept), _device.View(startBuffer), _device.View(sets), _device.View(coefficients), _shape);
        int[] listed = new int[all];
        double[] values = new double[all];
        _device.CopyToHost<int>(listed, 0, _device.View(sets), "spectrum");
        _device.CopyToHost<double>(values, 0, _device.View(coefficients), "spectrum");
        return [.. starts.Select((start, p) => Enumerable.Range(start, lengths[p]).Select(term => (listed[term], values[term])).ToArray())];
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _owned.ForEach(buffer => buffer.Dispose());
            _enteredColumns?.Dispose();
            _gram?.Dispose();
            _work?.Dispose();
        }
    }

    private DeviceBuffer<T> Own<T>(long count)
        where T : unmanaged
    {
        DeviceBuffer<T> buffer = _device.Allocate<T>(count);
        _owned.Add(buffer);
        return buffer;
    }

    /// <summary>Gives sets that have entered their numbers, and computes what the Gram matrices lack of them.</summary>
    private void NumberNew()
    {
        _kernels.Number(
            _device.Tiles(_shape.Functions, IlgpuDevice.SpreadThreads), _device.View(_entered), _device.View(_numbers), _device.View(_numbered), _device.View(_totals), _shape);
        int[] totals = new int[_shape.Functions];
        _device.CopyToHost<int>(totals, 0, _device.View(_totals), "counter");
        int count = totals.Max(), added = totals.Zip(_known, static (now, before) => now - before).Max();
        if (added == 0)
        {
            return;
        }

        Reserve(count);
        long words = (long)_shape.Functions * added * _shape.Words, pairs = (long)_shape.Functions * added * count;
        using DeviceBuffer<ulong> entering = _device.Allocate<ulong>(words);
        _kernels.TakeColumns(
            _device.Spread(words),
            _device.View(_columns),
            _device.View(_numbered),
            _device.View(_before),
            _device.View(_totals),
            added,
            _device.View(entering),
            _device.View(_enteredColumns!),
            _capacity,
            _shape);
        using DeviceBuffer<int> differing = _device.Allocate<int>(pairs);
        _regression.SignMatrix.Gram(entering, added, _enteredColumns!, count, _capacity, _shape.Functions, _shape.Samples, [0, _shape.Samples], differing);
        _kernels.PlaceGram(
            _device.Spread(pairs), _device.View(differing), _device.View(_before), _device.View(_totals), _device.View(_gram!), added, count, _capacity, _shape);
        _totals.CopyTo(_before, _shape.Functions);
        totals.CopyTo(_known, 0);
    }

    /// <summary>Makes room for so many sets of each function.</summary>
    private void Reserve(int count)
    {
        if (count <= _capacity)
        {
            return;
        }

        int capacity = Math.Max(LeastCapacity, (int)BitOperations.RoundUpToPowerOf2((uint)count));
        long functions = _shape.Functions;
        DeviceBuffer<ulong> columns = _device.Allocate<ulong>(functions * capacity * _shape.Words);
        DeviceBuffer<float> gram;
        try
        {
            gram = _device.Allocate<float>(functions * capacity * capacity);
        }
        catch
        {
            columns.Dispose();
            throw;
        }

        if (_capacity > 0)
        {
            _kernels.WidenColumns(_device.Spread(_enteredColumns!.Length), _device.View(_enteredColumns), _capacity, _device.View(columns), capacity, _shape);
            _kernels.WidenGram(_device.Spread(_gram!.Length), _device.View(_gram), _capacity, _device.View(gram), capacity, _shape.Functions);
        }

        _enteredColumns?.Dispose();
        _gram?.Dispose();
        _work?.Dispose();
        (_enteredColumns, _gram, _capacity) = (columns, gram, capacity);
        _work = _device.Allocate<double>((long)Problems * capacity);
    }

    /// <summary>Computes each problem's residual, its products with all characters of its function, and the left-out errors.</summary>
    private void Refresh()
    {
        _regression.Residuals(_columns, _values, _lists, _counts, _coefficients, _boundaries, _residuals, _errors, _shape);
        _regression.SignMatrix.Project(_columns, _shape.Sets, _shape.Samples, _residuals, _shape.Functions, _shape.Problems, _products);
    }

    /// <summary>The launchers, compiled once a device.</summary>
    internal sealed class Kernels(IlgpuDevice device)
    {
        private readonly KernelSpecialization _spread = device.UpTo(IlgpuDevice.SpreadThreads);
        private Action<KernelConfig, ArrayView<double>, ArrayView<double>, ArrayView<byte>, ArrayView<byte>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<double>, RegressionShape>? _enter;
        private Action<KernelConfig, ArrayView<byte>, ArrayView<int>, ArrayView<int>, ArrayView<int>, RegressionShape>? _number;
        private Action<KernelConfig, ArrayView<ulong>, ArrayView<int>, ArrayView<int>, ArrayView<int>, int, ArrayView<ulong>, ArrayView<ulong>, int, RegressionShape>? _takeColumns;
        private Action<KernelConfig, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<float>, int, int, int, RegressionShape>? _placeGram;
        private Action<KernelConfig, ArrayView<float>, int, ArrayView<float>, int, int>? _widenGram;
        private Action<KernelConfig, ArrayView<ulong>, int, ArrayView<ulong>, int, RegressionShape>? _widenColumns;
        private Action<KernelConfig, ArrayView<double>, ArrayView<double>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<float>, ArrayView<double>, ArrayView<double>, ArrayView<int>, ArrayView<double>, RegressionStep, RegressionShape>? _descend;
        private Action<KernelConfig, ArrayView<double>, ArrayView<double>, ArrayView<byte>, ArrayView<double>, RegressionShape>? _largestThreshold;
        private Action<KernelConfig, ArrayView<double>, ArrayView<int>, ArrayView<double>, RegressionShape>? _keep;
        private Action<KernelConfig, ArrayView<double>, ArrayView<int>, RegressionShape>? _countTerms;
        private Action<KernelConfig, ArrayView<double>, ArrayView<int>, ArrayView<int>, ArrayView<double>, RegressionShape>? _listTerms;

        public Action<KernelConfig, ArrayView<double>, ArrayView<double>, ArrayView<byte>, ArrayView<byte>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<double>, RegressionShape> Enter =>
            _enter ??= device.Accelerator.LoadStreamKernel<ArrayView<double>, ArrayView<double>, ArrayView<byte>, ArrayView<byte>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<double>, RegressionShape>(RegressionKernels.Enter, _spread);

        public Action<KernelConfig, ArrayView<byte>, ArrayView<int>, ArrayView<int>, ArrayView<int>, RegressionShape> Number =>
            _number ??= device.Accelerator.LoadStreamKernel<ArrayView<byte>, ArrayView<int>, ArrayView<int>, ArrayView<int>, RegressionShape>(RegressionKernels.Number, _spread);

        public Action<KernelConfig, ArrayView<ulong>, ArrayView<int>, ArrayView<int>, ArrayView<int>, int, ArrayView<ulong>, ArrayView<ulong>, int, RegressionShape> TakeColumns =>
            _takeColumns ??= device.Accelerator.LoadStreamKernel<ArrayView<ulong>, ArrayView<int>, ArrayView<int>, ArrayView<int>, int, ArrayView<ulong>, ArrayView<ulong>, int, RegressionShape>(RegressionKernels.TakeColumns, _spread);

        public Action<KernelConfig, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<float>, int, int, int, RegressionShape> PlaceGram =>
            _placeGram ??= device.Accelerator.LoadStreamKernel<ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<float>, int, int, int, RegressionShape>(RegressionKernels.PlaceGram, _spread);

        public Action<KernelConfig, ArrayView<float>, int, ArrayView<float>, int, int> WidenGram =>
            _widenGram ??= device.Accelerator.LoadStreamKernel<ArrayView<float>, int, ArrayView<float>, int, int>(RegressionKernels.WidenGram, _spread);

        public Action<KernelConfig, ArrayView<ulong>, int, ArrayView<ulong>, int, RegressionShape> WidenColumns =>
            _widenColumns ??= device.Accelerator.LoadStreamKernel<ArrayView<ulong>, int, ArrayView<ulong>, int, RegressionShape>(RegressionKernels.WidenColumns, _spread);

        public Action<KernelConfig, ArrayView<double>, ArrayView<double>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<float>, ArrayView<double>, ArrayView<double>, ArrayView<int>, ArrayView<double>, RegressionStep, RegressionShape> Descend =>
            _descend ??= device.Accelerator.LoadStreamKernel<ArrayView<double>, ArrayView<double>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<float>, ArrayView<double>, ArrayView<double>, ArrayView<int>, ArrayView<double>, RegressionStep, RegressionShape>(RegressionKernels.Descend, _spread);

        public Action<KernelConfig, ArrayView<double>, ArrayView<double>, ArrayView<byte>, ArrayView<double>, RegressionShape> LargestThreshold =>
            _largestThreshold ??= device.Accelerator.LoadStreamKernel<ArrayView<double>, ArrayView<double>, ArrayView<byte>, ArrayView<double>, RegressionShape>(RegressionKernels.LargestThreshold, _spread);

        public Action<KernelConfig, ArrayView<double>, ArrayView<int>, ArrayView<double>, RegressionShape> Keep =>
            _keep ??= device.Accelerator.LoadStreamKernel<ArrayView<double>, ArrayView<int>, ArrayView<double>, RegressionShape>(RegressionKernels.Keep, _spread);

        public Action<KernelConfig, ArrayView<double>, ArrayView<int>, RegressionShape> CountTerms =>
            _countTerms ??= device.Accelerator.LoadStreamKernel<ArrayView<double>, ArrayView<int>, RegressionShape>(RegressionKernels.CountTerms, _spread);

        public Action<KernelConfig, ArrayView<double>, ArrayView<int>, ArrayView<int>, ArrayView<double>, RegressionShape> ListTerms =>
            _listTerms ??= device.Accelerator.LoadStreamKernel<ArrayView<double>, ArrayView<int>, ArrayView<int>, ArrayView<double>, RegressionShape>(RegressionKernels.ListTerms, _spread);
    }
}
