using System.Numerics;
using ILGPU;
using ILGPU.Runtime;
using Spex.Core.Masks;
using Spex.Kernels;

namespace Spex.Engine.Devices.Ilgpu;

/// <summary>A path on an accelerator: at a threshold the host reads how many sets have entered, and the error.</summary>
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
    private readonly DeviceBuffer<int> _total;
    private readonly DeviceBuffer<double> _coefficients;
    private readonly DeviceBuffer<double> _kept;
    private readonly DeviceBuffer<double> _residuals;
    private readonly DeviceBuffer<double> _products;
    private readonly DeviceBuffer<double> _errors;
    private readonly Kernels _kernels;
    private DeviceBuffer<ulong>? _enteredColumns;
    private DeviceBuffer<float>? _gram;
    private DeviceBuffer<double>? _work;
    private int _known;
    private int _capacity;

    public IlgpuRegressionPath(IlgpuDevice device, IlgpuRegression regression, RegressionProblem problem)
        : base(problem)
    {
        _device = device;
        _regression = regression;
        _columns = problem.Columns;
        _values = problem.Values;
        _kernels = regression.KernelsOf();
        int problems = FoldCount + 1;
        long all = (long)problems * SetCount;
        _shape = new RegressionShape(SetCount, SampleCount, MaskMatrix.WordsFor(SampleCount), problems, 1);
        try
        {
            _boundaries = Own<int>(problem.Boundaries.Length);
            _weights = Own<double>(SetCount);
            _denied = Own<byte>(all);
            _entered = Own<byte>(all);
            _lists = Own<int>(all);
            _counts = Own<int>(problems);
            _numbers = Own<int>(SetCount);
            _numbered = Own<int>(SetCount);
            _total = Own<int>(1);
            _coefficients = Own<double>(all);
            _kept = Own<double>(all);
            _residuals = Own<double>((long)problems * SampleCount);
            _products = Own<double>(all);
            _errors = Own<double>(SampleCount);
            _boundaries.CopyFrom(problem.Boundaries);
            _weights.CopyFrom(problem.Weights);
            _denied.Fill(0);
            for (int fold = 0; problem.Denied is not null && fold < FoldCount; fold++)
            {
                _denied.CopyFrom(Array.ConvertAll(problem.Denied[fold], isDenied => isDenied ? (byte)1 : (byte)0), (long)fold * SetCount);
            }

            // Every list begins with the constant.
            _entered.Fill(0);
            _lists.Fill(0);
            _numbers.Fill(byte.MaxValue);
            _total.Fill(0);
            _coefficients.Fill(0);
            _kept.Fill(0);
            _errors.Fill(0);
            _counts.CopyFrom([.. Enumerable.Repeat(1, problems)]);
            for (int p = 0; p < problems; p++)
            {
                _entered.CopyFrom([1], (long)p * SetCount);
            }

            NumberNew();
            Refresh();
        }
        catch
        {
            Dispose(true);
            throw;
        }
    }

    public override double LargestThreshold
    {
        get
        {
            using DeviceBuffer<double> largest = _device.Allocate<double>(1);
            _kernels.LargestThreshold(_device.Tiles(1, IlgpuDevice.SpreadThreads), _device.View(_products), _device.View(_weights), _device.View(largest), _shape);
            double[] read = new double[1];
            _device.CopyToHost<double>(read, 0, _device.View(largest), "threshold");
            return read[0];
        }
    }

    public override void StartAt(IReadOnlyList<IReadOnlyList<(int Set, double Coefficient)>> fits)
    {
        int[] counts = new int[_shape.Problems];
        for (int p = 0; p < counts.Length; p++)
        {
            byte[] entered = new byte[SetCount];
            double[] coefficients = new double[SetCount];
            List<int> list = [0];
            entered[0] = 1;
            foreach ((int set, double coefficient) in fits[p])
            {
                coefficients[set] = coefficient;
                if (entered[set] == 0)
                {
                    entered[set] = 1;
                    list.Add(set);
                }
            }

            counts[p] = list.Count;
            _entered.CopyFrom(entered, (long)p * SetCount);
            _coefficients.CopyFrom(coefficients, (long)p * SetCount);
            _lists.CopyFrom([.. list], (long)p * SetCount);
        }

        _counts.CopyFrom(counts);
        NumberNew();
        Refresh();
    }

    public override double Descend(double threshold, Shrinkage shrinkage)
    {
        _kernels.Enter(
            _device.Tiles(_shape.Problems, IlgpuDevice.SpreadThreads),
            _device.View(_products),
            _device.View(_weights),
            _device.View(_denied),
            _device.View(_entered),
            _device.View(_lists),
            _device.View(_counts),
            _device.View(_boundaries),
            threshold,
            _shape);
        NumberNew();
        RegressionStep step = new(threshold, shrinkage == Shrinkage.Soft ? 1 : 0, MaxSweeps, Converged, _known, _capacity);
        _kernels.Descend(
            _device.Tiles(_shape.Problems, IlgpuDevice.SpreadThreads),
            _device.View(_products),
            _device.View(_weights),
            _device.View(_lists),
            _device.View(_counts),
            _device.View(_numbers),
            _device.View(_numbered),
            _device.View(_gram!),
            _device.View(_coefficients),
            _device.View(_work!),
            _device.View(_boundaries),
            step,
            _shape);
        Refresh();
        return _regression.Sum(_errors, SampleCount, 1)[0];
    }

    public override void Keep() => _coefficients.CopyTo(_kept, _coefficients.Length);

    public override (int Set, double Coefficient)[][] Kept()
    {
        using DeviceBuffer<int> sets = _device.Allocate<int>(_kept.Length), counts = _device.Allocate<int>(_shape.Problems);
        using DeviceBuffer<double> coefficients = _device.Allocate<double>(_kept.Length);
        _kernels.ListTerms(
            _device.Tiles(_shape.Problems, IlgpuDevice.SpreadThreads), _device.View(_kept), _device.View(sets), _device.View(coefficients), _device.View(counts), _shape);
        int[] lengths = new int[_shape.Problems];
        _device.CopyToHost<int>(lengths, 0, _device.View(counts), "counter");
        (int, double)[][] kept = new (int, double)[lengths.Length][];
        for (int p = 0; p < kept.Length; p++)
        {
            int[] own = new int[lengths[p]];
            double[] values = new double[lengths[p]];
            _device.CopyToHost<int>(own, (long)p * SetCount, _device.View(sets), "spectrum");
            _device.CopyToHost<double>(values, (long)p * SetCount, _device.View(coefficients), "spectrum");
            kept[p] = [.. own.Zip(values)];
        }

        return kept;
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

    /// <summary>Gives sets that have entered their numbers, and computes what the Gram matrix lacks of them.</summary>
    private void NumberNew()
    {
        _kernels.Number(
            _device.Tiles(1, IlgpuDevice.SpreadThreads), _device.View(_entered), _device.View(_numbers), _device.View(_numbered), _device.View(_total), _shape);
        int[] read = new int[1];
        _device.CopyToHost<int>(read, 0, _device.View(_total), "counter");
        int count = read[0], added = count - _known, words = _shape.Words;
        if (added == 0)
        {
            return;
        }

        Reserve(count);
        using DeviceBuffer<ulong> entering = _device.Allocate<ulong>((long)added * words);
        _kernels.TakeColumns(_device.Spread((long)added * words), _device.View(_columns), _device.View(_numbered), _known, added, _device.View(entering), words);
        entering.CopyTo(_enteredColumns!, (long)added * words, 0, (long)_known * words);
        using DeviceBuffer<int> differing = _device.Allocate<int>((long)added * count);
        _device.SignMatrix.Gram(entering, added, _enteredColumns!, count, SampleCount, [0, SampleCount], differing);
        _kernels.PlaceGram(_device.Spread((long)added * count), _device.View(differing), _device.View(_gram!), _known, count, _capacity, SampleCount);
        _known = count;
    }

    /// <summary>Makes room for so many sets.</summary>
    private void Reserve(int count)
    {
        if (count <= _capacity)
        {
            return;
        }

        int capacity = Math.Max(LeastCapacity, (int)BitOperations.RoundUpToPowerOf2((uint)count));
        DeviceBuffer<ulong> columns = _device.Allocate<ulong>((long)capacity * _shape.Words);
        DeviceBuffer<float> gram = _device.Allocate<float>((long)capacity * capacity);
        if (_known > 0)
        {
            _enteredColumns!.CopyTo(columns, (long)_known * _shape.Words);
            _kernels.WidenGram(_device.Spread((long)_known * _known), _device.View(_gram!), _capacity, _device.View(gram), capacity, _known);
        }

        _enteredColumns?.Dispose();
        _gram?.Dispose();
        _work?.Dispose();
        (_enteredColumns, _gram, _capacity) = (columns, gram, capacity);
        _work = _device.Allocate<double>((long)_shape.Problems * capacity);
    }

    /// <summary>Computes each problem's residual, its products with all characters, and the left-out errors.</summary>
    private void Refresh()
    {
        _regression.Residuals(_columns, _values, _lists, _counts, _coefficients, _boundaries, _residuals, _errors, _shape);
        _device.SignMatrix.Project(_columns, SetCount, SampleCount, _residuals, _shape.Problems, [0, SampleCount], _products);
    }

    /// <summary>The launchers, compiled once a device.</summary>
    internal sealed class Kernels(IlgpuDevice device)
    {
        private readonly KernelSpecialization _spread = device.UpTo(IlgpuDevice.SpreadThreads);
        private Action<KernelConfig, ArrayView<double>, ArrayView<double>, ArrayView<byte>, ArrayView<byte>, ArrayView<int>, ArrayView<int>, ArrayView<int>, double, RegressionShape>? _enter;
        private Action<KernelConfig, ArrayView<byte>, ArrayView<int>, ArrayView<int>, ArrayView<int>, RegressionShape>? _number;
        private Action<KernelConfig, ArrayView<ulong>, ArrayView<int>, int, int, ArrayView<ulong>, int>? _takeColumns;
        private Action<KernelConfig, ArrayView<int>, ArrayView<float>, int, int, int, int>? _placeGram;
        private Action<KernelConfig, ArrayView<float>, int, ArrayView<float>, int, int>? _widenGram;
        private Action<KernelConfig, ArrayView<double>, ArrayView<double>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<float>, ArrayView<double>, ArrayView<double>, ArrayView<int>, RegressionStep, RegressionShape>? _descend;
        private Action<KernelConfig, ArrayView<double>, ArrayView<double>, ArrayView<double>, RegressionShape>? _largest;
        private Action<KernelConfig, ArrayView<double>, ArrayView<int>, ArrayView<double>, ArrayView<int>, RegressionShape>? _listTerms;

        public Action<KernelConfig, ArrayView<double>, ArrayView<double>, ArrayView<byte>, ArrayView<byte>, ArrayView<int>, ArrayView<int>, ArrayView<int>, double, RegressionShape> Enter =>
            _enter ??= device.Accelerator.LoadStreamKernel<ArrayView<double>, ArrayView<double>, ArrayView<byte>, ArrayView<byte>, ArrayView<int>, ArrayView<int>, ArrayView<int>, double, RegressionShape>(RegressionKernels.Enter, _spread);

        public Action<KernelConfig, ArrayView<byte>, ArrayView<int>, ArrayView<int>, ArrayView<int>, RegressionShape> Number =>
            _number ??= device.Accelerator.LoadStreamKernel<ArrayView<byte>, ArrayView<int>, ArrayView<int>, ArrayView<int>, RegressionShape>(RegressionKernels.Number, _spread);

        public Action<KernelConfig, ArrayView<ulong>, ArrayView<int>, int, int, ArrayView<ulong>, int> TakeColumns =>
            _takeColumns ??= device.Accelerator.LoadStreamKernel<ArrayView<ulong>, ArrayView<int>, int, int, ArrayView<ulong>, int>(RegressionKernels.TakeColumns, _spread);

        public Action<KernelConfig, ArrayView<int>, ArrayView<float>, int, int, int, int> PlaceGram =>
            _placeGram ??= device.Accelerator.LoadStreamKernel<ArrayView<int>, ArrayView<float>, int, int, int, int>(RegressionKernels.PlaceGram, _spread);

        public Action<KernelConfig, ArrayView<float>, int, ArrayView<float>, int, int> WidenGram =>
            _widenGram ??= device.Accelerator.LoadStreamKernel<ArrayView<float>, int, ArrayView<float>, int, int>(RegressionKernels.WidenGram, _spread);

        public Action<KernelConfig, ArrayView<double>, ArrayView<double>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<float>, ArrayView<double>, ArrayView<double>, ArrayView<int>, RegressionStep, RegressionShape> Descend =>
            _descend ??= device.Accelerator.LoadStreamKernel<ArrayView<double>, ArrayView<double>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<float>, ArrayView<double>, ArrayView<double>, ArrayView<int>, RegressionStep, RegressionShape>(RegressionKernels.Descend, _spread);

        public Action<KernelConfig, ArrayView<double>, ArrayView<double>, ArrayView<double>, RegressionShape> LargestThreshold =>
            _largest ??= device.Accelerator.LoadStreamKernel<ArrayView<double>, ArrayView<double>, ArrayView<double>, RegressionShape>(RegressionKernels.LargestThreshold, _spread);

        public Action<KernelConfig, ArrayView<double>, ArrayView<int>, ArrayView<double>, ArrayView<int>, RegressionShape> ListTerms =>
            _listTerms ??= device.Accelerator.LoadStreamKernel<ArrayView<double>, ArrayView<int>, ArrayView<double>, ArrayView<int>, RegressionShape>(RegressionKernels.ListTerms, _spread);
    }
}
