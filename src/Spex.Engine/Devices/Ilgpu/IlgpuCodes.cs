using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;
using Spex.Kernels;

namespace Spex.Engine.Devices.Ilgpu;

/// <summary>Sparse recovery on an accelerator. To the host come sums (a number a layer or block), counts, and what they count: proposals, accepted amounts and hits.</summary>
internal sealed class IlgpuCodes(IlgpuDevice device) : CodePrimitives, IDisposable
{
    // Threads for the groups that go through terms one after another, and for those that add up a layer.
    private const int TermThreads = 128;
    private const int SumThreads = 64;

    // Pairs that are marked at a time: a byte each.
    private const int MostMarks = 1 << 22;

    // Far below the rounding of values of size 1: a bin that is solved to the last bit gets a large weight, not an infinite one.
    private const double LeastEnergy = 1e-20;

    private readonly IlgpuScratch<ulong> _delays = new(device);
    private readonly IlgpuScratch<double> _energies = new(device);
    private readonly IlgpuScratch<double> _totals = new(device);
    private readonly IlgpuScratch<double> _blocks = new(device);
    private readonly IlgpuScratch<double> _bars = new(device);
    private readonly IlgpuScratch<SpexPattern> _patterns = new(device);
    private readonly IlgpuScratch<double> _amounts = new(device);
    private readonly IlgpuScratch<TermOffer> _offers = new(device);
    private readonly IlgpuScratch<int> _proposals = new(device);
    private readonly IlgpuScratch<int> _gathered = new(device);
    private readonly IlgpuScratch<byte> _marks = new(device);
    private readonly IlgpuScratch<int> _counts = new(device);
    private readonly IlgpuScratch<int> _total = new(device);
    private readonly IlgpuScratch<int> _indices = new(device);
    private readonly IlgpuScratch<int> _zeros = new(device);
    private readonly IlgpuScratch<PairHit> _hits = new(device);
    private readonly Kernels _kernels = new(device.Accelerator);

    public override void Gather(DeviceBuffer<float> rows, BinTable bins)
    {
        CheckGather(rows, bins);
        _kernels.Gather(device.Spread((long)bins.BinCount * bins.Stride), device.View(rows), device.View(bins.Columns), ShapeOf(bins));
    }

    public override void Repeat(BinTable source, BinTable target)
    {
        CheckRepeat(source, target);
        _kernels.Repeat(device.Spread((long)source.BinCount * source.Stride), device.View(source.Columns), device.View(target.Columns), ShapeOf(target));
    }

    public override void TotalEnergies(BinTable bins, ReadOnlySpan<UInt128> delays, Span<double> energies)
    {
        ArgumentNullException.ThrowIfNull(bins);
        CheckLength(delays.Length, bins.LayerCount, nameof(delays));
        CheckLength(energies.Length, bins.LayerCount, nameof(energies));
        BinShape shape = ShapeOf(bins);
        ArrayView<double> each = _energies.Take((long)bins.LayerCount * bins.BinCount);
        ArrayView<double> totals = AddUp(bins, shape, _delays.Hold(Words(delays[..bins.LayerCount])), each);
        ToHost(totals, energies[..bins.LayerCount], "energies");
    }

    public override void BlockEnergies(BinTable bins, Span<double> energies)
    {
        ArgumentNullException.ThrowIfNull(bins);
        int count = bins.LayerCount * bins.GroupCount * bins.Delays;
        CheckLength(energies.Length, count, nameof(energies));
        ArrayView<double> blocks = _blocks.Take(count);
        _kernels.BlockEnergies(device.Spread(count), device.View(bins.Columns), blocks, ShapeOf(bins));
        ToHost(blocks, energies[..count], "energies");
    }

    public override void TakeEnergies(BinTable bins, BinEvidence evidence)
    {
        CheckEvidence(bins, evidence);
        _kernels.TakeEnergies(
            device.Spread(bins.BinCount), device.View(bins.Columns), device.View(evidence.Energies), device.View(evidence.Weights), evidence.Floor, BinEvidence.LargestWeight, ShapeOf(bins));
    }

