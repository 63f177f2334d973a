using System.Runtime.CompilerServices;

namespace Spex.Engine.Devices;

/// <summary>
/// Sparse recovery in the bins of a SPEX design: detection, decoding by the BCH code, peeling, the search for what the code cannot spell, and
/// regression on what was found. Tables stay on the device; sums, proposals and hits come to the host.
/// </summary>
/// <remarks>
/// Sums over a column are float32 in eight lanes, entry d in lane d mod 8, on the cpu device; sums over groups, bins and all that decides are float64. Operations
/// on evidence and peeling work on tables of one layer; those of regression on all layers, each by itself.
/// </remarks>
public abstract class CodePrimitives
{
    /// <summary>Writes the columns of a table of one layer from transformed blocks: u_d of bin (c, j) is entry j of row c·delays + d; the padding becomes 0.</summary>
    /// <param name="rows">C·delays rows of 2^b numbers, as <see cref="HadamardPrimitives.Transform"/> leaves the values of a design's queries.</param>
    /// <param name="bins">The table.</param>
    public abstract void Gather(DeviceBuffer<float> rows, BinTable bins);

    /// <summary>Copies the columns of a table of one layer into every layer of another.</summary>
    public abstract void Repeat(BinTable source, BinTable target);

    /// <summary>Computes the energy Σ u² of all bins of each layer over chosen delays.</summary>
    /// <param name="bins">The table.</param>
    /// <param name="delays">For each layer, the delays.</param>
    /// <param name="energies">Takes one number a layer.</param>
    public abstract void TotalEnergies(BinTable bins, ReadOnlySpan<UInt128> delays, Span<double> energies);

    /// <summary>Computes Σ_j u² of every layer, group and delay: by Parseval, the block's sum of squares over its samples divided by 2^b.</summary>
    /// <param name="bins">The table.</param>
    /// <param name="energies">Takes layers × C × delays numbers.</param>
    public abstract void BlockEnergies(BinTable bins, Span<double> energies);

    /// <summary>Takes all bins' energies and evidence weights anew.</summary>
    public abstract void TakeEnergies(BinTable bins, BinEvidence evidence);

    /// <summary>
    /// Decodes bins by the signs of their columns: entry 0 is the coefficient, and relative to its sign the next P entries spell the parity word of a set. Of all
    /// words that a bin's trial allows, the set with the largest surplus of evidence is proposed, if it falls into the bin and its surplus is above 0; the first
    /// found among equals.
    /// </summary>
    /// <remarks>
    /// Words are tried in the order of a Gray code over the least reliable positions (least reliable first, the lower position among equals), first with the sign
    /// of entry 0, then, where flips are allowed, with its complement.
    /// </remarks>
    /// <param name="bins">A table of one layer.</param>
    /// <param name="evidence">Its evidence, up to date.</param>
    /// <param name="trial">Which bins, and how hard.</param>
    /// <param name="bars">For each number of features, from 0 on, the evidence that a set must exceed; sets with more features are not proposed.</param>
    /// <param name="proposals">Is cleared and takes at most one proposal a bin, in the order of the bins.</param>
    public abstract void Decode(BinTable bins, BinEvidence evidence, in BinTrial trial, ReadOnlySpan<double> bars, List<BinProposal> proposals);

    /// <summary>
    /// Peels: goes through offers in their order, and takes a term out of its bins at its best coefficient if its evidence, in the state that the ones before left,
    /// is above its bar. Evidence follows; coefficients of terms that exist are raised, those of new ones are for the caller to append.
    /// </summary>
    /// <param name="bins">A table of one layer.</param>
    /// <param name="evidence">Its evidence, up to date; stays so.</param>
    /// <param name="terms">The terms of the table.</param>
    /// <param name="offers">What is offered; a pattern at most once.</param>
    /// <param name="amounts">Takes for each offer what its coefficient was raised by; NaN where it was refused.</param>
    public abstract void Accept(BinTable bins, BinEvidence evidence, BinTerms terms, ReadOnlySpan<TermOffer> offers, Span<double> amounts);

    /// <summary>Adds amounts times their patterns to the columns, in the order given, in a table of one layer. Evidence does not follow.</summary>
    /// <param name="bins">The table.</param>
    /// <param name="patterns">The patterns.</param>
    /// <param name="amounts">One amount a pattern; negative to take a term out.</param>
    public abstract void Add(BinTable bins, ReadOnlySpan<SpexPattern> patterns, ReadOnlySpan<double> amounts);

    /// <summary>Tries sets and reports those whose evidence is above the bar.</summary>
    /// <param name="bins">A table of one layer.</param>
    /// <param name="evidence">Its evidence, up to date.</param>
    /// <param name="scan">The sets.</param>
    /// <param name="hits">Is cleared and takes the hits, in the order of left and right patterns.</param>
    public abstract void Scan(BinTable bins, BinEvidence evidence, in TermScan scan, List<ScanHit> hits);

