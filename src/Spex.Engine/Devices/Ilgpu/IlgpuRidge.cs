using ILGPU;
using ILGPU.Runtime;
using Spex.Core.Masks;
using Spex.Core.Spectra;
using Spex.Kernels;

namespace Spex.Engine.Devices.Ilgpu;

/// <summary>Ridge regression on an accelerator. To the host come a flag a factor, an error a fold and α, and the solutions.</summary>
internal sealed class IlgpuRidge(IlgpuDevice device, IlgpuRegression regression, IlgpuCholesky cholesky) : RidgePrimitives
{
    private Action<KernelConfig, ArrayView<ulong>, ArrayView<double>, ArrayView<double>, int, int>? _weights;
    private Action<KernelConfig, ArrayView<ulong>, ArrayView<int>, ArrayView<int>, ArrayView<ulong>, int, int>? _columns;
    private Action<KernelConfig, ArrayView<ulong>, ArrayView<double>, ArrayView<double>, PresenceRange>? _gram;
    private Action<KernelConfig, ArrayView<ulong>, ArrayView<double>, ArrayView<double>, ArrayView<double>, PresenceRange>? _project;
    private Action<KernelConfig, ArrayView<ulong>, ArrayView<double>, ArrayView<double>, ArrayView<double>, PresenceRange>? _errors;

    public override (double[][] Solutions, double SquaredError)[] Fit(
        DeviceBuffer<ulong> maskColumns,
        int sampleCount,
        double[] weightOfSize,
        FeatureSet[] sets,
        DeviceBuffer<double> values,
        int[] boundaries,
        ReadOnlySpan<double> alphas,
        CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(maskColumns);
        ArgumentNullException.ThrowIfNull(values);
        Load();
        int p = sets.Length, folds = boundaries.Length - 1, problems = folds + 1, functions = (int)(values.Length / sampleCount), alphaCount = alphas.Length;
        long numbers = (long)functions * p;
        using DeviceBuffer<double> table = Upload<double>(weightOfSize), weights = device.Allocate<double>(sampleCount), errors = device.Allocate<double>((long)functions * sampleCount);
        using DeviceBuffer<ulong> columns = device.Allocate<ulong>((long)p * MaskMatrix.WordsFor(sampleCount));
        using DeviceBuffer<double> gram = device.Allocate<double>((long)p * p), factor = device.Allocate<double>((long)p * p), products = device.Allocate<double>(numbers);
        using DeviceBuffer<double> solution = device.Allocate<double>(numbers), solutions = device.Allocate<double>((long)alphaCount * problems * numbers);
        _weights!(device.Spread(sampleCount), device.View(maskColumns), device.View(table), device.View(weights), weightOfSize.Length - 1, sampleCount);
        Columns(maskColumns, sets, columns, sampleCount);
        double[][] error = [.. Enumerable.Range(0, functions).Select(_ => new double[alphaCount])];
        for (int problem = 0; problem < problems; problem++)
        {
            // The matrix and its factor are those of all functions.
            PresenceRange range = problem < folds ? new PresenceRange(p, sampleCount, boundaries[problem], boundaries[problem + 1], functions) : new PresenceRange(p, sampleCount, 0, 0, functions);
            _gram!(device.Spread((long)p * p), device.View(columns), device.View(weights), device.View(gram), range);
            _project!(device.Spread(numbers), device.View(columns), device.View(weights), device.View(values), device.View(products), range);
            for (int a = 0; a < alphaCount; a++)
            {
                cancel.ThrowIfCancellationRequested();
                cholesky.Factor(gram, factor, p, alphas[a]);
                cholesky.Solve(factor, products, solution, p, functions);
                solution.CopyTo(solutions, numbers, 0, (((long)a * problems) + problem) * numbers);
                if (problem < folds)
                {
                    int count = range.End - range.First;
                    _errors!(device.Spread((long)functions * count), device.View(columns), device.View(values), device.View(solution), device.View(errors), range);
                    double[] own = regression.Sum(errors, count, functions);
                    for (int function = 0; function < functions; function++)
                    {
                        error[function][a] += own[function];
                    }
                }
            }
        }

        return ReadBest(solutions, error, problems, p);
    }

    /// <summary>Each function's solutions of the α whose error is least, the first of equal ones; α by α one copy for all.</summary>
    private (double[][] Solutions, double SquaredError)[] ReadBest(DeviceBuffer<double> solutions, double[][] error, int problems, int p)
    {
        int[] best = Array.ConvertAll(error, own => own.Index().MinBy(alpha => alpha.Item).Index);
        int numbers = error.Length * p;
        Dictionary<int, double[]> read = [];
        foreach (int a in best.Distinct())
        {
            read[a] = new double[(long)problems * numbers];
            device.CopyToHost<double>(read[a], (long)a * problems * numbers, device.View(solutions), "spectrum");
        }

        return [.. best.Select((a, function) =>
            (Enumerable.Range(0, problems).Select(problem => read[a].AsSpan((problem * numbers) + (function * p), p).ToArray()).ToArray(), error[function][a]))];
    }

    private void Columns(DeviceBuffer<ulong> maskColumns, FeatureSet[] sets, DeviceBuffer<ulong> columns, int sampleCount)
    {
        int[] offsets = new int[sets.Length + 1];
        for (int j = 0; j < sets.Length; j++)
        {
            offsets[j + 1] = offsets[j] + sets[j].Count;
        }

        int[] features = [.. sets.SelectMany(set => set)];
        using DeviceBuffer<int> offsetBuffer = Upload<int>(offsets), featureBuffer = Upload<int>(features);
        _columns!(device.Spread(columns.Length), device.View(maskColumns), device.View(offsetBuffer), device.View(featureBuffer), device.View(columns), sets.Length, sampleCount);
    }

    private DeviceBuffer<T> Upload<T>(ReadOnlySpan<T> content)
        where T : unmanaged
    {
        DeviceBuffer<T> buffer = device.Allocate<T>(content.Length);
        buffer.CopyFrom(content);
        return buffer;
    }

    private void Load()
    {
        Accelerator accelerator = device.Accelerator;
        KernelSpecialization spread = device.UpTo(IlgpuDevice.SpreadThreads);
        _weights ??= accelerator.LoadStreamKernel<ArrayView<ulong>, ArrayView<double>, ArrayView<double>, int, int>(PresenceKernels.Weights, spread);
        _columns ??= accelerator.LoadStreamKernel<ArrayView<ulong>, ArrayView<int>, ArrayView<int>, ArrayView<ulong>, int, int>(PresenceKernels.Columns, spread);
        _gram ??= accelerator.LoadStreamKernel<ArrayView<ulong>, ArrayView<double>, ArrayView<double>, PresenceRange>(PresenceKernels.Gram, spread);
        _project ??= accelerator.LoadStreamKernel<ArrayView<ulong>, ArrayView<double>, ArrayView<double>, ArrayView<double>, PresenceRange>(PresenceKernels.Project, spread);
        _errors ??= accelerator.LoadStreamKernel<ArrayView<ulong>, ArrayView<double>, ArrayView<double>, ArrayView<double>, PresenceRange>(PresenceKernels.Errors, spread);
    }
}
