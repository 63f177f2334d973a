using Spex.Core.Codes;
using Spex.Core.Designs;
using Spex.Core.Random;
using Spex.Core.Spectra;
using Spex.Engine.Decoding;
using Spex.Engine.Devices;

namespace Spex.Engine.Tests.Devices;

public abstract class CodeTests : DeviceTests
{
    private const double Margin = 3;

    /// <summary>n, t, b, extra delays, terms, standard deviation of the noise in a column.</summary>
    public static TheoryData<int, int, int, int, int, double> Cases => new()
    {
        { 12, 2, 3, 0, 6, 0 },
        { 20, 3, 2, 3, 5, 0.05 },
        { 90, 5, 3, 30, 12, 0 },
        { 90, 5, 3, 0, 9, 0.1 },
        { 300, 4, 3, 11, 8, 0.2 },
        { 64, 6, 2, 80, 6, 0.3 },

        // The code of so small a field corrects seven errors.
        { 6, 6, 2, 0, 6, 0.05 },
    };

    [Fact]
    public void A_bin_holds_the_terms_that_hash_to_it_with_their_signs()
    {
        SpexDesign design = new(BchCode.ForFeatures(90, 5), 3, 3, 7, 7);
        Spectrum truth = new(90, [new(new(), 1), new(new(4), -2), new(new(1, 80), 0.5), new(new(2, 30, 60, 89), 3)]);
        float[] values = [.. truth.Evaluate(design.ToMatrix(0, (int)design.Count)).Select(value => (float)value)];
        using BinDesign onDevice = new(design, Device);
        using BinTable bins = SpexDecoder.Transform(onDevice, values);
        ReferenceBins expected = new(design, new float[bins.BinCount * bins.Stride], bins.Stride);
        foreach (SpectrumTerm term in truth.Terms)
        {
            expected.Add(term.Set, term.Coefficient);
        }

        Same(expected, bins, 1e-5);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Energies_are_sums_of_squares(int n, int t, int b, int extra, int terms, double noise)
    {
        using Problem problem = new(Device, n, t, b, extra, terms, noise);
        using BinTable layers = new(problem.Design, 3);
        Device.Codes.Repeat(problem.Bins, layers);
        UInt128[] delays = [problem.Design.AllDelays, problem.Design.EveryDelay(1, 5), problem.Design.AllDelays & ~problem.Design.EveryDelay(0, 2)];
        double[] totals = new double[3], blocks = new double[3 * 3 * layers.Delays];
        Device.Codes.TotalEnergies(layers, [0], delays, totals);
        Device.Codes.BlockEnergies(layers, blocks);
        for (int layer = 0; layer < 3; layer++)
        {
            double total = Enumerable.Range(0, layers.BinCount).Sum(bin => problem.Reference.Energy(bin, delays[layer]));
            Assert.Equal(total, totals[layer], 1e-6 * total);
            for (int c = 0; c < 3; c++)
            {
                for (int d = 0; d < layers.Delays; d++)
                {
                    double expected = Enumerable.Range(c << b, 1 << b).Sum(bin => problem.Reference.Energy(bin, UInt128.One << d));
                    Assert.Equal(expected, blocks[(((layer * 3) + c) * layers.Delays) + d], 1e-6 * (expected + 1e-9));
                }
            }
        }

        Device.Codes.TakeEnergies(problem.Bins, problem.Evidence, [0]);
        double[] energies = Download(problem.Evidence.Energies);
        float[] weights = Download(problem.Evidence.Weights);
        for (int bin = 0; bin < energies.Length; bin++)
        {
            double expected = problem.Reference.Energy(bin, UInt128.MaxValue) + problem.Reference.Floor;
            Assert.Equal(expected, energies[bin], 1e-6 * expected);
            Assert.Equal(layers.Delays / expected, weights[bin], 1e-5 * layers.Delays / expected);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Bins_are_decoded_as_the_reference_decodes_them(int n, int t, int b, int extra, int terms, double noise)
    {
        using Problem problem = new(Device, n, t, b, extra, terms, noise);
        double[] bars = [.. Enumerable.Range(0, Math.Min(n, t) + 1).Select(degree => Margin + (degree * Math.Log(n)))];
        double tolerance = noise > 0 ? 1e-3 : double.PositiveInfinity;
        int decoded = 0;
        foreach (int depth in (int[])[0, 1, 5])
        {
            using DeviceBuffer<double> tried = Upload<double>(new double[problem.Bins.BinCount]);
            BinTrial trial = new(depth, 0, 0.01, tried);
            List<BinProposal> proposals = [];
            Device.Codes.Decode(problem.Bins, problem.Evidence, [0], trial, bars, proposals);
            Assert.Equal(proposals.Select(proposal => proposal.Bin).Order(), proposals.Select(proposal => proposal.Bin));
            Dictionary<int, BinProposal> byBin = proposals.ToDictionary(proposal => proposal.Bin);
            for (int bin = 0; bin < problem.Bins.BinCount; bin++)
            {
                bool active = problem.Reference.Energy(bin, UInt128.MaxValue) + problem.Reference.Floor > BinEvidence.ActiveFloors * problem.Reference.Floor;
                if (active && problem.Reference.Decode(bin, depth, bars) is { } expected)
                {
                    Assert.True(byBin.Remove(bin, out BinProposal proposal), $"bin {bin}, depth {depth}: nothing instead of {expected}");
                    Assert.Equal(expected.Set, proposal.Set);
                    Assert.True(
                        Math.Abs(expected.Surplus - proposal.Surplus) <= tolerance * (1 + expected.Surplus), $"{expected.Surplus} {proposal.Surplus}");
                    decoded++;
                }
            }

            Assert.Empty(byBin);

            // Nothing changed, so nothing is tried again.
            Device.Codes.Decode(problem.Bins, problem.Evidence, [0], trial, bars, proposals);
            Assert.Empty(proposals);
        }

        Assert.True(decoded > 3, $"{decoded}");
    }

    [Fact]
    public void Quiet_bins_are_left_alone()
    {
        using Problem problem = new(Device, 90, 5, 3, 0, 4, 0.01);
        using DeviceBuffer<double> tried = Upload<double>(new double[problem.Bins.BinCount]);
        double[] bars = [-1000, -1000, -1000, -1000];
        List<BinProposal> proposals = [];
        double[] energies = Download(problem.Evidence.Energies), sorted = [.. energies.Order()];
        double loud = 1.5 * sorted[sorted.Length / 4];
        Device.Codes.Decode(problem.Bins, problem.Evidence, [0], new BinTrial(0, 1.5, 0.01, tried), bars, proposals);
        Assert.Equal(energies.Select(energy => energy > loud ? energy : 0), Download(tried));
        Assert.All(proposals, proposal => Assert.True(energies[proposal.Bin] > loud));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Peeling_takes_out_what_still_has_evidence(int n, int t, int b, int extra, int terms, double noise)
    {
        // Clean columns leave nothing but rounding, whose evidence is anyone's guess; a little noise makes it comparable.
        using Problem problem = new(Device, n, t, b, extra, terms, Math.Max(noise, 0.02));
        FeatureSet known = problem.Sets[0];
        FeatureSet[] others = [.. Enumerable.Range(0, 4).Select(i => new FeatureSet(i, (i + 5) % n))];
        FeatureSet[] sets = [.. problem.Sets.Concat(others).Distinct()];
        using BinTerms model = new(problem.Bins, problem.Design.AllDelays);
        model.Append([new(default, 0.5), new(problem.PatternOf(known), 0.25)]);
        TermOffer[] offers = [.. sets.Select(set => new TermOffer(problem.PatternOf(set), 12, Term: set == known ? 1 : -1))];
        double[] amounts = new double[offers.Length];
        Device.Codes.Accept(problem.Bins, problem.Evidence, model, offers, amounts);
        int accepted = 0;
        for (int k = 0; k < sets.Length; k++)
        {
            (double evidence, double coefficient) = problem.Reference.Evidence(sets[k]);
            Assert.True(Math.Abs(evidence - 12) > 0.01, "the case is too close to call");
            if (evidence > 12)
            {
                accepted++;
                Assert.Equal(coefficient, amounts[k], 1e-4);
                problem.Reference.Add(sets[k], -coefficient);
            }
            else
            {
                Assert.Equal(double.NaN, amounts[k]);
            }
        }

        Assert.InRange(accepted, 1, sets.Length - 1);
        Same(problem.Reference, problem.Bins, 1e-4);
        double[] coefficients = model.CopyCoefficients()[0];
        Assert.Equal(0.5, coefficients[0]);
        Assert.Equal(0.25 + (double.IsNaN(amounts[0]) ? 0 : amounts[0]), coefficients[1], 1e-9);
        double[] energies = Download(problem.Evidence.Energies);
        Assert.All(Enumerable.Range(0, energies.Length), bin => Assert.Equal(problem.Reference.Energy(bin, UInt128.MaxValue), energies[bin], 1e-3));
    }

    [Fact]
    public void Terms_are_taken_out()
    {
        using Problem problem = new(Device, 90, 5, 3, 30, 12, 0);
        Device.Codes.TakeOut(problem.Bins, [.. problem.Sets.Zip(problem.Coefficients, (set, coefficient) => new BinTerm(problem.PatternOf(set), coefficient))]);
        double[] energy = new double[1];
        Device.Codes.TotalEnergies(problem.Bins, [0], [problem.Design.AllDelays], energy);
        Assert.Equal(0, energy[0], 1e-8);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_scan_finds_the_pairs_that_have_evidence(int n, int t, int b, int extra, int terms, double noise)
    {
        using Problem problem = new(Device, n, t, b, extra, terms, Math.Max(noise, 0.02));
        FeatureSet[] left = [FeatureSet.Empty, .. problem.Sets.Where(set => set.Count > 0).Select(set => set.Without(set[^1]))];
        int[] first = [.. left.Select(set => set.Count == 0 ? 0 : set[^1] + 1)];
        using DeviceBuffer<SpexPattern> patterns = Upload<SpexPattern>([.. left.Select(problem.PatternOf)]);
        using DeviceBuffer<int> firstRight = Upload<int>(first);
        const double Bar = 11, QuickShare = 0.5;
        List<ScanHit> hits = [];
        Device.Codes.Scan(problem.Bins, problem.Evidence, new TermScan(patterns, problem.Design.Features, firstRight, QuickShare), [new(0, 0, left.Length, 0, n, Bar)], hits);
        int at = 0;
        for (int a = 0; a < left.Length; a++)
        {
            for (int i = first[a]; i < n; i++)
            {
                FeatureSet set = left[a].With(i);
                (double evidence, double coefficient) = problem.Reference.Evidence(set);
                double quick = problem.Reference.Quick(set);
                Assert.True(Math.Min(Math.Abs(evidence - Bar), Math.Abs(quick - (QuickShare * Bar))) > 1e-4, "the case is too close to call");
                if (evidence > Bar && quick >= QuickShare * Bar)
                {
                    Assert.Equal((a, i), (hits[at].Left, hits[at].Right));
                    Assert.Equal(evidence, hits[at].Evidence, 1e-3 * evidence);
                    Assert.Equal(coefficient, hits[at].Coefficient, 1e-4);
                    at++;
                }
            }
        }

        Assert.Equal(at, hits.Count);
        Assert.NotEmpty(hits);

        // Without first numbers every pair is tried.
        Device.Codes.Scan(problem.Bins, problem.Evidence, new TermScan(patterns, problem.Design.Features, null, 0.5), [new(0, 0, 1, 0, n, -1e9)], hits);
        Assert.Equal(Enumerable.Range(0, n), hits.Select(hit => hit.Right));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Sweeps_are_coordinate_descent_in_each_layer(int n, int t, int b, int extra, int terms, double noise)
    {
        using Problem problem = new(Device, n, t, b, extra, terms, Math.Max(noise, 0.02));
        FeatureSet[] sets = [FeatureSet.Empty, .. problem.Sets.Concat([new(0), new(1), new(2, 3)]).Where(set => set.Count > 0).Distinct()];
        UInt128[] delays = [problem.Design.AllDelays, problem.Design.AllDelays & ~problem.Design.EveryDelay(1, 5)];
        using BinTable layers = new(problem.Design, 2);
        using BinTerms model = new(layers, delays);
        Device.Codes.Repeat(problem.Bins, layers);
        model.Append([.. sets.Select(set => new BinTerm(problem.PatternOf(set), 0))]);
        Device.Codes.Reweigh(model, [0], 2);
        Device.Codes.Sweep(model, [0]);
        Device.Codes.SweepShrinking(model, [0], 9, activeOnly: false);
        Device.Codes.SweepShrinking(model, [0], 4, activeOnly: true);
        double[] weights = Download(model.Weights);
        float[] columns = Download(problem.Bins.Columns), residuals = Download(layers.Columns);
        for (int layer = 0; layer < 2; layer++)
        {
            ReferenceBins reference = new(problem.Design.Design, columns, layers.Stride);
            double[] expected = reference.Weights(delays[layer], 2);
            Assert.All(Enumerable.Range(0, expected.Length), bin => Assert.Equal(expected[bin], weights[(layer * layers.BinCount) + bin], 1e-5 * expected[bin]));
            double[] coefficients = new double[sets.Length];
            reference.Sweep(sets, coefficients, expected, delays[layer], null, false);
            reference.Sweep(sets, coefficients, expected, delays[layer], 9, false);
            reference.Sweep(sets, coefficients, expected, delays[layer], 4, true);
            Assert.Contains(0, coefficients);
            Assert.Contains(coefficients, coefficient => coefficient != 0);
            double[] actual = model.CopyCoefficients(layer)[0];
            Assert.All(Enumerable.Range(0, sets.Length), term => Assert.Equal(coefficients[term], actual[term], 1e-5));
            ReferenceBins left = new(problem.Design.Design, residuals.AsSpan(layer * layers.BinCount * layers.Stride), layers.Stride);
            for (int bin = 0; bin < layers.BinCount; bin++)
            {
                Assert.All(reference.Columns[bin].Zip(left.Columns[bin]), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
            }
        }
    }

    [Fact]
    public void Terms_keep_their_coefficients_when_their_room_grows()
    {
        using Problem problem = new(Device, 300, 4, 3, 11, 8, 0.2);
        using BinTable layers = new(problem.Design, 2);
        using BinTerms model = new(layers, problem.Design.AllDelays, problem.Design.AllDelays);
        for (int term = 0; term < 300; term += 50)
        {
            model.Append([.. Enumerable.Range(term, 50).Select(i => new BinTerm(problem.Design.FeaturePatterns[i], i))]);
        }

        Assert.Equal(Enumerable.Range(0, 300).Select(i => (double)i), model.CopyCoefficients(0)[0]);
        Assert.Equal(Enumerable.Range(0, 300).Select(i => (double)i), model.CopyCoefficients(1)[0]);
        Assert.Equal(problem.Design.FeaturePatterns.ToArray(), Download(model.Patterns)[..300]);
    }

    /// <summary>Batch invariance: bits do not depend on what else is in the table, and functions that are not named are left alone.</summary>
    [Fact]
    public void Each_function_of_a_table_is_worked_on_as_by_itself()
    {
        int[] chosen = [0, 2, 3];
        using Problem first = new(Device, 90, 5, 3, 30, 7, 0.05), second = new(Device, 90, 5, 3, 30, 9, 0.3), third = new(Device, 90, 5, 3, 30, 12, 0.01), fourth = new(Device, 90, 5, 3, 30, 4, 0.1);
        Problem[] problems = [first, second, third, fourth];
        float[][] columns = [.. problems.Select(problem => Download(problem.Bins.Columns))];
        List<string>[] together = Work(first.Design, columns, problems, chosen);
        for (int function = 0; function < problems.Length; function++)
        {
            List<string> alone = Work(first.Design, [columns[function]], [problems[function]], chosen.Contains(function) ? [0] : [])[0];
            Assert.Equal(alone, together[function]);
        }

        Assert.All(chosen, function => Assert.True(together[function].Count > together[1].Count + 10));
    }

    [Fact]
    public void What_does_not_fit_together_is_refused()
    {
        using Problem problem = new(Device, 20, 3, 2, 3, 5, 0.05);
        using BinTable layers = new(problem.Design, 2);
        using DeviceBuffer<double> tried = Upload(1.0);
        Assert.Throws<ArgumentException>(() => Device.Codes.TakeEnergies(layers, problem.Evidence, [0]));
        Assert.Throws<ArgumentException>(() => Device.Codes.Repeat(layers, problem.Bins));
        Assert.Throws<ArgumentException>(() => Device.Codes.TotalEnergies(layers, [0], [problem.Design.AllDelays], new double[2]));
        Assert.Throws<ArgumentException>(() => Device.Codes.Decode(problem.Bins, problem.Evidence, [0], new BinTrial(0, 0, 0, tried), [1], []));
        Assert.Throws<ArgumentException>(() => new BinTerms(layers, problem.Design.AllDelays));
        Assert.Throws<ArgumentOutOfRangeException>(() => new BinEvidence(layers, 0.0));
        Assert.Throws<ArgumentException>(() => new BinEvidence(layers, 1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Device.Codes.TakeEnergies(problem.Bins, problem.Evidence, [1]));
        using BinTable two = new(problem.Design, 1, 2);
        Assert.Throws<ArgumentException>(() => Device.Codes.Repeat(problem.Bins, two));
        Assert.Throws<ArgumentException>(() => Device.Codes.TakeOut(two, [new BinTerm(default, 1, 1), new BinTerm(default, 1, 0)]));
    }

    /// <summary>Does everything to a table's chosen functions that a decode does, and tells for each function all that came of it, number by number.</summary>
    private static List<string>[] Work(BinDesign design, float[][] columns, Problem[] problems, int[] chosen)
    {
        int count = problems.Length;
        CodePrimitives codes = design.Device.Codes;
        List<string>[] told = [.. problems.Select(_ => new List<string>())];
        void Tell<T>(int function, IEnumerable<T> numbers) => told[function].AddRange(numbers.Select(number => FormattableString.Invariant($"{number:R}")));
        void TellAll<T>(T[] numbers)
        {
            int each = numbers.Length / count;
            for (int function = 0; function < count; function++)
            {
                Tell(function, numbers.AsSpan(function * each, each).ToArray());
            }
        }

        using BinTable bins = new(design, 1, count), layers = new(design, 2, count);
        bins.Columns.CopyFrom([.. columns.SelectMany(own => own)]);
        using BinEvidence evidence = new(bins, [.. problems.Select(problem => 1e-9 * problem.Sets.Length)]);
        using BinTerms model = new(bins, design.AllDelays), folds = new(layers, design.AllDelays, design.EveryDelay(0, 2));
        evidence.Energies.Fill(0);
        folds.Weights.Fill(0);
        codes.TakeEnergies(bins, evidence, chosen);
        using DeviceBuffer<double> tried = design.Device.Allocate<double>(count * bins.BinCount);
        tried.CopyFrom(new double[count * bins.BinCount]);
        double[] bars = [.. Enumerable.Range(0, 6).Select(degree => Margin + (degree * Math.Log(90)))];
        List<BinProposal> proposals = [];
        codes.Decode(bins, evidence, chosen, new BinTrial(2, 1.1, 0.01, tried), bars, proposals);
        foreach (BinProposal proposal in proposals)
        {
            Tell(proposal.Bin / bins.BinCount, [proposal.Bin % bins.BinCount, proposal.Surplus, .. proposal.Set.Select(feature => (double)feature)]);
        }

        // What is known lies among new terms, and there are more of some functions than of others.
        model.Append([.. chosen.SelectMany(function => problems[function].Sets.Take(3).Select((set, i) => new BinTerm(problems[function].PatternOf(set), 0.1 * i, function)))]);
        TermOffer[] offers = [.. chosen.SelectMany(function => problems[function].Sets.Select((set, i) => new TermOffer(problems[function].PatternOf(set), 10, function, i < 3 ? i : -1)))];
        double[] amounts = new double[offers.Length];
        codes.Accept(bins, evidence, model, offers, amounts);
        BinTerm[] taken = [.. offers.Select((offer, k) => new BinTerm(offer.Pattern, 0.01 * k, offer.Function)).Where(term => problems[term.Function].Sets.Length > 4)];
        codes.TakeOut(bins, [.. taken.Select(term => term with { Coefficient = 0.3 })]);
        for (int k = 0; k < offers.Length; k++)
        {
            Tell(offers[k].Function, [amounts[k]]);
        }

        using DeviceBuffer<SpexPattern> left = design.Device.Allocate<SpexPattern>(90 * count);
        left.CopyFrom([.. problems.SelectMany((_, function) => Enumerable.Range(0, 90).Select(i => design.FeaturePatterns[i] ^ design.FeaturePatterns[40]))]);
        ScanRange[] ranges = [.. chosen.Select(function => new ScanRange(function, 90 * function, 50 + problems[function].Sets.Length, 3, 60 + problems[function].Sets.Length, 9))];
        List<ScanHit> hits = [];
        codes.TakeEnergies(bins, evidence, chosen);
        codes.Scan(bins, evidence, new TermScan(left, design.Features, null, 0.3), ranges, hits);
        foreach (ScanHit hit in hits)
        {
            Tell(ranges[hit.Range].Function, [hit.Left - ranges[hit.Range].FirstLeft, hit.Right, hit.Evidence, hit.Coefficient]);
        }

        codes.Repeat(bins, layers);
        folds.Append([.. chosen.SelectMany(function => problems[function].Sets.Select(set => new BinTerm(problems[function].PatternOf(set), 0.01, function)))]);
        codes.Reweigh(folds, chosen, 2);
        codes.Sweep(folds, chosen);
        codes.SweepShrinking(folds, chosen, 4, activeOnly: false);
        codes.SweepShrinking(folds, chosen, 2, activeOnly: true);
        double[] energies = new double[chosen.Length * 2], blocks = new double[count * 2 * 3 * bins.Delays];
        float[] means = new float[count * 3 * bins.Delays];
        codes.TotalEnergies(layers, chosen, [design.AllDelays, design.EveryDelay(1, 2)], energies);
        codes.BlockEnergies(layers, blocks);
        codes.BlockMeans(bins, means);
        for (int k = 0; k < chosen.Length; k++)
        {
            Tell(chosen[k], energies[(2 * k)..((2 * k) + 2)]);
        }

        for (int function = 0; function < count; function++)
        {
            Tell(function, [.. model.CopyCoefficients()[function], .. folds.CopyCoefficients(0)[function], .. folds.CopyCoefficients(1)[function]]);
        }

        TellAll(blocks);
        TellAll(means);
        TellAll(Download(bins.Columns));
        TellAll(Download(layers.Columns));
        TellAll(Download(evidence.Energies));
        TellAll(Download(folds.Weights));
        return told;
    }

    private static void Same(ReferenceBins expected, BinTable bins, double tolerance)
    {
        float[] columns = Download(bins.Columns);
        for (int bin = 0; bin < bins.BinCount; bin++)
        {
            ReadOnlySpan<float> column = columns.AsSpan(bin * bins.Stride, bins.Stride);
            for (int d = 0; d < bins.Stride; d++)
            {
                Assert.Equal(d < bins.Delays ? expected.Columns[bin][d] : 0, column[d], d < bins.Delays ? tolerance : 0);
            }
        }
    }

    /// <summary>A table whose columns are those of random terms plus noise, its evidence, and the reference's copy of it.</summary>
    private sealed class Problem : IDisposable
    {
        public Problem(Device device, int n, int t, int b, int extra, int terms, double noise)
        {
            SpexDesign design = new(BchCode.ForFeatures(n, t), b, 3, extra, 5);
            Design = new BinDesign(design, device);
            Bins = new BinTable(Design);
            ReferenceBins made = new(design, new float[Bins.BinCount * Bins.Stride], Bins.Stride);
            (ulong stream, ulong index) = ((ulong)((n * 100) + terms), 0);
            int Below(int bound) => Philox.Below(11, stream, index++, bound);
            double Gaussian() => Philox.Gaussian(12, stream, index++);
            HashSet<FeatureSet> sets = [];
            while (sets.Count < terms)
            {
                HashSet<int> features = [];
                for (int degree = Below(Math.Min(n, t) + 1); features.Count < degree;)
                {
                    features.Add(Below(n));
                }

                sets.Add(new FeatureSet([.. features]));
            }

            Sets = [.. sets];
            Coefficients = [.. Sets.Select(_ => 2 * Gaussian())];
            for (int k = 0; k < terms; k++)
            {
                made.Add(Sets[k], Coefficients[k]);
            }

            float[] columns = new float[Bins.BinCount * Bins.Stride];
            for (int bin = 0; bin < Bins.BinCount; bin++)
            {
                for (int d = 0; d < Bins.Delays; d++)
                {
                    columns[(bin * Bins.Stride) + d] = (float)(made.Columns[bin][d] + (noise * Gaussian()));
                }
            }

            Bins.Columns.CopyFrom(columns);
            Reference = new ReferenceBins(design, columns, Bins.Stride) { Floor = 1e-9 };
            Evidence = new BinEvidence(Bins, Reference.Floor);
            device.Codes.TakeEnergies(Bins, Evidence, [0]);
        }

        public BinDesign Design { get; }

        public BinTable Bins { get; }

        public BinEvidence Evidence { get; }

        public ReferenceBins Reference { get; }

        public FeatureSet[] Sets { get; }

        public double[] Coefficients { get; }

        public SpexPattern PatternOf(FeatureSet set) => SpexPattern.Of(set, Design.FeaturePatterns);

        public void Dispose()
        {
            Evidence.Dispose();
            Bins.Dispose();
            Design.Dispose();
        }
    }
}
