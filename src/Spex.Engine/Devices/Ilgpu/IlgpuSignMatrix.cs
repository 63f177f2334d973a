using ILGPU;
using ILGPU.Runtime;
using Spex.Core.Masks;
using Spex.Kernels;

namespace Spex.Engine.Devices.Ilgpu;

/// <summary>Sign matrices on an accelerator.</summary>
internal sealed class IlgpuSignMatrix(IlgpuDevice device) : SignMatrixPrimitives, IDisposable
{
    // Threads of a tile of 32 columns of a projection.
    private const int ProjectThreads = 256;

    // Threads of a tile of pairs: one for 4 × 4 of them.
    private const int GramThreads = SignMatrixKernels.MostGramUnits * SignMatrixKernels.MostGramUnits;

    private readonly IlgpuScratch<int> _boundaries = new(device);
    private readonly IlgpuScratch<int> _segments = new(device);
    private readonly IlgpuScratch<int> _foldSegments = new(device);
    private readonly IlgpuScratch<double> _blocks = new(device);
    private Action<KernelConfig, ArrayView<ulong>, ArrayView<int>, ArrayView<int>, ArrayView<ulong>, int, int>? _columns;
    private Action<KernelConfig, ArrayView<ulong>, ArrayView<ulong>, ArrayView<int>, ArrayView<int>, GramShape>? _gram;
    private Action<KernelConfig, ArrayView<ulong>, ArrayView<double>, ArrayView<int>, ArrayView<double>, ProjectShape>? _projectDoubles;
    private Action<KernelConfig, ArrayView<ulong>, ArrayView<float>, ArrayView<int>, ArrayView<double>, ProjectShape>? _projectFloats;
    private Action<KernelConfig, ArrayView<double>, ArrayView<int>, ArrayView<double>, int, ProjectShape>? _addBlocks;
    private Action<KernelConfig, ArrayView<ulong>, ArrayView<double>, ArrayView<double>, int, int>? _predict;

    public override void Columns(
        DeviceBuffer<ulong> maskColumns, int sampleCount, int featureCount, DeviceBuffer<int> offsets, DeviceBuffer<int> features, int count, DeviceBuffer<ulong> columns)
    {
        CheckColumns(maskColumns, sampleCount, featureCount, offsets, features, count, columns);
        int words = MaskMatrix.WordsFor(sampleCount);
        if (count > 0 && words > 0)
        {
            _columns ??= device.Accelerator.LoadStreamKernel<ArrayView<ulong>, ArrayView<int>, ArrayView<int>, ArrayView<ulong>, int, int>(SignMatrixKernels.Columns, device.UpTo(IlgpuDevice.SpreadThreads));
            _columns(device.Spread((long)count * words), device.View(maskColumns), device.View(offsets), device.View(features), device.View(columns), words, count);
        }
    }

    public override void Gram(
        DeviceBuffer<ulong> columnsA, int countA, DeviceBuffer<ulong> columnsB, int countB, int sampleCount, ReadOnlySpan<int> boundaries, DeviceBuffer<int> differing)
    {
        CheckGram(columnsA, countA, columnsB, countB, sampleCount, boundaries, differing);
        Gram(columnsA, countA, columnsB, countB, countB, 1, sampleCount, boundaries, differing);
    }

    /// <summary>As the other, for the columns of many functions: on the left countA of each, on the right countB of the stride.</summary>
    public void Gram(
        DeviceBuffer<ulong> columnsA, int countA, DeviceBuffer<ulong> columnsB, int countB, int rightStride, int functions, int sampleCount, ReadOnlySpan<int> boundaries, DeviceBuffer<int> differing)
    {
        int folds = boundaries.Length - 1;
        if (folds > 0 && countA > 0 && countB > 0)
        {
            _gram ??= device.Accelerator.LoadStreamKernel<ArrayView<ulong>, ArrayView<ulong>, ArrayView<int>, ArrayView<int>, GramShape>(SignMatrixKernels.Gram, device.UpTo(GramThreads));
            int units = Math.Clamp((int)Math.Sqrt(device.MostThreads), 1, SignMatrixKernels.MostGramUnits);
            bool same = ReferenceEquals(columnsA, columnsB) && countA == countB;
            GramShape shape = new(countA, countB, MaskMatrix.WordsFor(sampleCount), units, functions, rightStride, same ? 1 : 0);
            _gram(device.Tiles(shape.Tiles(folds), units * units), device.View(columnsA), device.View(columnsB), _boundaries.Hold(boundaries), device.View(differing), shape);
        }
    }

