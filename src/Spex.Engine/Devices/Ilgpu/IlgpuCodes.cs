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
    private readonly IlgpuScratch<int> _functions = new(device);
    private readonly IlgpuScratch<int> _termCounts = new(device);
    private readonly IlgpuScratch<int> _starts = new(device);
    private readonly IlgpuScratch<DecodedFunction> _decoded = new(device);
    private readonly IlgpuScratch<ScanPart> _parts = new(device);
    private readonly IlgpuScratch<double> _energies = new(device);
    private readonly IlgpuScratch<double> _totals = new(device);
    private readonly IlgpuScratch<double> _blocks = new(device);
    private readonly IlgpuScratch<double> _bars = new(device);
    private readonly IlgpuScratch<float> _means = new(device);
    private readonly IlgpuScratch<BinTerm> _terms = new(device);
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
        _kernels.Gather(device.Spread((long)bins.FunctionCount * bins.BinCount * bins.Stride), device.View(rows), device.View(bins.Columns), ShapeOf(bins));
    }

    public override void Repeat(BinTable source, BinTable target)
    {
        CheckRepeat(source, target);
        _kernels.Repeat(device.Spread((long)source.FunctionCount * source.BinCount * source.Stride), device.View(source.Columns), device.View(target.Columns), ShapeOf(target));
    }

    public override void TotalEnergies(BinTable bins, ReadOnlySpan<int> functions, ReadOnlySpan<UInt128> delays, Span<double> energies)
    {
        CheckFunctions(bins, functions);
        int layers = functions.Length * bins.LayerCount;
        CheckLength(delays.Length, bins.LayerCount, nameof(delays));
        CheckLength(energies.Length, layers, nameof(energies));
        if (layers > 0)
        {
            ArrayView<double> each = _energies.Take((long)bins.FunctionCount * bins.LayerCount * bins.BinCount);
            ToHost(AddUp(bins, _functions.Hold(functions), _delays.Hold(Words(delays[..bins.LayerCount])), each), energies[..layers], "energies");
        }
    }

    public override void BlockEnergies(BinTable bins, Span<double> energies)
    {
        ArgumentNullException.ThrowIfNull(bins);
        int count = bins.FunctionCount * bins.LayerCount * bins.GroupCount * bins.Delays;
        CheckLength(energies.Length, count, nameof(energies));
        ArrayView<double> blocks = _blocks.Take(count);
        _kernels.BlockEnergies(device.Spread(count), device.View(bins.Columns), blocks, ShapeOf(bins));
        ToHost(blocks, energies[..count], "energies");
    }

    public override void BlockMeans(BinTable bins, Span<float> means)
    {
        CheckOneLayer(bins);
        int count = bins.FunctionCount * bins.GroupCount * bins.Delays;
        CheckLength(means.Length, count, nameof(means));
        ArrayView<float> blocks = _means.Take(count);
        _kernels.BlockMeans(device.Spread(count), device.View(bins.Columns), blocks, ShapeOf(bins));
        ToHost(blocks, means[..count], "means");
    }

    public override void TakeEnergies(BinTable bins, BinEvidence evidence, ReadOnlySpan<int> functions)
    {
        CheckEvidence(bins, evidence, functions);
        if (!functions.IsEmpty)
        {
            _kernels.TakeEnergies(
                device.Spread((long)functions.Length * bins.BinCount),
                device.View(bins.Columns),
                device.View(evidence.Energies),
                device.View(evidence.Weights),
                device.View(evidence.FloorsOnDevice),
                _functions.Hold(functions),
                BinEvidence.LargestWeight,
                ShapeOf(bins));
        }
    }

    public override void Decode(BinTable bins, BinEvidence evidence, ReadOnlySpan<int> functions, in BinTrial trial, ReadOnlySpan<double> bars, List<BinProposal> proposals)
    {
        CheckDecode(bins, evidence, functions, trial, bars, proposals);
        proposals.Clear();
        if (functions.IsEmpty)
        {
            return;
        }

        BinDesign design = bins.Design;
        Spex.Core.Codes.BchCode code = design.Design.Code;
        BinShape sizes = ShapeOf(bins);
        DecodeShape shape = new(
            sizes,
            code.ParityCount,
            code.FeatureCount,
            code.CorrectableErrors,
            code.FieldDegree,
            Math.Min(trial.ChaseDepth, code.ParityCount),
            bars.Length - 1,
            trial.LeastChange);
        int count = functions.Length * bins.BinCount;
        ArrayView<double> energies = device.View(evidence.Energies);
        ArrayView<DecodedFunction> decoded = _decoded.Take(functions.Length);
        ArrayView<int> found = _proposals.Take((long)count * CodeKernels.ProposalSize);
        ArrayView<byte> marks = _marks.Take(count);
        _kernels.FindLoud(
            device.Tiles(functions.Length, CodeKernels.DecodeThreads),
            energies,
            device.View(evidence.FloorsOnDevice),
            _functions.Hold(functions),
            BinEvidence.ActiveFloors,
            trial.LoudRatio,
            sizes,
            decoded);
        _kernels.Decode(
            device.Tiles(count, CodeKernels.DecodeThreads),
            device.View(bins.Columns),
            energies,
            device.View(trial.Tried),
            decoded,
            Words(design.Features),
            _bars.Hold(bars),
            device.View(design.SyndromesOfParity),
            device.View(design.Logs),
            device.View(design.Antilogs),
            device.View(design.QuadraticRoots),
            found,
            marks,
            shape);
        int proposed = List(marks, count);
        if (proposed > 0)
        {
            ArrayView<int> gathered = _gathered.Take((long)proposed * CodeKernels.ProposalSize);
            _kernels.GatherProposals(device.Spread((long)proposed * CodeKernels.ProposalSize), found, _indices.Take(count), proposed, gathered);
            int before = proposals.Count;
            CollectionsMarshal.SetCount(proposals, before + proposed);
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

        int[] starts = StartsOf(offers, offer => offer.Function);
        ArrayView<double> taken = _amounts.Take(offers.Length);
        _kernels.Accept(
            device.Tiles(starts.Length - 1, TermThreads),
            device.View(bins.Columns),
            device.View(evidence.Energies),
            device.View(evidence.Weights),
            device.View(evidence.FloorsOnDevice),
            device.View(terms.Coefficients),
            _offers.Hold(offers).Cast<Offer>(),
            _starts.Hold(starts),
            taken,
            terms.Capacity,
            BinEvidence.LargestWeight,
            ShapeOf(bins));
        ToHost(taken, amounts[..offers.Length], "amounts");
    }

    public override void TakeOut(BinTable bins, ReadOnlySpan<BinTerm> terms)
    {
        CheckOneLayer(bins);
        if (!terms.IsEmpty)
        {
            int[] starts = StartsOf(terms, term => term.Function);
            _kernels.TakeOut(
                device.Spread((long)(starts.Length - 1) * bins.GroupCount * bins.Delays),
                device.View(bins.Columns),
                _terms.Hold(terms).Cast<PlacedTerm>(),
                _starts.Hold(starts),
                ShapeOf(bins));
        }
    }

    public override void Place(BinTerms terms, ReadOnlySpan<BinTerm> placed)
    {
        CheckPlace(terms, placed);
        if (!placed.IsEmpty)
        {
            _kernels.Place(
                device.Spread(placed.Length), _terms.Hold(placed).Cast<PlacedTerm>(), Words(terms.Patterns), device.View(terms.Coefficients), terms.Capacity, ShapeOf(terms.Bins));
        }
    }

    public override void Scan(BinTable bins, BinEvidence evidence, in TermScan scan, ReadOnlySpan<ScanRange> ranges, List<ScanHit> hits)
    {
        CheckScan(bins, evidence, scan, ranges, hits);
        hits.Clear();
        ArrayView<int> firstRight = scan.FirstRight is { } first ? device.View(first) : _zeros.Hold(new int[Math.Max(1, scan.Left.Length)]);
        List<ScanPart> parts = [];
        int pairs = 0;
        for (int number = 0; number < ranges.Length; number++)
        {
            ScanRange range = ranges[number];
            for (int left = 0, lefts; left < range.LeftCount && range.RightCount > 0; left += lefts)
            {
                // Marks are a byte a pair: what does not fit in at once waits for the next launch.
                lefts = Math.Min(range.LeftCount - left, Math.Max(1, (MostMarks - pairs) / range.RightCount));
                if (pairs > 0 && pairs + ((long)lefts * range.RightCount) > MostMarks)
                {
                    Scan(bins, evidence, scan, firstRight, parts, pairs, hits);
                    (pairs, lefts) = (0, 0);
                    continue;
                }

                parts.Add(new ScanPart(
                    pairs, range.Function, number, range.FirstLeft + left, range.FirstRight, range.RightCount, scan.QuickShare * range.Bar, range.Bar, evidence.Floors[range.Function]));
                pairs += lefts * range.RightCount;
            }
        }

        Scan(bins, evidence, scan, firstRight, parts, pairs, hits);
    }

    public override void Reweigh(BinTerms terms, ReadOnlySpan<int> functions, double priorDelays)
    {
        CheckTerms(terms, functions);
        if (!functions.IsEmpty)
        {
            ArrayView<double> weights = device.View(terms.Weights);
            ArrayView<int> chosen = _functions.Hold(functions);
            ArrayView<ulong> delays = _delays.Hold(Words(terms.Delays));
            ArrayView<double> totals = AddUp(terms.Bins, chosen, delays, weights);
            _kernels.Weigh(
                device.Spread((long)functions.Length * terms.Bins.LayerCount * terms.Bins.BinCount), weights, totals, delays, chosen, priorDelays, LeastEnergy, ShapeOf(terms.Bins));
        }
    }

    public override void Sweep(BinTerms terms, ReadOnlySpan<int> functions) => Sweep(terms, functions, 0, false);

    public override void SweepShrinking(BinTerms terms, ReadOnlySpan<int> functions, double threshold, bool activeOnly)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threshold, 1);
        Sweep(terms, functions, threshold, activeOnly);
    }

    public void Dispose()
    {
        _delays.Dispose();
        _functions.Dispose();
        _termCounts.Dispose();
        _starts.Dispose();
        _decoded.Dispose();
        _parts.Dispose();
        _energies.Dispose();
        _totals.Dispose();
        _blocks.Dispose();
        _bars.Dispose();
        _means.Dispose();
        _terms.Dispose();
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

    private static BinShape ShapeOf(BinTable bins) => new(bins.GroupCount, bins.Log2Bins, bins.Delays, bins.Stride, bins.LayerCount, bins.FunctionCount);

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

    private void Sweep(BinTerms terms, ReadOnlySpan<int> functions, double threshold, bool activeOnly)
    {
        CheckTerms(terms, functions);
        if (!functions.IsEmpty)
        {
            _kernels.Sweep(
                device.Tiles((long)functions.Length * terms.Bins.LayerCount, TermThreads),
                device.View(terms.Bins.Columns),
                Words(terms.Patterns),
                device.View(terms.Coefficients),
                device.View(terms.Weights),
                _delays.Hold(Words(terms.Delays)),
                _functions.Hold(functions),
                _termCounts.Hold(terms.Counts),
                terms.Capacity,
                threshold,
                activeOnly ? 1 : 0,
                ShapeOf(terms.Bins));
        }
    }

    // Tries the pairs of some parts, which are then forgotten.
    private void Scan(BinTable bins, BinEvidence evidence, in TermScan scan, ArrayView<int> firstRight, List<ScanPart> parts, int pairs, List<ScanHit> hits)
    {
        if (pairs == 0)
        {
            return;
        }

        BinShape shape = ShapeOf(bins);
        ArrayView<float> columns = device.View(bins.Columns);
        ArrayView<double> energies = device.View(evidence.Energies);
        ArrayView<TermWords> left = Words(scan.Left), right = Words(scan.Right);
        ArrayView<ScanPart> tried = _parts.Hold(CollectionsMarshal.AsSpan(parts));
        ArrayView<byte> marks = _marks.Take(pairs);
        _kernels.MarkPairs(device.Spread(pairs), columns, energies, device.View(evidence.Weights), left, right, firstRight, tried, pairs, marks, shape);
        parts.Clear();
        int count = List(marks, pairs);
        if (count > 0)
        {
            ArrayView<PairHit> found = _hits.Take(count);
            _kernels.GatherHits(device.Spread(count), columns, energies, left, right, tried, _indices.Take(pairs), count, found, shape);
            int before = hits.Count;
            CollectionsMarshal.SetCount(hits, before + count);
            ToHost(found, MemoryMarshal.Cast<ScanHit, PairHit>(CollectionsMarshal.AsSpan(hits)[before..]), "hits");
        }
    }

    // The energies of all bins of functions over each layer's delays, and their sums a layer.
    private ArrayView<double> AddUp(BinTable bins, ArrayView<int> functions, ArrayView<ulong> delays, ArrayView<double> energies)
    {
        BinShape shape = ShapeOf(bins);
        long layers = functions.Length * bins.LayerCount;
        ArrayView<double> totals = _totals.Take(layers);
        _kernels.Energies(device.Spread(layers * bins.BinCount), device.View(bins.Columns), delays, functions, energies, shape);
        _kernels.AddEnergies(device.Tiles(layers, SumThreads), energies, functions, totals, shape);
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
        private Action<KernelConfig, ArrayView<float>, ArrayView<ulong>, ArrayView<int>, ArrayView<double>, BinShape>? _energies;
        private Action<KernelConfig, ArrayView<double>, ArrayView<int>, ArrayView<double>, BinShape>? _addEnergies;
        private Action<KernelConfig, ArrayView<float>, ArrayView<double>, BinShape>? _blockEnergies;
        private Action<KernelConfig, ArrayView<float>, ArrayView<float>, BinShape>? _blockMeans;
        private Action<KernelConfig, ArrayView<float>, ArrayView<double>, ArrayView<float>, ArrayView<double>, ArrayView<int>, float, BinShape>? _takeEnergies;
        private Action<KernelConfig, ArrayView<double>, ArrayView<double>, ArrayView<ulong>, ArrayView<int>, double, double, BinShape>? _weigh;
        private Action<KernelConfig, ArrayView<float>, ArrayView<PlacedTerm>, ArrayView<int>, BinShape>? _takeOut;
        private Action<KernelConfig, ArrayView<PlacedTerm>, ArrayView<TermWords>, ArrayView<double>, int, BinShape>? _place;
        private Action<KernelConfig, ArrayView<float>, ArrayView<TermWords>, ArrayView<double>, ArrayView<double>, ArrayView<ulong>, ArrayView<int>, ArrayView<int>, int, double, int, BinShape>? _sweep;
        private Action<KernelConfig, ArrayView<float>, ArrayView<double>, ArrayView<float>, ArrayView<double>, ArrayView<double>, ArrayView<Offer>, ArrayView<int>, ArrayView<double>, int, float, BinShape>? _accept;
        private Action<KernelConfig, ArrayView<double>, ArrayView<double>, ArrayView<int>, double, double, BinShape, ArrayView<DecodedFunction>>? _findLoud;
        private Action<KernelConfig, ArrayView<float>, ArrayView<double>, ArrayView<double>, ArrayView<DecodedFunction>, ArrayView<TermWords>, ArrayView<double>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<byte>, DecodeShape>? _decode;
        private Action<KernelConfig, ArrayView<int>, ArrayView<int>, int, ArrayView<int>>? _gatherProposals;
        private Action<KernelConfig, ArrayView<float>, ArrayView<double>, ArrayView<float>, ArrayView<TermWords>, ArrayView<TermWords>, ArrayView<int>, ArrayView<ScanPart>, int, ArrayView<byte>, BinShape>? _markPairs;
        private Action<KernelConfig, ArrayView<float>, ArrayView<double>, ArrayView<TermWords>, ArrayView<TermWords>, ArrayView<ScanPart>, ArrayView<int>, int, ArrayView<PairHit>, BinShape>? _gatherHits;
        private Action<KernelConfig, ArrayView<byte>, int, ArrayView<int>>? _countMarks;
        private Action<KernelConfig, ArrayView<int>, int, ArrayView<int>>? _addCounts;
        private Action<KernelConfig, ArrayView<byte>, int, ArrayView<int>, ArrayView<int>>? _listMarks;

        public Action<KernelConfig, ArrayView<float>, ArrayView<float>, BinShape> Gather =>
            _gather ??= accelerator.LoadStreamKernel<ArrayView<float>, ArrayView<float>, BinShape>(BinKernels.Gather);

        public Action<KernelConfig, ArrayView<float>, ArrayView<float>, BinShape> Repeat =>
            _repeat ??= accelerator.LoadStreamKernel<ArrayView<float>, ArrayView<float>, BinShape>(BinKernels.Repeat);

        public Action<KernelConfig, ArrayView<float>, ArrayView<ulong>, ArrayView<int>, ArrayView<double>, BinShape> Energies =>
            _energies ??= accelerator.LoadStreamKernel<ArrayView<float>, ArrayView<ulong>, ArrayView<int>, ArrayView<double>, BinShape>(BinKernels.Energies);

        public Action<KernelConfig, ArrayView<double>, ArrayView<int>, ArrayView<double>, BinShape> AddEnergies =>
            _addEnergies ??= accelerator.LoadStreamKernel<ArrayView<double>, ArrayView<int>, ArrayView<double>, BinShape>(BinKernels.AddEnergies);

        public Action<KernelConfig, ArrayView<float>, ArrayView<double>, BinShape> BlockEnergies =>
            _blockEnergies ??= accelerator.LoadStreamKernel<ArrayView<float>, ArrayView<double>, BinShape>(BinKernels.BlockEnergies);

        public Action<KernelConfig, ArrayView<float>, ArrayView<float>, BinShape> BlockMeans =>
            _blockMeans ??= accelerator.LoadStreamKernel<ArrayView<float>, ArrayView<float>, BinShape>(BinKernels.BlockMeans);

        public Action<KernelConfig, ArrayView<float>, ArrayView<double>, ArrayView<float>, ArrayView<double>, ArrayView<int>, float, BinShape> TakeEnergies =>
            _takeEnergies ??= accelerator.LoadStreamKernel<ArrayView<float>, ArrayView<double>, ArrayView<float>, ArrayView<double>, ArrayView<int>, float, BinShape>(BinKernels.TakeEnergies);

        public Action<KernelConfig, ArrayView<double>, ArrayView<double>, ArrayView<ulong>, ArrayView<int>, double, double, BinShape> Weigh =>
            _weigh ??= accelerator.LoadStreamKernel<ArrayView<double>, ArrayView<double>, ArrayView<ulong>, ArrayView<int>, double, double, BinShape>(BinKernels.Weigh);

        public Action<KernelConfig, ArrayView<float>, ArrayView<PlacedTerm>, ArrayView<int>, BinShape> TakeOut =>
            _takeOut ??= accelerator.LoadStreamKernel<ArrayView<float>, ArrayView<PlacedTerm>, ArrayView<int>, BinShape>(BinKernels.TakeOut);

        public Action<KernelConfig, ArrayView<PlacedTerm>, ArrayView<TermWords>, ArrayView<double>, int, BinShape> Place =>
            _place ??= accelerator.LoadStreamKernel<ArrayView<PlacedTerm>, ArrayView<TermWords>, ArrayView<double>, int, BinShape>(BinKernels.Place);

        public Action<KernelConfig, ArrayView<float>, ArrayView<TermWords>, ArrayView<double>, ArrayView<double>, ArrayView<ulong>, ArrayView<int>, ArrayView<int>, int, double, int, BinShape> Sweep =>
            _sweep ??= accelerator.LoadStreamKernel<ArrayView<float>, ArrayView<TermWords>, ArrayView<double>, ArrayView<double>, ArrayView<ulong>, ArrayView<int>, ArrayView<int>, int, double, int, BinShape>(BinKernels.Sweep);

        public Action<KernelConfig, ArrayView<float>, ArrayView<double>, ArrayView<float>, ArrayView<double>, ArrayView<double>, ArrayView<Offer>, ArrayView<int>, ArrayView<double>, int, float, BinShape> Accept =>
            _accept ??= accelerator.LoadStreamKernel<ArrayView<float>, ArrayView<double>, ArrayView<float>, ArrayView<double>, ArrayView<double>, ArrayView<Offer>, ArrayView<int>, ArrayView<double>, int, float, BinShape>(BinKernels.Accept);

        public Action<KernelConfig, ArrayView<double>, ArrayView<double>, ArrayView<int>, double, double, BinShape, ArrayView<DecodedFunction>> FindLoud =>
            _findLoud ??= accelerator.LoadStreamKernel<ArrayView<double>, ArrayView<double>, ArrayView<int>, double, double, BinShape, ArrayView<DecodedFunction>>(CodeKernels.FindLoud);

        public Action<KernelConfig, ArrayView<float>, ArrayView<double>, ArrayView<double>, ArrayView<DecodedFunction>, ArrayView<TermWords>, ArrayView<double>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<byte>, DecodeShape> Decode =>
            _decode ??= accelerator.LoadStreamKernel<ArrayView<float>, ArrayView<double>, ArrayView<double>, ArrayView<DecodedFunction>, ArrayView<TermWords>, ArrayView<double>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<byte>, DecodeShape>(CodeKernels.Decode);

        public Action<KernelConfig, ArrayView<int>, ArrayView<int>, int, ArrayView<int>> GatherProposals =>
            _gatherProposals ??= accelerator.LoadStreamKernel<ArrayView<int>, ArrayView<int>, int, ArrayView<int>>(CodeKernels.GatherProposals);

        public Action<KernelConfig, ArrayView<float>, ArrayView<double>, ArrayView<float>, ArrayView<TermWords>, ArrayView<TermWords>, ArrayView<int>, ArrayView<ScanPart>, int, ArrayView<byte>, BinShape> MarkPairs =>
            _markPairs ??= accelerator.LoadStreamKernel<ArrayView<float>, ArrayView<double>, ArrayView<float>, ArrayView<TermWords>, ArrayView<TermWords>, ArrayView<int>, ArrayView<ScanPart>, int, ArrayView<byte>, BinShape>(CodeKernels.MarkPairs);

        public Action<KernelConfig, ArrayView<float>, ArrayView<double>, ArrayView<TermWords>, ArrayView<TermWords>, ArrayView<ScanPart>, ArrayView<int>, int, ArrayView<PairHit>, BinShape> GatherHits =>
            _gatherHits ??= accelerator.LoadStreamKernel<ArrayView<float>, ArrayView<double>, ArrayView<TermWords>, ArrayView<TermWords>, ArrayView<ScanPart>, ArrayView<int>, int, ArrayView<PairHit>, BinShape>(CodeKernels.GatherHits);

        public Action<KernelConfig, ArrayView<byte>, int, ArrayView<int>> CountMarks =>
            _countMarks ??= accelerator.LoadStreamKernel<ArrayView<byte>, int, ArrayView<int>>(CodeKernels.CountMarks);

        public Action<KernelConfig, ArrayView<int>, int, ArrayView<int>> AddCounts =>
            _addCounts ??= accelerator.LoadStreamKernel<ArrayView<int>, int, ArrayView<int>>(CodeKernels.AddCounts);

        public Action<KernelConfig, ArrayView<byte>, int, ArrayView<int>, ArrayView<int>> ListMarks =>
            _listMarks ??= accelerator.LoadStreamKernel<ArrayView<byte>, int, ArrayView<int>, ArrayView<int>>(CodeKernels.ListMarks);
    }
}
