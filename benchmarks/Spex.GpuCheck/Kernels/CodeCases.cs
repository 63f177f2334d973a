using System.Globalization;
using Spex.Core.Codes;
using Spex.Core.Designs;
using Spex.Core.Random;
using Spex.Core.Spectra;
using Spex.Engine.Devices;

namespace Spex.GpuCheck.Kernels;

/// <summary>Bins of a SPEX design, of three functions at once: gathering, energies, decoding, peeling, scanning, regression. Decisions are equal, numbers within 10⁻⁵ of the largest.</summary>
internal static class CodeCases
{
    private const double Tolerance = 1e-5;
    private const double Noise = 0.1;
    private const double Floor = 1e-9;
    private const int Functions = 3;

    // The others are left alone.
    private static readonly int[] Chosen = [0, 2];

    public static IEnumerable<KernelCase> All(CheckSizes sizes)
    {
        foreach ((int n, int t, int b, int extra, int terms) in sizes.CodeSizes)
        {
            string size = string.Create(CultureInfo.InvariantCulture, $"n = {n}, t = {t}, b = {b}, {terms} terms");
            yield return new KernelCase("codes", $"transform and energies: {size}", Tolerance, (memory, output) => Energies(new Table(memory, n, t, b, extra, terms), output));
            yield return new KernelCase("codes", $"decoding and peeling: {size}", Tolerance, (memory, output) => Decode(new Table(memory, n, t, b, extra, terms), output));
            yield return new KernelCase("codes", $"scan: {size}", Tolerance, (memory, output) => Scan(new Table(memory, n, t, b, extra, terms), output));
            yield return new KernelCase("codes", $"regression: {size}", Tolerance, (memory, output) => Regress(new Table(memory, n, t, b, extra, terms), output));
        }
    }

    private static void Energies(Table table, CaseOutput output)
    {
        BinTable layers = table.Memory.Own(new BinTable(table.Design, 3, Functions));
        CodePrimitives codes = table.Memory.Device.Codes;
        codes.Repeat(table.Bins, layers);
        double[] totals = new double[3 * Chosen.Length], blocks = new double[Functions * 3 * 3 * layers.Delays];
        float[] means = new float[Functions * 3 * layers.Delays];
        codes.TotalEnergies(layers, Chosen, [table.Design.AllDelays, table.Design.EveryDelay(1, 5), table.Design.AllDelays & ~table.Design.EveryDelay(0, 2)], totals);
        codes.BlockEnergies(layers, blocks);
        codes.BlockMeans(table.Bins, means);
        output.Take("columns", table.Bins.Columns);
        output.Take("columns of the layers", layers.Columns);
        output.Take("energies of layers", totals);
        output.Take("energies of blocks", blocks);
        output.Take("means of blocks", means);
        output.Take("energies of bins", table.Evidence.Energies);
        output.Take("weights", table.Evidence.Weights);
    }

    private static void Decode(Table table, CaseOutput output)
    {
        CodePrimitives codes = table.Memory.Device.Codes;
        int degree = Math.Min(table.Design.Design.FeatureCount, table.Design.Design.Code.CorrectableErrors);
        double[] bars = [.. Enumerable.Range(0, degree + 1).Select(size => 3 + (size * Math.Log(table.Design.Design.FeatureCount)))];
        List<BinProposal> proposals = [];
        foreach (int depth in (int[])[0, 1, 5])
        {
            DeviceBuffer<double> tried = table.Memory.Upload<double>(new double[Functions * table.Bins.BinCount]);
            codes.Decode(table.Bins, table.Evidence, Chosen, new BinTrial(depth, depth == 1 ? 1.5 : 0, 0.01, tried), bars, proposals);
            string name = string.Create(CultureInfo.InvariantCulture, $"depth {depth}: ");
            output.Take($"{name}tried", tried);
            output.Take($"{name}bins and sets", proposals.SelectMany(proposal => new[] { proposal.Bin }.Concat(proposal.Set)).ToArray());
            output.Take($"{name}surpluses", proposals.Select(proposal => proposal.Surplus).ToArray());
        }

        BinTerms model = table.Memory.Own(new BinTerms(table.Bins, table.Design.AllDelays));
        model.Append([.. Chosen.SelectMany(function => new BinTerm[] { new(default, 0.5, function), new(table.PatternOf(table.Sets[function][0]), 0.25, function) })]);
        TermOffer[] offers = [.. Chosen.SelectMany(function => table.Sets[function].Concat(table.Others).Distinct().Select((set, i) => new TermOffer(table.PatternOf(set), 12, function, i == 0 ? 1 : -1)))];
        double[] amounts = new double[offers.Length];
        codes.Accept(table.Bins, table.Evidence, model, offers, amounts);
        codes.TakeOut(table.Bins, [.. Chosen.SelectMany(function => table.Others.Select((set, i) => new BinTerm(table.PatternOf(set), -0.01 * (i + 1), function)))]);
        output.Take("accepted", amounts);
        output.Take("coefficients", Flat(model, 0));
        output.Take("columns left", table.Bins.Columns);
        output.Take("energies left", table.Evidence.Energies);
    }

