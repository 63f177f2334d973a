using System.Numerics;
using Spex.Core.Codes;

namespace Spex.Engine.Devices.Cpu;

/// <content>Decoding of bins and peeling.</content>
internal sealed unsafe partial class CpuCodes
{
    public override void Decode(BinTable bins, BinEvidence evidence, in BinTrial trial, ReadOnlySpan<double> bars, List<BinProposal> proposals)
    {
        CheckDecode(bins, evidence, trial, bars, proposals);
        proposals.Clear();
        BinColumns columns = new(bins);
        EvidenceView view = new(columns, evidence);
        double* tried = CpuDevice.Pointer(trial.Tried);
        double loud = trial.LoudRatio > 0 ? trial.LoudRatio * LowerQuartile(evidence.Energies.Span[..bins.BinCount]) : 0;
        (int chaseDepth, double change) = (trial.ChaseDepth, trial.LeastChange);
        double[] barOfCount = bars.ToArray();
        int tasks = (bins.BinCount + BinsPerTask - 1) / BinsPerTask;
        List<BinProposal>?[] found = new List<BinProposal>?[tasks];
        device.For(tasks, task =>
        {
            int end = Math.Min(bins.BinCount, (task + 1) * BinsPerTask);
            for (int bin = task * BinsPerTask; bin < end; bin++)
            {
                double energy = view.EnergyOf(bin);
                if (view.IsActive(bin) && energy > loud && Math.Abs(energy - tried[bin]) > change * tried[bin])
                {
                    tried[bin] = energy;
                    BinDecoder decoder = new(bins.Design, columns, view, barOfCount, bin);
                    if (decoder.TryDecode(chaseDepth, out BinProposal proposal))
                    {
                        (found[task] ??= []).Add(proposal);
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
        BinColumns columns = new(bins);
        EvidenceView view = new(columns, evidence);
        double* coefficients = CpuDevice.Pointer(terms.Coefficients);
        for (int k = 0; k < offers.Length; k++)
        {
            TermOffer offer = offers[k];
            (double strength, double coefficient) = view.Exact(offer.Pattern);
            if (!(strength > offer.Bar))
            {
                amounts[k] = double.NaN;
                continue;
            }

            double old = offer.Term < 0 ? 0 : coefficients[offer.Term];
            double next = old + coefficient;
            columns.Add(offer.Pattern, old - next);
            amounts[k] = coefficient;
            if (offer.Term >= 0)
            {
                coefficients[offer.Term] = next;
            }

            for (int c = 0; c < columns.GroupCount; c++)
            {
                view.Refresh(columns.BinOf(offer.Pattern, c));
            }
        }
    }

    public override void Add(BinTable bins, ReadOnlySpan<SpexPattern> patterns, ReadOnlySpan<double> amounts)
    {
        CheckOneLayer(bins);
        CheckLength(amounts.Length, patterns.Length, nameof(amounts));
        BinColumns columns = new(bins);
        for (int k = 0; k < patterns.Length; k++)
        {
            columns.Add(patterns[k], amounts[k]);
        }
    }

    private static double LowerQuartile(ReadOnlySpan<double> energies)
    {
        double[] sorted = energies.ToArray();
        Array.Sort(sorted);
        return sorted[sorted.Length / 4];
    }

    /// <summary>The decoding of one bin.</summary>
    private readonly ref struct BinDecoder(BinDesign design, BinColumns columns, EvidenceView evidence, ReadOnlySpan<double> bars, int bin)
    {
        private readonly BchCode _code = design.Design.Code;
        private readonly ReadOnlySpan<SpexPattern> _features = design.FeaturePatterns;
        private readonly ReadOnlySpan<double> _bars = bars;

        public bool TryDecode(int chaseDepth, out BinProposal best)
        {
            best = default;
            int parityCount = _code.ParityCount;
            float* column = columns.Column(bin);
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

            if (columns.BinOf(pattern, bin >> columns.Log2Bins) != bin)
            {
                return;
            }

            double surplus = evidence.Exact(pattern).Evidence - _bars[count];
            if (surplus > best.Surplus)
            {
                best = new BinProposal(bin, features[..count], surplus);
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
