using ILGPU;
using ILGPU.Runtime;
using Spex.Core.Designs;
using Spex.Core.Masks;
using Spex.Kernels;

namespace Spex.Engine.Devices.Ilgpu;

/// <summary>Masks on an accelerator.</summary>
/// <remarks>
/// SPEX, uniform and exhaustive designs are generated where they are needed; the masks of any other design are written on the host and copied. What a SPEX design
/// needs on the device (a few rows a group and delay) stays there until another design is asked for.
/// </remarks>
internal sealed class IlgpuMasks(IlgpuDevice device) : MaskPrimitives, IDisposable
{
    // Threads that a tile of the transposition keeps busy: four words each.
    private const int TransposeThreads = 256;

    // Groups a multiprocessor that make uniform masks, each tile after tile: what shared memory holds at once, several times over.
    private const int UniformGroups = 32;

    private readonly IlgpuScratch<ulong> _basis = new(device);
    private readonly IlgpuScratch<ulong> _offsets = new(device);
    private readonly IlgpuScratch<ulong> _delays = new(device);
    private readonly IlgpuScratch<int> _queries = new(device);
    private Affine? _affine;
    private Action<KernelConfig, ArrayView<ulong>, ulong, long>? _exhaustive;
    private Action<KernelConfig, ArrayView<ulong>, ulong, long, UniformMasks>? _uniform;
    private Action<KernelConfig, ArrayView<ulong>, ulong, long, UniformMasks>? _uniformWide;
    private Action<KernelConfig, ArrayView<ulong>, ArrayView<ulong>, ArrayView<ulong>, ArrayView<ulong>, long, long, AffineMasksShape>? _octets;
    private Action<KernelConfig, ArrayView<ulong>, ArrayView<ulong>, ArrayView<ulong>, ArrayView<ulong>, ArrayView<int>, long, long, AffineMasksShape>? _byNumber;
    private Action<KernelConfig, ArrayView<ulong>, ArrayView<float>, int, long>? _toFloats;
    private Action<KernelConfig, ArrayView<ulong>, ArrayView<ushort>, int, long>? _toBFloats;
    private Action<KernelConfig, ArrayView<ulong>, ArrayView<byte>, int, long>? _toBytes;
    private Action<KernelConfig, ArrayView<ulong>, ArrayView<ulong>, int, int>? _transpose;
    private Action<KernelConfig, ArrayView<ulong>, ArrayView<int>, ArrayView<ulong>, int, long>? _select;

    public override void Generate(MaskDesign design, long start, int count, DeviceBuffer<ulong> packed)
    {
        CheckGenerate(design, start, count, packed);
        if (count == 0 || design.FeatureCount == 0)
        {
            return;
        }

        switch (design)
        {
            case ExhaustiveDesign:
                _exhaustive ??= device.Accelerator.LoadStreamKernel<ArrayView<ulong>, ulong, long>(MaskKernels.Exhaustive, device.UpTo(IlgpuDevice.SpreadThreads));
                _exhaustive(device.Spread(count), device.View(packed), (ulong)start, count);
                break;
            case UniformDesign uniform:
                Generate(uniform, start, count, device.View(packed));
                break;
            case SpexDesign spex:
                Generate(spex, start, count, device.View(packed));
                break;
            default:
                ulong[] rows = new ulong[(long)count * MaskMatrix.WordsFor(design.FeatureCount)];
                design.WriteMasks(start, count, rows);
                packed.CopyFrom(rows);
                break;
        }
    }

    public override void Expand(DeviceBuffer<ulong> packed, int count, int featureCount, DeviceBuffer<float> dense)
    {
        CheckExpand(packed, count, featureCount, dense);
        if (count > 0 && featureCount > 0)
        {
            _toFloats ??= device.Accelerator.LoadStreamKernel<ArrayView<ulong>, ArrayView<float>, int, long>(MaskKernels.ExpandToFloats, device.UpTo(IlgpuDevice.SpreadThreads));
            long total = (long)count * featureCount;
            _toFloats(device.Spread((total + 3) / 4), device.View(packed), device.View(dense), featureCount, total);
        }
    }

    public override void Expand(DeviceBuffer<ulong> packed, int count, int featureCount, DeviceBuffer<ushort> dense)
    {
        CheckExpand(packed, count, featureCount, dense);
        if (count > 0 && featureCount > 0)
        {
            _toBFloats ??= device.Accelerator.LoadStreamKernel<ArrayView<ulong>, ArrayView<ushort>, int, long>(MaskKernels.ExpandToBFloats, device.UpTo(IlgpuDevice.SpreadThreads));
            long total = (long)count * featureCount;
            _toBFloats(device.Spread((total + 7) / 8), device.View(packed), device.View(dense), featureCount, total);
        }
    }

    public override void Expand(DeviceBuffer<ulong> packed, int count, int featureCount, DeviceBuffer<byte> dense)
    {
        CheckExpand(packed, count, featureCount, dense);
        if (count > 0 && featureCount > 0)
        {
            _toBytes ??= device.Accelerator.LoadStreamKernel<ArrayView<ulong>, ArrayView<byte>, int, long>(MaskKernels.ExpandToBytes, device.UpTo(IlgpuDevice.SpreadThreads));
            long total = (long)count * featureCount;
            _toBytes(device.Spread((total + 15) / 16), device.View(packed), device.View(dense), featureCount, total);
        }
    }

