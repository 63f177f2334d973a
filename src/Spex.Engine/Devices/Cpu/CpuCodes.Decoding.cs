using System.Numerics;
using Spex.Core.Codes;

namespace Spex.Engine.Devices.Cpu;

/// <content>Decoding of bins and peeling.</content>
internal sealed unsafe partial class CpuCodes
{
    public override void Decode(BinTable bins, BinEvidence evidence, ReadOnlySpan<int> functions, in BinTrial trial, ReadOnlySpan<double> bars, List<BinProposal> proposals)
    {
        CheckDecode(bins, evidence, functions, trial, bars, proposals);
        proposals.Clear();
        double* tried = CpuDevice.Pointer(trial.Tried);
        (int chaseDepth, double change, double loudRatio) = (trial.ChaseDepth, trial.LeastChange, trial.LoudRatio);
        double[] barOfCount = bars.ToArray();
        int[] of = functions.ToArray();
        double[] loud = new double[of.Length];
        if (loudRatio > 0)
        {
            device.For(of.Length, k => loud[k] = loudRatio * LowerQuartile(evidence.Energies.Span.Slice(of[k] * bins.BinCount, bins.BinCount)));
        }

        int tasks = (bins.BinCount + BinsPerTask - 1) / BinsPerTask;
        List<BinProposal>?[] found = new List<BinProposal>?[of.Length * tasks];
        device.For(found.Length, item =>
        {
            (int k, int task) = Math.DivRem(item, tasks);
            EvidenceView view = new(bins, evidence, of[k]);
            double* ownTried = tried + ((long)of[k] * bins.BinCount);
            int end = Math.Min(bins.BinCount, (task + 1) * BinsPerTask);
            for (int bin = task * BinsPerTask; bin < end; bin++)
            {
                double energy = view.EnergyOf(bin);
                if (view.IsActive(bin) && energy > loud[k] && Math.Abs(energy - ownTried[bin]) > change * ownTried[bin])
                {
                    ownTried[bin] = energy;
                    BinDecoder decoder = new(bins.Design, view, barOfCount, of[k], bin);
                    if (decoder.TryDecode(chaseDepth, out BinProposal proposal))
                    {
                        (found[item] ??= []).Add(proposal);
                    }
                }
            }
        });
        foreach (List<BinProposal>? part in found)
        {
            proposals.AddRange(part ?? []);
        }
    }

    public override void Accept(BinTable bins, BinEvidence evidence, BinTerms terms, ReadOnlySpan<TermOffer> offers, Span<double> amounts)
    {
        CheckEvidence(bins, evidence);
        ArgumentNullException.ThrowIfNull(terms);
        CheckLength(amounts.Length, offers.Length, nameof(amounts));
        int[] starts = StartsOf(offers, offer => offer.Function);
        TermOffer[] offered = offers.ToArray();
        double[] raised = new double[offered.Length];
        device.For(starts.Length - 1, run =>
        {
            EvidenceView view = new(bins, evidence, offered[starts[run]].Function);
            BinColumns columns = view.Bins;
            double* coefficients = CpuDevice.Pointer(terms.Coefficients) + ((long)offered[starts[run]].Function * terms.Capacity);
            for (int k = starts[run]; k < starts[run + 1]; k++)
            {
                TermOffer offer = offered[k];
                (double strength, double coefficient) = view.Exact(offer.Pattern);
                if (!(strength > offer.Bar))
                {
                    raised[k] = double.NaN;
                    continue;
                }

                double old = offer.Term < 0 ? 0 : coefficients[offer.Term];
                double next = old + coefficient;
                columns.Add(offer.Pattern, old - next);
                raised[k] = coefficient;
                if (offer.Term >= 0)
                {
                    coefficients[offer.Term] = next;
                }

                for (int c = 0; c < columns.GroupCount; c++)
                {
                    view.Refresh(columns.BinOf(offer.Pattern, c));
                }
            }
        });
        raised.CopyTo(amounts);
    }

    public override void TakeOut(BinTable bins, ReadOnlySpan<BinTerm> terms)
    {
        CheckOneLayer(bins);
        int[] starts = StartsOf(terms, term => term.Function);
        for (int run = 0; run < starts.Length - 1; run++)
        {
            BinColumns columns = new(bins, terms[starts[run]].Function);
            foreach (BinTerm term in terms[starts[run]..starts[run + 1]])
            {
                columns.Add(term.Pattern, -term.Coefficient);
            }
        }
    }

