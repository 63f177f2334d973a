using System.Numerics;
using Spex.Core.Codes;
using Spex.Core.Designs;
using Spex.Core.Spectra;
using Spex.Engine.Devices.Cpu;

namespace Spex.Engine.Decoding;

/// <summary>
/// Decodes bins by their BCH code and subtracts the terms that the evidence supports, which may leave other bins with one term to decode.
/// </summary>
/// <remarks>
/// As in the references, all bins of a round are decoded in the state at its start and all subtractions follow. What differs: a bin's candidates
/// (the hard word and its complement, with all flips of the least reliable bits) are ranked by the evidence of all groups together, not by how
/// few errors the code corrected, and flipping a bit changes the syndromes by one exclusive or instead of decoding anew.
/// </remarks>
internal sealed class Peeling
{
    // Bits that may be flipped: 2^5 words and their complements a bin, against the references' 15 and 55 words.
    private const int ChaseDepth = 5;

    // A bin whose energy is not clearly above the quiet ones holds no term that its own signs could spell.
    private const double LoudRatio = 1.5;

    // A bin is tried again when its energy changed by this share: a hard word may turn on one bit, the flips cover small changes.
    private const double HardChange = 1e-3;
    private const double SoftChange = 0.03;

    private readonly BinRegression _model;
    private readonly TermEvidence _evidence;
    private readonly SpexPattern[] _features;
    private readonly SpexDesign _design;
    private readonly CpuDevice _cpu;
    private readonly double[] _bars;
    private readonly double[] _triedHard;
    private readonly double[] _triedSoft;
    private readonly Found?[] _decoded;

    public Peeling(BinRegression model, TermEvidence evidence, SpexPattern[] features, int maxDegree, CpuDevice cpu)
    {
        _model = model;
        _evidence = evidence;
        _features = features;
        _design = model.Residual.Design;
        _cpu = cpu;
        _triedHard = new double[model.Residual.BinCount];
        _triedSoft = new double[model.Residual.BinCount];
        _decoded = new Found?[model.Residual.BinCount];
        _bars = new double[maxDegree + 1];
        _bars[0] = TermEvidence.Margin;
        for (int degree = 1; degree <= maxDegree; degree++)
        {
            // The code may name any set of this size: log C(n, degree).
            _bars[degree] = _bars[degree - 1] + Math.Log(Math.Max(1, _design.FeatureCount - degree + 1) / (double)degree);
        }
    }

    /// <summary>Decodes every bin that changed since it was last tried, and subtracts what was found.</summary>
    /// <param name="soft">Whether to flip unreliable bits.</param>
    /// <returns>Terms that are new, and known terms whose coefficient was corrected.</returns>
    public (int New, int Corrected) Round(bool soft)
    {
        double loud = soft ? LoudRatio * _evidence.LowerQuartileEnergy() : 0;
        double[] tried = soft ? _triedSoft : _triedHard;
        double change = soft ? SoftChange : HardChange;
        _cpu.For(tried.Length, bin =>
        {
            double energy = _evidence.EnergyOf(bin);
            _decoded[bin] = null;
            if (_evidence.IsActive(bin) && energy > loud && Math.Abs(energy - tried[bin]) > change * tried[bin])
            {
                _decoded[bin] = Decode(bin, soft ? ChaseDepth : 0);
                tried[bin] = energy;
            }
        });

        Dictionary<FeatureSet, Found> found = [];
        foreach (Found? term in _decoded)
        {
            if (term is { } one && (!found.TryGetValue(one.Set, out Found known) || known.Surplus < one.Surplus))
            {
                found[one.Set] = one;
            }
        }

        Found[] strongestFirst = [.. found.Values];
        Array.Sort(strongestFirst, static (a, b) => a.Surplus != b.Surplus ? b.Surplus.CompareTo(a.Surplus) : a.Set.CompareTo(b.Set));
        int added = 0, corrected = 0;
        foreach (Found term in strongestFirst)
        {
            // A stronger term of this round may have taken the evidence away.
            (double evidence, double coefficient) = _evidence.Exact(term.Pattern);
            if (evidence <= _bars[term.Set.Count])
            {
                continue;
            }

            if (_model.Contains(term.Set))
            {
                corrected++;
            }
            else
            {
                added++;
            }

            _model.Add(term.Set, coefficient);
            for (int c = 0; c < _design.GroupCount; c++)
            {
                _evidence.Refresh(_model.Residual.BinOf(term.Pattern, c));
            }
        }

        return (added, corrected);
    }

    private Found? Decode(int bin, int chaseDepth)
    {
        BchCode code = _design.Code;
        ReadOnlySpan<float> column = _model.Residual.Column(bin);
        ReadOnlySpan<float> coded = column.Slice(1, code.ParityCount);
        UInt128 negative = 0;
        for (int p = 0; p < coded.Length; p++)
        {
            negative |= coded[p] < 0 ? UInt128.One << p : 0;
        }

        Span<int> weakest = stackalloc int[chaseDepth];
        FindWeakest(coded, weakest);
        Span<int> syndromes = stackalloc int[code.CorrectableErrors];
        Found? best = null;

        // Column entry 0 is the coefficient itself, whose sign the bits are relative to. Where bits are doubted, so is that sign.
        for (int complement = 0; complement < (chaseDepth == 0 ? 1 : 2); complement++)
        {
            UInt128 bits = (column[0] < 0) ^ (complement != 0) ? negative ^ ((UInt128.One << coded.Length) - 1) : negative;
            code.ComputeSyndromes(bits, syndromes);
            for (uint flips = 0; flips < 1u << chaseDepth; flips++)
            {
                if (flips != 0)
                {
                    // Gray code: word number k differs from the one before in the bit that k's trailing zeros name.
                    ReadOnlySpan<int> change = code.SyndromesOf(weakest[BitOperations.TrailingZeroCount(flips)]);
                    for (int s = 0; s < syndromes.Length; s++)
                    {
                        syndromes[s] ^= change[s];
                    }
                }

                if (TryWord(code, bin, syndromes, out Found term) && (best is null || best.Value.Surplus < term.Surplus))
                {
                    best = term;
                }
            }
        }

        return best;
    }

    private bool TryWord(BchCode code, int bin, ReadOnlySpan<int> syndromes, out Found term)
    {
        term = default;
        Span<int> features = stackalloc int[BchCode.MaxCorrectableErrors + 1];
        if (!code.TryDecode(syndromes, features, out int count, out _) || count >= _bars.Length)
        {
            return false;
        }

        SpexPattern pattern = default;
        foreach (int feature in features[..count])
        {
            pattern ^= _features[feature];
        }

        if (_model.Residual.BinOf(pattern, bin >> _design.Log2Bins) != bin)
        {
            return false;
        }

        double surplus = _evidence.Exact(pattern).Evidence - _bars[count];
        if (surplus <= 0)
        {
            return false;
        }

        term = new Found(new FeatureSet(features[..count]), pattern, surplus);
        return true;
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

    /// <summary>A set that a bin's signs spell, with its evidence above the bar.</summary>
    private readonly record struct Found(FeatureSet Set, SpexPattern Pattern, double Surplus);
}