    public override void Decode(BinTable bins, BinEvidence evidence, in BinTrial trial, ReadOnlySpan<double> bars, List<BinProposal> proposals)
    {
        CheckDecode(bins, evidence, trial, bars, proposals);
        proposals.Clear();
        BinDesign design = bins.Design;
        Spex.Core.Codes.BchCode code = design.Design.Code;
        DecodeShape shape = new(
            ShapeOf(bins),
            code.ParityCount,
            code.FeatureCount,
            code.CorrectableErrors,
            code.FieldDegree,
            Math.Min(trial.ChaseDepth, code.ParityCount),
            bars.Length - 1,
            evidence.Floor,
            BinEvidence.ActiveFloors,
            trial.LoudRatio,
            trial.LeastChange);
        ArrayView<double> energies = device.View(evidence.Energies), quartile = _totals.Take(1);
        ArrayView<int> found = _proposals.Take((long)bins.BinCount * CodeKernels.ProposalSize);
        ArrayView<byte> marks = _marks.Take(bins.BinCount);
        _kernels.LowerQuartile(device.Tiles(1, CodeKernels.DecodeThreads), energies, bins.BinCount, quartile);
        _kernels.Decode(
            device.Tiles(bins.BinCount, CodeKernels.DecodeThreads),
            device.View(bins.Columns),
            energies,
            device.View(trial.Tried),
            quartile,
            Words(design.Features),
            _bars.Hold(bars),
            device.View(design.SyndromesOfParity),
            device.View(design.Logs),
            device.View(design.Antilogs),
            device.View(design.QuadraticRoots),
            found,
            marks,
            shape);
        int count = List(marks, bins.BinCount);
        if (count > 0)
        {
            ArrayView<int> gathered = _gathered.Take((long)count * CodeKernels.ProposalSize);
            _kernels.GatherProposals(device.Spread((long)count * CodeKernels.ProposalSize), found, _indices.Take(bins.BinCount), count, gathered);
            int before = proposals.Count;
            CollectionsMarshal.SetCount(proposals, before + count);
            ToHost(gathered, MemoryMarshal.Cast<BinProposal, int>(CollectionsMarshal.AsSpan(proposals)[before..]), "proposals");
        }
    }

    public override void Accept(BinTable bins, BinEvidence evidence, BinTerms terms, ReadOnlySpan<TermOffer> offers, Span<double> amounts)
    {
        CheckEvidence(bins, evidence);
        ArgumentNullException.ThrowIfNull(terms);
        CheckLength(amounts.Length, offers.Length, nameof(amounts));
        if (offers.IsEmpty)
        {
            return;
        }

        ArrayView<double> taken = _amounts.Take(offers.Length);
        _kernels.Accept(
            device.Tiles(1, TermThreads),
            device.View(bins.Columns),
            device.View(evidence.Energies),
            device.View(evidence.Weights),
            device.View(terms.Coefficients),
            _offers.Hold(offers).Cast<Offer>(),
            taken,
            offers.Length,
            evidence.Floor,
            BinEvidence.LargestWeight,
            ShapeOf(bins));
        ToHost(taken, amounts[..offers.Length], "amounts");
    }

    public override void Add(BinTable bins, ReadOnlySpan<SpexPattern> patterns, ReadOnlySpan<double> amounts)
    {
        CheckOneLayer(bins);
        CheckLength(amounts.Length, patterns.Length, nameof(amounts));
        if (!patterns.IsEmpty)
        {
            _kernels.Add(
                device.Spread(bins.GroupCount * bins.Delays),
                device.View(bins.Columns),
                _patterns.Hold(patterns).Cast<TermWords>(),
                _amounts.Hold(amounts[..patterns.Length]),
                patterns.Length,
                ShapeOf(bins));
        }
    }

    public override void Scan(BinTable bins, BinEvidence evidence, in TermScan scan, List<ScanHit> hits)
    {
        CheckScan(bins, evidence, scan, hits);
        hits.Clear();
        if (scan.RightCount == 0)
        {
            return;
        }

        ArrayView<float> columns = device.View(bins.Columns), weights = device.View(evidence.Weights);
        ArrayView<double> energies = device.View(evidence.Energies);
        ArrayView<TermWords> left = Words(scan.Left), right = Words(scan.Right);
        ArrayView<int> firstRight = scan.FirstRight is { } first ? device.View(first) : _zeros.Hold(new int[Math.Max(1, scan.LeftCount)]);
        int leftsAtOnce = Math.Max(1, MostMarks / scan.RightCount);
        for (int a = 0; a < scan.LeftCount; a += leftsAtOnce)
        {
            int lefts = Math.Min(leftsAtOnce, scan.LeftCount - a), pairs = lefts * scan.RightCount;
            ScanShape shape = new(ShapeOf(bins), a, lefts, scan.RightCount, scan.QuickShare * scan.Bar, scan.Bar, evidence.Floor);
            ArrayView<byte> marks = _marks.Take(pairs);
            _kernels.MarkPairs(device.Spread(pairs), columns, energies, weights, left, right, firstRight, marks, shape);
            int count = List(marks, pairs);
            if (count > 0)
            {
                ArrayView<PairHit> found = _hits.Take(count);
                _kernels.GatherHits(device.Spread(count), columns, energies, left, right, _indices.Take(pairs), count, found, shape);
                int before = hits.Count;
                CollectionsMarshal.SetCount(hits, before + count);
                ToHost(found, MemoryMarshal.Cast<ScanHit, PairHit>(CollectionsMarshal.AsSpan(hits)[before..]), "hits");
            }
        }
    }