    private static void Scan(Table table, CaseOutput output)
    {
        // The functions' left sides lie one after another.
        FeatureSet[][] left = [.. table.Sets.Select(sets => new[] { FeatureSet.Empty }.Concat(sets.Where(set => set.Count > 0).Select(set => set.Without(set[^1]))).ToArray())];
        FeatureSet[] all = [.. left.SelectMany(sets => sets)];
        DeviceBuffer<SpexPattern> patterns = table.Memory.Upload<SpexPattern>([.. all.Select(table.PatternOf)]);
        DeviceBuffer<int> first = table.Memory.Upload<int>([.. all.Select(set => set.Count == 0 ? 0 : set[^1] + 1)]);
        List<ScanHit> hits = [];
        int n = table.Design.Design.FeatureCount;
        foreach ((DeviceBuffer<int>? from, double bar) in new[] { (first, 11.0), (null, 25.0) })
        {
            ScanRange[] ranges = [.. Chosen.Select(function => new ScanRange(function, left.Take(function).Sum(sets => sets.Length), left[function].Length, function / 2, n - function, bar + function))];
            table.Memory.Device.Codes.Scan(table.Bins, table.Evidence, new TermScan(patterns, table.Design.Features, from, 0.5), ranges, hits);
            output.Take("pairs", hits.SelectMany(hit => new[] { hit.Range, hit.Left, hit.Right }).ToArray());
            output.Take("evidence", hits.Select(hit => hit.Evidence).ToArray());
            output.Take("coefficients", hits.Select(hit => hit.Coefficient).ToArray());
        }
    }

    private static void Regress(Table table, CaseOutput output)
    {
        CodePrimitives codes = table.Memory.Device.Codes;
        BinTable layers = table.Memory.Own(new BinTable(table.Design, 2, Functions));
        BinTerms model = table.Memory.Own(new BinTerms(layers, table.Design.AllDelays, table.Design.AllDelays & ~table.Design.EveryDelay(1, 5)));
        model.Weights.Fill(0);
        codes.Repeat(table.Bins, layers);
        model.Append([.. Chosen.SelectMany(function =>
            table.Sets[function].Concat(table.Others).Where(set => set.Count > 0).Distinct().Prepend(FeatureSet.Empty).Select(set => new BinTerm(table.PatternOf(set), 0, function)))]);
        codes.Reweigh(model, Chosen, 2);
        codes.Sweep(model, Chosen);
        codes.SweepShrinking(model, Chosen, 9, activeOnly: false);
        codes.SweepShrinking(model, Chosen, 4, activeOnly: true);
        output.Take("weights", model.Weights);
        output.Take("coefficients of layer 0", Flat(model, 0));
        output.Take("coefficients of layer 1", Flat(model, 1));
        output.Take("residuals", layers.Columns);
    }

    private static double[] Flat(BinTerms model, int layer) => [.. model.CopyCoefficients(layer).SelectMany(coefficients => coefficients)];

    /// <summary>The samples of random terms with noise, transformed on the device, and the evidence of their bins.</summary>
    private sealed class Table
    {
        public Table(CaseMemory memory, int n, int t, int b, int extra, int terms)
        {
            SpexDesign design = new(BchCode.ForFeatures(n, t), b, 3, extra, 5);
            Others = [.. Enumerable.Range(0, 4).Select(i => new FeatureSet(i, (i + 5) % n))];
            Sets = new FeatureSet[Functions][];
            List<float> values = [];
            for (int function = 0; function < Functions; function++)
            {
                (ulong stream, ulong index) = ((ulong)((((function * 10_000) + n) * 100) + terms), 0);
                HashSet<FeatureSet> sets = [];
                while (sets.Count < terms)
                {
                    int degree = Philox.Below(11, stream, index++, Math.Min(n, t) + 1);
                    sets.Add(new FeatureSet([.. Enumerable.Range(0, degree).Select(_ => Philox.Below(11, stream, index++, n)).Distinct()]));
                }

                Sets[function] = [.. sets];
                SpectrumTerm[] truth = [.. sets.Select(set => new SpectrumTerm(set, 2 * Philox.Gaussian(12, stream, index++)))];
                float[] ofMasks = [.. new Spectrum(n, truth).Evaluate(design.ToMatrix(0, (int)design.Count)).Select((value, i) => (float)(value + (Noise * Philox.Gaussian(13, stream, (ulong)i))))];

                // Queries that coincide share a mask.
                values.AddRange(design.MaskOfQuery.IsEmpty ? ofMasks : Array.ConvertAll(design.MaskOfQuery.ToArray(), mask => ofMasks[mask]));
            }

            Memory = memory;
            Design = memory.Own(new BinDesign(design, memory.Device));
            DeviceBuffer<float> rows = memory.Upload<float>([.. values]);
            memory.Device.Hadamard.Transform(rows, Functions * design.GroupCount * design.DelayCount, b, 1f / design.BinCount);
            Bins = memory.Own(new BinTable(Design, 1, Functions));
            Bins.Columns.Fill(0xFF);
            memory.Device.Codes.Gather(rows, Bins);
            Evidence = memory.Own(new BinEvidence(Bins, Floor, 2 * Floor, 3 * Floor));
            memory.Device.Codes.TakeEnergies(Bins, Evidence, [0, 1, 2]);
        }

        public CaseMemory Memory { get; }

        public BinDesign Design { get; }

        public BinTable Bins { get; }

        public BinEvidence Evidence { get; }

        public FeatureSet[][] Sets { get; }

        public FeatureSet[] Others { get; }

        public SpexPattern PatternOf(FeatureSet set) => SpexPattern.Of(set, Design.FeaturePatterns);
    }
}