    public override void Project(
        DeviceBuffer<ulong> columns, int count, int sampleCount, DeviceBuffer<double> values, int rightSides, ReadOnlySpan<int> boundaries, DeviceBuffer<double> sums)
    {
        CheckProject(columns, count, sampleCount, values, rightSides, boundaries, sums);
        Project(columns, count, sampleCount, values, rightSides, Math.Max(1, rightSides), boundaries, sums, ProjectDoubles());
    }

    public override void Project(
        DeviceBuffer<ulong> columns, int count, int sampleCount, DeviceBuffer<float> values, int rightSides, ReadOnlySpan<int> boundaries, DeviceBuffer<double> sums)
    {
        CheckProject(columns, count, sampleCount, values, rightSides, boundaries, sums);
        _projectFloats ??= device.Accelerator.LoadStreamKernel<ArrayView<ulong>, ArrayView<float>, ArrayView<int>, ArrayView<double>, ProjectShape>(SignMatrixKernels.ProjectBlocksOfFloats, device.UpTo(ProjectThreads));
        Project(columns, count, sampleCount, values, rightSides, Math.Max(1, rightSides), boundaries, sums, _projectFloats);
    }

    /// <summary>As the first, of all samples, for many functions: so many right-hand sides of each, and columns of its own.</summary>
    public void Project(DeviceBuffer<ulong> columns, int count, int sampleCount, DeviceBuffer<double> values, int functions, int sidesOfFunction, DeviceBuffer<double> sums) =>
        Project(columns, count, sampleCount, values, functions * sidesOfFunction, sidesOfFunction, [0, sampleCount], sums, ProjectDoubles());

    public override void Predict(DeviceBuffer<ulong> columns, int count, int sampleCount, DeviceBuffer<double> coefficients, DeviceBuffer<double> predictions)
    {
        CheckPredict(columns, count, sampleCount, coefficients, predictions);
        if (sampleCount > 0)
        {
            _predict ??= device.Accelerator.LoadStreamKernel<ArrayView<ulong>, ArrayView<double>, ArrayView<double>, int, int>(SignMatrixKernels.Predict, device.UpTo(IlgpuDevice.SpreadThreads));
            _predict(device.Spread(sampleCount), device.View(columns), device.View(coefficients), device.View(predictions), count, sampleCount);
        }
    }

    public void Dispose()
    {
        _boundaries.Dispose();
        _segments.Dispose();
        _foldSegments.Dispose();
        _blocks.Dispose();
    }

    private Action<KernelConfig, ArrayView<ulong>, ArrayView<double>, ArrayView<int>, ArrayView<double>, ProjectShape> ProjectDoubles() =>
        _projectDoubles ??= device.Accelerator.LoadStreamKernel<ArrayView<ulong>, ArrayView<double>, ArrayView<int>, ArrayView<double>, ProjectShape>(
            SignMatrixKernels.ProjectBlocks, device.UpTo(ProjectThreads));

    private void Project<T>(
        DeviceBuffer<ulong> columns,
        int count,
        int sampleCount,
        DeviceBuffer<T> values,
        int rightSides,
        int sidesOfColumns,
        ReadOnlySpan<int> boundaries,
        DeviceBuffer<double> sums,
        Action<KernelConfig, ArrayView<ulong>, ArrayView<T>, ArrayView<int>, ArrayView<double>, ProjectShape> kernel)
        where T : unmanaged
    {
        int folds = boundaries.Length - 1;
        if (count == 0 || rightSides == 0 || folds == 0)
        {
            return;
        }

        SignSegment[] segments = SignSegment.Of(boundaries);
        ProjectShape shape = new(count, sampleCount, MaskMatrix.WordsFor(sampleCount), segments.Length, rightSides, sidesOfColumns);
        ArrayView<double> blocks = _blocks.Take((long)rightSides * segments.Length * count);
        if (segments.Length > 0)
        {
            kernel(
                device.Tiles(shape.Tiles, ProjectThreads),
                device.View(columns),
                device.View(values),
                _segments.Hold([.. segments.SelectMany(segment => new[] { segment.First, segment.End })]),
                blocks,
                shape);
        }

        _addBlocks ??= device.Accelerator.LoadStreamKernel<ArrayView<double>, ArrayView<int>, ArrayView<double>, int, ProjectShape>(SignMatrixKernels.AddBlocks, device.UpTo(IlgpuDevice.SpreadThreads));
        _addBlocks(device.Spread((long)rightSides * folds * count), blocks, _foldSegments.Hold(FirstSegments(segments, folds)), device.View(sums), folds, shape);
    }

    // Where each fold's segments begin, and the end of the last.
    private static int[] FirstSegments(SignSegment[] segments, int folds)
    {
        int[] first = new int[folds + 1];
        foreach (SignSegment segment in segments)
        {
            first[segment.Fold + 1]++;
        }

        for (int f = 0; f < folds; f++)
        {
            first[f + 1] += first[f];
        }

        return first;
    }
}