    public override void Transpose(DeviceBuffer<ulong> packed, int count, int featureCount, DeviceBuffer<ulong> columns)
    {
        CheckTranspose(packed, count, featureCount, columns);
        if (count > 0 && featureCount > 0)
        {
            _transpose ??= device.Accelerator.LoadStreamKernel<ArrayView<ulong>, ArrayView<ulong>, int, int>(MaskKernels.Transpose, device.UpTo(TransposeThreads));
            long lines = (MaskMatrix.WordsFor(count) + MaskKernels.TileWords - 1) / MaskKernels.TileWords;
            _transpose(device.Tiles(lines * MaskMatrix.WordsFor(featureCount), TransposeThreads), device.View(packed), device.View(columns), count, featureCount);
        }
    }

    public override void Select(DeviceBuffer<ulong> packed, DeviceBuffer<int> rows, int count, int featureCount, DeviceBuffer<ulong> selected, int first = 0)
    {
        CheckSelect(packed, rows, count, featureCount, selected, first);
        int words = MaskMatrix.WordsFor(featureCount);
        long items = (long)count * words, from = (long)first * words;
        if (items > 0)
        {
            _select ??= device.Accelerator.LoadStreamKernel<ArrayView<ulong>, ArrayView<int>, ArrayView<ulong>, int, long>(MaskKernels.Select, device.UpTo(IlgpuDevice.SpreadThreads));
            _select(device.Spread(items), device.View(packed), device.View(rows), device.View(selected).SubView(from, items), words, items);
        }
    }

    public void Dispose()
    {
        _basis.Dispose();
        _offsets.Dispose();
        _delays.Dispose();
        _queries.Dispose();
    }

    private void Generate(UniformDesign design, long start, int count, ArrayView<ulong> packed)
    {
        ReadOnlySpan<ulong> keys = design.Keys;
        int n = design.FeatureCount, words = MaskMatrix.WordsFor(n);
        UniformMasks masks = new(
            design.Seed, design.Stream, words, Math.Min(n, 64), MaskMatrix.LastWordMask(n), keys[0], keys[1], keys[2], keys[3], keys[4], keys[5], keys[6], keys[7]);
        if (words > MaskKernels.UniformTileWords)
        {
            _uniformWide ??= device.Accelerator.LoadStreamKernel<ArrayView<ulong>, ulong, long, UniformMasks>(MaskKernels.UniformWide, device.UpTo(IlgpuDevice.SpreadThreads));
            _uniformWide(device.Spread(count * (1L + (words >> 1))), packed, (ulong)start, count, masks);
            return;
        }

        long rows = MaskKernels.UniformTileWords / words, tiles = (count + rows - 1) / rows;
        _uniform ??= device.Accelerator.LoadStreamKernel<ArrayView<ulong>, ulong, long, UniformMasks>(MaskKernels.Uniform, device.UpTo(IlgpuDevice.SpreadThreads));
        _uniform(device.Tiles(Math.Min(tiles, (long)Math.Max(1, device.Accelerator.NumMultiprocessors) * UniformGroups), IlgpuDevice.SpreadThreads), packed, (ulong)start, count, masks);
    }

    private void Generate(SpexDesign design, long start, int count, ArrayView<ulong> packed)
    {
        Affine affine = Load(design);
        long items = (long)count * affine.Shape.Words;
        if (affine.Queries is { } queries)
        {
            _byNumber ??= device.Accelerator.LoadStreamKernel<
                ArrayView<ulong>, ArrayView<ulong>, ArrayView<ulong>, ArrayView<ulong>, ArrayView<int>, long, long, AffineMasksShape>(MaskKernels.AffineQueries, device.UpTo(IlgpuDevice.SpreadThreads));
            _byNumber(device.Spread(items), packed, affine.Basis, affine.Offsets, affine.Delays, queries, start, count, affine.Shape);
        }
        else
        {
            _octets ??= device.Accelerator.LoadStreamKernel<
                ArrayView<ulong>, ArrayView<ulong>, ArrayView<ulong>, ArrayView<ulong>, long, long, AffineMasksShape>(MaskKernels.Affine, device.UpTo(IlgpuDevice.SpreadThreads));
            _octets(device.Spread((items / 8) + affine.Shape.Words), packed, affine.Basis, affine.Offsets, affine.Delays, start, count, affine.Shape);
        }
    }

    private Affine Load(SpexDesign design)
    {
        if (_affine is { } loaded && ReferenceEquals(loaded.Design, design))
        {
            return loaded;
        }

        ulong[] basis = [.. Enumerable.Range(0, design.GroupCount).SelectMany(group => design.Basis(group).Words)];
        ReadOnlySpan<int> queries = design.QueryOfMask;
        if (queries.IsEmpty && design.Log2Bins < 3)
        {
            // Too few bins for octets: a list of all queries.
            queries = Enumerable.Range(0, checked((int)design.QueryCount)).ToArray();
        }

        AffineMasksShape shape = new(MaskMatrix.WordsFor(design.FeatureCount), design.Log2Bins, design.DelayCount);
        _affine = new Affine(
            design, shape, _basis.Hold(basis), _offsets.Hold(design.Offsets.Words), _delays.Hold(design.Delays.Words), queries.IsEmpty ? null : _queries.Hold(queries));
        return _affine;
    }

    private sealed record Affine(
        SpexDesign Design, AffineMasksShape Shape, ArrayView<ulong> Basis, ArrayView<ulong> Offsets, ArrayView<ulong> Delays, ArrayView<int>? Queries);
}
