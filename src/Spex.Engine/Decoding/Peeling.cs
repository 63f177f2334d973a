using System.Runtime.InteropServices;
using Spex.Core.Spectra;
using Spex.Engine.Devices;

namespace Spex.Engine.Decoding;

/// <summary>
/// Decodes bins by their BCH code and subtracts the terms that the evidence supports, which may leave other bins with one term to decode.
/// </summary>
/// <remarks>
/// As in the references, all bins of a round are decoded in the state at its start and all subtractions follow. What differs: a bin's candidates
/// (the hard word and its complement, with all flips of the least reliable bits) are ranked by the evidence of all groups together, not by how
/// few errors the code corrected, and flipping a bit changes the syndromes by one exclusive or instead of decoding anew. The references
/// look at one bin at a time and accept what explains a tenth of it.
/// </remarks>
internal sealed class Peeling : IDisposable
{
    /// <summary>Nats by which evidence must exceed the logarithm of the number of rivals: a false term comes in about once in e³ = 20 scans of pure noise.</summary>
    public const double Margin = 3;

    // Bits that may be flipped: 2^5 words and their complements a bin, against the references' 15 and 55 words.
    private const int ChaseDepth = 5;

    // A bin whose energy is not clearly above the quiet ones holds no term that its own signs could spell.
    private const double LoudRatio = 1.5;

    // A bin is tried again when its energy changed by this share: a hard word may turn on one bit, the flips cover small changes.
    private const double HardChange = 1e-3;
    private const double SoftChange = 0.03;

    private readonly BinRegression _model;
    private readonly BinEvidence _evidence;
    private readonly CodePrimitives _codes;
    private readonly double[] _bars;
    private readonly BinTrial _hard;
    private readonly BinTrial _soft;
    private readonly List<BinProposal> _proposals = [];

    public Peeling(BinRegression model, BinEvidence evidence, int maxDegree)
    {
        _model = model;
        _evidence = evidence;
        Device device = model.Residual.Design.Device;
        _codes = device.Codes;
        int bins = model.Residual.FunctionCount * model.Residual.BinCount;
        _hard = new BinTrial(0, 0, HardChange, Zeros(device, bins));
        _soft = new BinTrial(ChaseDepth, LoudRatio, SoftChange, Zeros(device, bins));
        _bars = new double[maxDegree + 1];
        _bars[0] = Margin;
        for (int degree = 1; degree <= maxDegree; degree++)
        {
            // The code may name any set of this size: log C(n, degree).
            int n = model.Residual.Design.Design.FeatureCount;
            _bars[degree] = _bars[degree - 1] + Math.Log(Math.Max(1, n - degree + 1) / (double)degree);
        }
    }

    /// <summary>Decodes every bin of some functions that changed since it was last tried, and subtracts what was found.</summary>
    /// <param name="functions">The functions, ascending.</param>
    /// <param name="soft">Whether to flip unreliable bits.</param>
    /// <returns>For each function of the table the terms that are new, and the known terms whose coefficient was corrected.</returns>
    public (int New, int Corrected)[] Round(ReadOnlySpan<int> functions, bool soft)
    {
        (int New, int Corrected)[] counts = new (int, int)[_model.Residual.FunctionCount];
        _codes.Decode(_model.Residual, _evidence, functions, soft ? _soft : _hard, _bars, _proposals);
        if (_proposals.Count == 0)
        {
            return counts;
        }

        // Strongest first; bins that propose the same set do so with the same evidence.
        (int Function, FeatureSet Set, double Surplus)[] found =
            [.. _proposals.Select(proposal => (Function: proposal.Bin / _model.Residual.BinCount, proposal.Set, proposal.Surplus)).DistinctBy(term => (term.Function, term.Set))];
        Array.Sort(found, static (a, b) => a.Function != b.Function ? a.Function.CompareTo(b.Function) : a.Surplus != b.Surplus ? b.Surplus.CompareTo(a.Surplus) : a.Set.CompareTo(b.Set));
        TermOffer[] offers = new TermOffer[found.Length];
        for (int k = 0; k < offers.Length; k++)
        {
            (int function, FeatureSet set, _) = found[k];
            offers[k] = new TermOffer(SpexPattern.Of(set, _model.Residual.Design.FeaturePatterns), _bars[set.Count], function, _model.IndexOf(function, set));
        }

        double[] amounts = new double[offers.Length];
        _codes.Accept(_model.Residual, _evidence, _model.Terms, offers, amounts);

        List<FoundTerm> added = [];
        for (int k = 0; k < offers.Length; k++)
        {
            (int function, FeatureSet set, _) = found[k];
            if (double.IsNaN(amounts[k]))
            {
                // A stronger term of this round took the evidence away.
                continue;
            }

            if (offers[k].Term >= 0)
            {
                counts[function].Corrected++;
                continue;
            }

            counts[function].New++;
            added.Add(new FoundTerm(function, set, amounts[k]));
        }

        _model.AddTaken(CollectionsMarshal.AsSpan(added));
        return counts;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _hard.Tried.Dispose();
        _soft.Tried.Dispose();
    }

    private static DeviceBuffer<double> Zeros(Device device, int count)
    {
        DeviceBuffer<double> buffer = device.Allocate<double>(count);
        buffer.CopyFrom(new double[count]);
        return buffer;
    }
}