    public override void Reweigh(BinTerms terms, double priorDelays)
    {
        ArgumentNullException.ThrowIfNull(terms);
        BinShape shape = ShapeOf(terms.Bins);
        ArrayView<double> weights = device.View(terms.Weights);
        ArrayView<ulong> delays = _delays.Hold(Words(terms.Delays));
        ArrayView<double> totals = AddUp(terms.Bins, shape, delays, weights);
        _kernels.Weigh(device.Spread((long)terms.LayerCount * terms.Bins.BinCount), weights, totals, delays, priorDelays, LeastEnergy, shape);
    }

    public override void Sweep(BinTerms terms) => Sweep(terms, 0, false);

    public override void SweepShrinking(BinTerms terms, double threshold, bool activeOnly)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threshold, 1);
        Sweep(terms, threshold, activeOnly);
    }

    public void Dispose()
    {
        _delays.Dispose();
        _energies.Dispose();
        _totals.Dispose();
        _blocks.Dispose();
        _bars.Dispose();
        _patterns.Dispose();
        _amounts.Dispose();
        _offers.Dispose();
        _proposals.Dispose();
        _gathered.Dispose();
        _marks.Dispose();
        _counts.Dispose();
        _total.Dispose();
        _indices.Dispose();
        _zeros.Dispose();
        _hits.Dispose();
    }

    private static BinShape ShapeOf(BinTable bins) => new(bins.GroupCount, bins.Log2Bins, bins.Delays, bins.Stride, bins.LayerCount);

    private static ulong[] Words(ReadOnlySpan<UInt128> delays)
    {
        ulong[] words = new ulong[2 * delays.Length];
        for (int layer = 0; layer < delays.Length; layer++)
        {
            words[2 * layer] = (ulong)delays[layer];
            words[(2 * layer) + 1] = (ulong)(delays[layer] >> 64);
        }

        return words;
    }

    private ArrayView<TermWords> Words(DeviceBuffer<SpexPattern> patterns) => device.View(patterns).Cast<TermWords>();

    private void Sweep(BinTerms terms, double threshold, bool activeOnly)
    {
        ArgumentNullException.ThrowIfNull(terms);
        _kernels.Sweep(
            device.Tiles(terms.LayerCount, TermThreads),
            device.View(terms.Bins.Columns),
            Words(terms.Patterns),
            device.View(terms.Coefficients),
            device.View(terms.Weights),
            _delays.Hold(Words(terms.Delays)),
            terms.Count,
            terms.Capacity,
            threshold,
            activeOnly ? 1 : 0,
            ShapeOf(terms.Bins));
    }

    // The energies of all bins over each layer's delays, and their sums a layer.
    private ArrayView<double> AddUp(BinTable bins, BinShape shape, ArrayView<ulong> delays, ArrayView<double> energies)
    {
        ArrayView<double> totals = _totals.Take(bins.LayerCount);
        _kernels.Energies(device.Spread((long)bins.LayerCount * bins.BinCount), device.View(bins.Columns), delays, energies, shape);
        _kernels.AddEnergies(device.Tiles(bins.LayerCount, SumThreads), energies, totals, shape);
        return totals;
    }

    // Lists the numbers of set marks in `_indices`; reads how many there are.
    private int List(ArrayView<byte> marks, int count)
    {
        int parts = (count + CodeKernels.MarksPerCount - 1) / CodeKernels.MarksPerCount;
        ArrayView<int> counts = _counts.Take(parts), total = _total.Take(1);
        _kernels.CountMarks(device.Spread(parts), marks, count, counts);
        _kernels.AddCounts(device.Tiles(1, CodeKernels.DecodeThreads), counts, parts, total);
        _kernels.ListMarks(device.Spread(parts), marks, count, counts, _indices.Take(count));
        Span<int> found = stackalloc int[1];
        ToHost(total, found, "counter");
        return found[0];
    }

    private void ToHost<T>(ArrayView<T> source, Span<T> target, string what)
        where T : unmanaged =>
        device.CopyToHost(target, 0, source, what);

    /// <summary>The launchers, each compiled when it is first used.</summary>
    private sealed class Kernels(Accelerator accelerator)
    {
        private Action<KernelConfig, ArrayView<float>, ArrayView<float>, BinShape>? _gather;
        private Action<KernelConfig, ArrayView<float>, ArrayView<float>, BinShape>? _repeat;
        private Action<KernelConfig, ArrayView<float>, ArrayView<ulong>, ArrayView<double>, BinShape>? _energies;
        private Action<KernelConfig, ArrayView<double>, ArrayView<double>, BinShape>? _addEnergies;
        private Action<KernelConfig, ArrayView<float>, ArrayView<double>, BinShape>? _blockEnergies;
        private Action<KernelConfig, ArrayView<float>, ArrayView<double>, ArrayView<float>, double, float, BinShape>? _takeEnergies;
        private Action<KernelConfig, ArrayView<double>, ArrayView<double>, ArrayView<ulong>, double, double, BinShape>? _weigh;
        private Action<KernelConfig, ArrayView<float>, ArrayView<TermWords>, ArrayView<double>, int, BinShape>? _add;
        private Action<KernelConfig, ArrayView<float>, ArrayView<TermWords>, ArrayView<double>, ArrayView<double>, ArrayView<ulong>, int, int, double, int, BinShape>? _sweep;
        private Action<KernelConfig, ArrayView<float>, ArrayView<double>, ArrayView<float>, ArrayView<double>, ArrayView<Offer>, ArrayView<double>, int, double, float, BinShape>? _accept;
        private Action<KernelConfig, ArrayView<double>, int, ArrayView<double>>? _lowerQuartile;
        private Action<KernelConfig, ArrayView<float>, ArrayView<double>, ArrayView<double>, ArrayView<double>, ArrayView<TermWords>, ArrayView<double>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<byte>, DecodeShape>? _decode;
        private Action<KernelConfig, ArrayView<int>, ArrayView<int>, int, ArrayView<int>>? _gatherProposals;
        private Action<KernelConfig, ArrayView<float>, ArrayView<double>, ArrayView<float>, ArrayView<TermWords>, ArrayView<TermWords>, ArrayView<int>, ArrayView<byte>, ScanShape>? _markPairs;
        private Action<KernelConfig, ArrayView<float>, ArrayView<double>, ArrayView<TermWords>, ArrayView<TermWords>, ArrayView<int>, int, ArrayView<PairHit>, ScanShape>? _gatherHits;
        private Action<KernelConfig, ArrayView<byte>, int, ArrayView<int>>? _countMarks;
        private Action<KernelConfig, ArrayView<int>, int, ArrayView<int>>? _addCounts;
        private Action<KernelConfig, ArrayView<byte>, int, ArrayView<int>, ArrayView<int>>? _listMarks;

        public Action<KernelConfig, ArrayView<float>, ArrayView<float>, BinShape> Gather =>
            _gather ??= accelerator.LoadStreamKernel<ArrayView<float>, ArrayView<float>, BinShape>(BinKernels.Gather);

        public Action<KernelConfig, ArrayView<float>, ArrayView<float>, BinShape> Repeat =>
            _repeat ??= accelerator.LoadStreamKernel<ArrayView<float>, ArrayView<float>, BinShape>(BinKernels.Repeat);

        public Action<KernelConfig, ArrayView<float>, ArrayView<ulong>, ArrayView<double>, BinShape> Energies =>
            _energies ??= accelerator.LoadStreamKernel<ArrayView<float>, ArrayView<ulong>, ArrayView<double>, BinShape>(BinKernels.Energies);

        public Action<KernelConfig, ArrayView<double>, ArrayView<double>, BinShape> AddEnergies =>
            _addEnergies ??= accelerator.LoadStreamKernel<ArrayView<double>, ArrayView<double>, BinShape>(BinKernels.AddEnergies);

        public Action<KernelConfig, ArrayView<float>, ArrayView<double>, BinShape> BlockEnergies =>
            _blockEnergies ??= accelerator.LoadStreamKernel<ArrayView<float>, ArrayView<double>, BinShape>(BinKernels.BlockEnergies);

        public Action<KernelConfig, ArrayView<float>, ArrayView<double>, ArrayView<float>, double, float, BinShape> TakeEnergies =>
            _takeEnergies ??= accelerator.LoadStreamKernel<ArrayView<float>, ArrayView<double>, ArrayView<float>, double, float, BinShape>(BinKernels.TakeEnergies);

        public Action<KernelConfig, ArrayView<double>, ArrayView<double>, ArrayView<ulong>, double, double, BinShape> Weigh =>
            _weigh ??= accelerator.LoadStreamKernel<ArrayView<double>, ArrayView<double>, ArrayView<ulong>, double, double, BinShape>(BinKernels.Weigh);

        public Action<KernelConfig, ArrayView<float>, ArrayView<TermWords>, ArrayView<double>, int, BinShape> Add =>
            _add ??= accelerator.LoadStreamKernel<ArrayView<float>, ArrayView<TermWords>, ArrayView<double>, int, BinShape>(BinKernels.Add);

        public Action<KernelConfig, ArrayView<float>, ArrayView<TermWords>, ArrayView<double>, ArrayView<double>, ArrayView<ulong>, int, int, double, int, BinShape> Sweep =>
            _sweep ??= accelerator.LoadStreamKernel<ArrayView<float>, ArrayView<TermWords>, ArrayView<double>, ArrayView<double>, ArrayView<ulong>, int, int, double, int, BinShape>(BinKernels.Sweep);

        public Action<KernelConfig, ArrayView<float>, ArrayView<double>, ArrayView<float>, ArrayView<double>, ArrayView<Offer>, ArrayView<double>, int, double, float, BinShape> Accept =>
            _accept ??= accelerator.LoadStreamKernel<ArrayView<float>, ArrayView<double>, ArrayView<float>, ArrayView<double>, ArrayView<Offer>, ArrayView<double>, int, double, float, BinShape>(BinKernels.Accept);

        public Action<KernelConfig, ArrayView<double>, int, ArrayView<double>> LowerQuartile =>
            _lowerQuartile ??= accelerator.LoadStreamKernel<ArrayView<double>, int, ArrayView<double>>(CodeKernels.LowerQuartile);

        public Action<KernelConfig, ArrayView<float>, ArrayView<double>, ArrayView<double>, ArrayView<double>, ArrayView<TermWords>, ArrayView<double>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<byte>, DecodeShape> Decode =>
            _decode ??= accelerator.LoadStreamKernel<ArrayView<float>, ArrayView<double>, ArrayView<double>, ArrayView<double>, ArrayView<TermWords>, ArrayView<double>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<byte>, DecodeShape>(CodeKernels.Decode);

        public Action<KernelConfig, ArrayView<int>, ArrayView<int>, int, ArrayView<int>> GatherProposals =>
            _gatherProposals ??= accelerator.LoadStreamKernel<ArrayView<int>, ArrayView<int>, int, ArrayView<int>>(CodeKernels.GatherProposals);

        public Action<KernelConfig, ArrayView<float>, ArrayView<double>, ArrayView<float>, ArrayView<TermWords>, ArrayView<TermWords>, ArrayView<int>, ArrayView<byte>, ScanShape> MarkPairs =>
            _markPairs ??= accelerator.LoadStreamKernel<ArrayView<float>, ArrayView<double>, ArrayView<float>, ArrayView<TermWords>, ArrayView<TermWords>, ArrayView<int>, ArrayView<byte>, ScanShape>(CodeKernels.MarkPairs);

        public Action<KernelConfig, ArrayView<float>, ArrayView<double>, ArrayView<TermWords>, ArrayView<TermWords>, ArrayView<int>, int, ArrayView<PairHit>, ScanShape> GatherHits =>
            _gatherHits ??= accelerator.LoadStreamKernel<ArrayView<float>, ArrayView<double>, ArrayView<TermWords>, ArrayView<TermWords>, ArrayView<int>, int, ArrayView<PairHit>, ScanShape>(CodeKernels.GatherHits);

        public Action<KernelConfig, ArrayView<byte>, int, ArrayView<int>> CountMarks =>
            _countMarks ??= accelerator.LoadStreamKernel<ArrayView<byte>, int, ArrayView<int>>(CodeKernels.CountMarks);

        public Action<KernelConfig, ArrayView<int>, int, ArrayView<int>> AddCounts =>
            _addCounts ??= accelerator.LoadStreamKernel<ArrayView<int>, int, ArrayView<int>>(CodeKernels.AddCounts);

        public Action<KernelConfig, ArrayView<byte>, int, ArrayView<int>, ArrayView<int>> ListMarks =>
            _listMarks ??= accelerator.LoadStreamKernel<ArrayView<byte>, int, ArrayView<int>, ArrayView<int>>(CodeKernels.ListMarks);
    }
}