    /// <summary>
    /// Sets the weights of each layer's bins to the inverse of their residual variance over the fitted delays, drawn towards the mean variance of the layer:
    /// (D + p) / (E + p·mean + 10⁻²⁰), D fitted delays, E the bin's energy over them, mean = ΣE / (bins·D).
    /// </summary>
    /// <param name="terms">The terms, whose table is the residual.</param>
    /// <param name="priorDelays">p: the imagined delays at the mean variance.</param>
    public abstract void Reweigh(BinTerms terms, double priorDelays);

    /// <summary>One pass of weighted least squares by coordinate descent in every layer, in the terms' order; the residual follows at all delays.</summary>
    /// <param name="terms">The terms, whose table is the residual.</param>
    public abstract void Sweep(BinTerms terms);

    /// <summary>
    /// One pass of shrinking coordinate descent in every layer. A least-squares coefficient g with standard error s becomes 0 when g² ≤ threshold·s², else
    /// g·(1 − s²/g²): the posterior mean under a Gaussian prior whose variance maximises the coefficient's marginal likelihood (Tipping and
    /// Faul, "Fast marginal likelihood maximisation for sparse Bayesian models", 2003), with a threshold above their 1 when there are many terms.
    /// Term 0, the constant, is not shrunk.
    /// </summary>
    /// <param name="terms">The terms, whose table is the residual.</param>
    /// <param name="threshold">At least 1.</param>
    /// <param name="activeOnly">Leave the coefficients that are 0 alone.</param>
    public abstract void SweepShrinking(BinTerms terms, double threshold, bool activeOnly);

    /// <summary>Checks that a table has one layer.</summary>
    private protected static void CheckOneLayer(BinTable bins, [CallerArgumentExpression(nameof(bins))] string? name = null)
    {
        ArgumentNullException.ThrowIfNull(bins, name);
        if (bins.LayerCount != 1)
        {
            throw new ArgumentException($"The table has {bins.LayerCount} layers; this takes one.", name);
        }
    }

    /// <summary>Checks what every device's form of <see cref="Gather"/> is given.</summary>
    private protected static void CheckGather(DeviceBuffer<float> rows, BinTable bins)
    {
        ArgumentNullException.ThrowIfNull(rows);
        CheckOneLayer(bins);
        rows.CheckHolds((long)bins.BinCount * bins.Delays);
    }

    /// <summary>Checks what every device's form of <see cref="Repeat"/> is given.</summary>
    private protected static void CheckRepeat(BinTable source, BinTable target)
    {
        CheckOneLayer(source);
        ArgumentNullException.ThrowIfNull(target);
        if (source.BinCount != target.BinCount || source.Stride != target.Stride)
        {
            throw new ArgumentException("The tables are of different designs.", nameof(target));
        }
    }

    /// <summary>Checks that there is a number for each of so many things.</summary>
    private protected static void CheckLength(int length, long needed, string name)
    {
        if (length < needed)
        {
            throw new ArgumentException($"There are {length} entries; {needed} are needed.", name);
        }
    }

    /// <summary>Checks what every device's form of <see cref="Decode"/> is given.</summary>
    private protected static void CheckDecode(BinTable bins, BinEvidence evidence, in BinTrial trial, ReadOnlySpan<double> bars, List<BinProposal> proposals)
    {
        CheckEvidence(bins, evidence);
        ArgumentNullException.ThrowIfNull(proposals);
        ArgumentOutOfRangeException.ThrowIfNegative(trial.ChaseDepth, nameof(trial));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(trial.ChaseDepth, BinTrial.MostChaseDepth, nameof(trial));
        trial.Tried.CheckHolds(bins.BinCount);
        if (bars.Length is 0 or > Spex.Core.Codes.BchCode.MaxCorrectableErrors + 2)
        {
            throw new ArgumentException($"Bars are for sets of 0 to {Spex.Core.Codes.BchCode.MaxCorrectableErrors + 1} features; {bars.Length} were given.", nameof(bars));
        }
    }

    /// <summary>Checks that evidence belongs to a table.</summary>
    private protected static void CheckEvidence(BinTable bins, BinEvidence evidence)
    {
        CheckOneLayer(bins);
        ArgumentNullException.ThrowIfNull(evidence);
        evidence.Energies.CheckHolds(bins.BinCount);
    }

    /// <summary>Checks what every device's form of <see cref="Scan"/> is given.</summary>
    private protected static void CheckScan(BinTable bins, BinEvidence evidence, in TermScan scan, List<ScanHit> hits)
    {
        CheckEvidence(bins, evidence);
        ArgumentNullException.ThrowIfNull(hits);
        scan.Left.CheckHolds(scan.LeftCount);
        scan.Right.CheckHolds(scan.RightCount);
        scan.FirstRight?.CheckHolds(scan.LeftCount);
    }
}
