using System.Globalization;
using Spex.Core.Codes;
using Spex.Core.Designs;
using Spex.Core.Random;
using Spex.Core.Spectra;
using Spex.Engine.Devices;

namespace Spex.GpuCheck.Kernels;

/// <summary>Bins of a SPEX design: gathering, energies, decoding, peeling, scanning, regression. Decisions are equal, numbers within 10⁻⁵ of the largest.</summary>
internal static class CodeCases
{
    private const double Tolerance = 1e-5;
    private const double Noise = 0.1;
    private const double Floor = 1e-9;

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
        BinTable layers = table.Memory.Own(new BinTable(table.Design, 3));
        CodePrimitives codes = table.Memory.Device.Codes;
        codes.Repeat(table.Bins, layers);
        double[] totals = new double[3], blocks = new double[3 * 3 * layers.Delays];
        codes.TotalEnergies(layers, [table.Design.AllDelays, table.Design.EveryDelay(1, 5), table.Design.AllDelays & ~table.Design.EveryDelay(0, 2)], totals);
        codes.BlockEnergies(layers, blocks);
        output.Take("columns", table.Bins.Columns);
        output.Take("columns of the layers", layers.Columns);
        output.Take("energies of layers", totals);
        output.Take("energies of blocks", blocks);
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
            DeviceBuffer<double> tried = table.Memory.Upload<double>(new double[table.Bins.BinCount]);
            codes.Decode(table.Bins, table.Evidence, new BinTrial(depth, depth == 1 ? 1.5 : 0, 0.01, tried), bars, proposals);
            string name = string.Create(CultureInfo.InvariantCulture, $"depth {depth}: ");
            output.Take($"{name}tried", tried);
            output.Take($"{name}bins and sets", proposals.SelectMany(proposal => new[] { proposal.Bin }.Concat(proposal.Set)).ToArray());
            output.Take($"{name}surpluses", proposals.Select(proposal => proposal.Surplus).ToArray());
        }

        BinTerms model = table.Memory.Own(new BinTerms(table.Bins, table.Design.AllDelays));
        model.Append([default, table.PatternOf(table.Sets[0])], [0.5, 0.25]);
        TermOffer[] offers = [.. table.Sets.Concat(table.Others).Distinct().Select((set, i) => new TermOffer(table.PatternOf(set), 12, i == 0 ? 1 : -1))];
        double[] amounts = new double[offers.Length];
        codes.Accept(table.Bins, table.Evidence, model, offers, amounts);
        codes.Add(table.Bins, [.. table.Others.Select(table.PatternOf)], [.. table.Others.Select((_, i) => 0.01 * (i + 1))]);
        output.Take("accepted", amounts);
        output.Take("coefficients", model.CopyCoefficients());
        output.Take("columns left", table.Bins.Columns);
        output.Take("energies left", table.Evidence.Energies);
    }

    private static void Scan(Table table, CaseOutput output)
    {
        FeatureSet[] left = [FeatureSet.Empty, .. table.Sets.Where(set => set.Count > 0).Select(set => set.Without(set[^1]))];
        DeviceBuffer<SpexPattern> patterns = table.Memory.Upload<SpexPattern>([.. left.Select(table.PatternOf)]);
        DeviceBuffer<int> first = table.Memory.Upload<int>([.. left.Select(set => set.Count == 0 ? 0 : set[^1] + 1)]);
        List<ScanHit> hits = [];
        foreach ((DeviceBuffer<int>? from, double bar) in new[] { (first, 11.0), (null, 25.0) })
        {
            table.Memory.Device.Codes.Scan(table.Bins, table.Evidence, new TermScan(patterns, left.Length, table.Design.Features, table.Design.Design.FeatureCount, from, bar, 0.5), hits);
            output.Take("pairs", hits.SelectMany(hit => new[] { hit.Left, hit.Right }).ToArray());
            output.Take("evidence", hits.Select(hit => hit.Evidence).ToArray());
            output.Take("coefficients", hits.Select(hit => hit.Coefficient).ToArray());
        }
    }

    private static void Regress(Table table, CaseOutput output)
    {
        CodePrimitives codes = table.Memory.Device.Codes;
        BinTable layers = table.Memory.Own(new BinTable(table.Design, 2));
        BinTerms model = table.Memory.Own(new BinTerms(layers, table.Design.AllDelays, table.Design.AllDelays & ~table.Design.EveryDelay(1, 5)));
        FeatureSet[] sets = [FeatureSet.Empty, .. table.Sets.Concat(table.Others).Where(set => set.Count > 0).Distinct()];
        codes.Repeat(table.Bins, layers);
        model.Append([.. sets.Select(table.PatternOf)], new double[sets.Length]);
        codes.Reweigh(model, 2);
        codes.Sweep(model);
        codes.SweepShrinking(model, 9, activeOnly: false);
        codes.SweepShrinking(model, 4, activeOnly: true);
        output.Take("weights", model.Weights);
        output.Take("coefficients of layer 0", model.CopyCoefficients(0));
        output.Take("coefficients of layer 1", model.CopyCoefficients(1));
        output.Take("residuals", layers.Columns);
    }

    /// <summary>The samples of random terms with noise, transformed on the device, and the evidence of their bins.</summary>
    private sealed class Table
    {
        public Table(CaseMemory memory, int n, int t, int b, int extra, int terms)
        {
            SpexDesign design = new(BchCode.ForFeatures(n, t), b, 3, extra, 5);
            (ulong stream, ulong index) = ((ulong)((n * 100) + terms), 0);
            HashSet<FeatureSet> sets = [];
            while (sets.Count < terms)
            {
                int degree = Philox.Below(11, stream, index++, Math.Min(n, t) + 1);
                sets.Add(new FeatureSet([.. Enumerable.Range(0, degree).Select(_ => Philox.Below(11, stream, index++, n)).Distinct()]));
            }

            Sets = [.. sets];
            Others = [.. Enumerable.Range(0, 4).Select(i => new FeatureSet(i, (i + 5) % n))];
            SpectrumTerm[] truth = [.. Sets.Select(set => new SpectrumTerm(set, 2 * Philox.Gaussian(12, stream, index++)))];
            float[] ofMasks = [.. new Spectrum(n, truth).Evaluate(design.ToMatrix(0, (int)design.Count)).Select((value, i) => (float)(value + (Noise * Philox.Gaussian(13, stream, (ulong)i))))];

            // Queries that coincide share a mask.
            float[] values = design.MaskOfQuery.IsEmpty ? ofMasks : Array.ConvertAll(design.MaskOfQuery.ToArray(), mask => ofMasks[mask]);
            Memory = memory;
            Design = memory.Own(new BinDesign(design, memory.Device));
            DeviceBuffer<float> rows = memory.Upload<float>(values);
            memory.Device.Hadamard.Transform(rows, design.GroupCount * design.DelayCount, b, 1f / design.BinCount);
            Bins = memory.Own(new BinTable(Design));
            Bins.Columns.Fill(0xFF);
            memory.Device.Codes.Gather(rows, Bins);
            Evidence = memory.Own(new BinEvidence(Bins, Floor));
            memory.Device.Codes.TakeEnergies(Bins, Evidence);
        }

        public CaseMemory Memory { get; }

        public BinDesign Design { get; }

        public BinTable Bins { get; }

        public BinEvidence Evidence { get; }

        public FeatureSet[] Sets { get; }

        public FeatureSet[] Others { get; }

        public SpexPattern PatternOf(FeatureSet set) => SpexPattern.Of(set, Design.FeaturePatterns);
    }
}