    public override void Place(BinTerms terms, ReadOnlySpan<BinTerm> placed)
    {
        CheckPlace(terms, placed);
        SpexPattern* patterns = CpuDevice.Pointer(terms.Patterns);
        double* coefficients = CpuDevice.Pointer(terms.Coefficients);
        int layers = terms.Bins.LayerCount, capacity = terms.Capacity;
        foreach (BinTerm term in placed)
        {
            patterns[((long)term.Function * capacity) + term.Term] = term.Pattern;
            for (int layer = 0; layer < layers; layer++)
            {
                coefficients[((((long)term.Function * layers) + layer) * capacity) + term.Term] = term.Coefficient;
            }
        }
    }

    private static double LowerQuartile(ReadOnlySpan<double> energies)
    {
        double[] sorted = energies.ToArray();
        Array.Sort(sorted);
        return sorted[sorted.Length / 4];
    }

    /// <summary>The decoding of one bin.</summary>
    private readonly ref struct BinDecoder(BinDesign design, EvidenceView evidence, ReadOnlySpan<double> bars, int function, int bin)
    {
        private readonly BinColumns _columns = evidence.Bins;
        private readonly BchCode _code = design.Design.Code;
        private readonly ReadOnlySpan<SpexPattern> _features = design.FeaturePatterns;
        private readonly ReadOnlySpan<double> _bars = bars;

        public bool TryDecode(int chaseDepth, out BinProposal best)
        {
            best = default;
            int parityCount = _code.ParityCount;
            float* column = _columns.Column(bin);
            ReadOnlySpan<float> coded = new(column + 1, parityCount);
            UInt128 negative = 0;
            for (int p = 0; p < coded.Length; p++)
            {
                negative |= coded[p] < 0 ? UInt128.One << p : 0;
            }

            Span<int> weakest = stackalloc int[BinTrial.MostChaseDepth];
            weakest = weakest[..Math.Min(chaseDepth, parityCount)];
            FindWeakest(coded, weakest);
            Span<int> syndromes = stackalloc int[_code.CorrectableErrors];

            // Column entry 0 is the coefficient itself, whose sign the bits are relative to. Where bits are doubted, so is that sign.
            for (int complement = 0; complement < (chaseDepth == 0 ? 1 : 2); complement++)
            {
                UInt128 bits = (column[0] < 0) ^ (complement != 0) ? negative ^ ((UInt128.One << coded.Length) - 1) : negative;
                _code.ComputeSyndromes(bits, syndromes);
                for (uint flips = 0; flips < 1u << weakest.Length; flips++)
                {
                    if (flips != 0)
                    {
                        // Gray code: word number k differs from the one before in the bit that k's trailing zeros name.
                        ReadOnlySpan<int> change = _code.SyndromesOf(weakest[BitOperations.TrailingZeroCount(flips)]);
                        for (int s = 0; s < syndromes.Length; s++)
                        {
                            syndromes[s] ^= change[s];
                        }
                    }

                    TryWord(syndromes, ref best);
                }
            }

            return best.Surplus > 0;
        }

        private void TryWord(ReadOnlySpan<int> syndromes, ref BinProposal best)
        {
            Span<int> features = stackalloc int[BchCode.MaxCorrectableErrors + 2];
            if (!_code.TryDecode(syndromes, features, out int count, out _) || count >= _bars.Length)
            {
                return;
            }

            SpexPattern pattern = default;
            foreach (int feature in features[..count])
            {
                pattern ^= _features[feature];
            }

            if (_columns.BinOf(pattern, bin >> _columns.Log2Bins) != bin)
            {
                return;
            }

            double surplus = evidence.Exact(pattern).Evidence - _bars[count];
            if (surplus > best.Surplus)
            {
                best = new BinProposal((function * _columns.BinCount) + bin, features[..count], surplus);
            }
        }

        /// <summary>The positions of the smallest magnitudes, smallest first; the lower position among equals.</summary>
        private static void FindWeakest(ReadOnlySpan<float> values, Span<int> positions)
        {
            int have = 0;
            for (int p = 0; p < values.Length && positions.Length > 0; p++)
            {
                float size = Math.Abs(values[p]);
                int at = have;
                while (at > 0 && Math.Abs(values[positions[at - 1]]) > size)
                {
                    at--;
                }

                if (at < positions.Length)
                {
                    have = Math.Min(have + 1, positions.Length);
                    positions[at..(have - 1)].CopyTo(positions[(at + 1)..]);
                    positions[at] = p;
                }
            }
        }
    }
}
