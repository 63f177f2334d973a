using System.Runtime.CompilerServices;

namespace Spex.Engine.Devices;

/// <summary>
/// Sparse recovery in the bins of a SPEX design: detection, decoding by the BCH code, peeling, the search for what the code cannot spell, and
/// regression on what was found. Tables stay on the device; sums, proposals and hits come to the host.
/// </summary>
/// <remarks>
/// Sums over a column are float32 in eight lanes, entry d in lane d mod 8, on the cpu device; sums over groups, bins and all that decides are float64. Operations
/// on evidence and peeling work on tables of one layer a function; those of regression on all layers. Each function is worked on by itself: what is done to it has the same
/// bits however many others there are. Operations that take functions, a list of their numbers without repetition, leave the others alone.
/// </remarks>
public abstract class CodePrimitives
{
    /// <summary>Writes the columns of a table of one layer a function from transformed blocks: u_d of bin (c, j) is entry j of row c·delays + d; the padding becomes 0.</summary>
    /// <param name="rows">For each function C·delays rows of 2^b numbers, as <see cref="HadamardPrimitives.Transform"/> leaves the values of a design's queries.</param>
    /// <param name="bins">The table.</param>
    public abstract void Gather(DeviceBuffer<float> rows, BinTable bins);

    /// <summary>Copies each function's columns, of one layer, into every layer that it has in another table.</summary>
    public abstract void Repeat(BinTable source, BinTable target);

    /// <summary>Computes the energy Σ u² of all bins of each layer over chosen delays.</summary>
    /// <param name="bins">The table.</param>
    /// <param name="functions">The functions.</param>
    /// <param name="delays">For each layer of a function, the delays.</param>
    /// <param name="energies">Takes for each of the functions one number a layer.</param>
    public abstract void TotalEnergies(BinTable bins, ReadOnlySpan<int> functions, ReadOnlySpan<UInt128> delays, Span<double> energies);

    /// <summary>Computes Σ_j u² of every function, layer, group and delay: by Parseval, the block's sum of squares over its samples divided by 2^b.</summary>
    /// <param name="bins">The table.</param>
    /// <param name="energies">Takes functions × layers × C × delays numbers.</param>
    public abstract void BlockEnergies(BinTable bins, Span<double> energies);

    /// <summary>Tells the mean over every block's samples: u of the first bin of every function, group and delay.</summary>
    /// <param name="bins">A table of one layer a function.</param>
    /// <param name="means">Takes functions × C × delays numbers.</param>
    public abstract void BlockMeans(BinTable bins, Span<float> means);

    /// <summary>Takes the energies and evidence weights of all bins of functions anew.</summary>
    public abstract void TakeEnergies(BinTable bins, BinEvidence evidence, ReadOnlySpan<int> functions);

    /// <summary>
    /// Decodes bins by the signs of their columns: entry 0 is the coefficient, and relative to its sign the next P entries spell the parity word of a set. Of all
    /// words that a bin's trial allows, the set with the largest surplus of evidence is proposed, if it falls into the bin and its surplus is above 0; the first
    /// found among equals.
    /// </summary>
    /// <remarks>
    /// Words are tried in the order of a Gray code over the least reliable positions (least reliable first, the lower position among equals), first with the sign
    /// of entry 0, then, where flips are allowed, with its complement.
    /// </remarks>
    /// <param name="bins">A table of one layer a function.</param>
    /// <param name="evidence">Its evidence, up to date.</param>
    /// <param name="functions">The functions, ascending.</param>
    /// <param name="trial">Which bins, and how hard.</param>
    /// <param name="bars">For each number of features, from 0 on, the evidence that a set must exceed; sets with more features are not proposed.</param>
    /// <param name="proposals">Is cleared and takes at most one proposal a bin, in the order of the bins.</param>
    public abstract void Decode(BinTable bins, BinEvidence evidence, ReadOnlySpan<int> functions, in BinTrial trial, ReadOnlySpan<double> bars, List<BinProposal> proposals);

    /// <summary>
    /// Peels: goes through each function's offers in their order, and takes a term out of its bins at its best coefficient if its evidence, in the state that the ones before left,
    /// is above its bar. Evidence follows; coefficients of terms that exist are raised, those of new ones are for the caller to append.
    /// </summary>
    /// <param name="bins">A table of one layer a function.</param>
    /// <param name="evidence">Its evidence, up to date; stays so.</param>
    /// <param name="terms">The terms of the table.</param>
    /// <param name="offers">What is offered, the functions ascending; a pattern at most once a function.</param>
    /// <param name="amounts">Takes for each offer what its coefficient was raised by; NaN where it was refused.</param>
    public abstract void Accept(BinTable bins, BinEvidence evidence, BinTerms terms, ReadOnlySpan<TermOffer> offers, Span<double> amounts);

    /// <summary>Takes terms out of the columns, in the order given: adds −coefficient times their pattern. Evidence does not follow.</summary>
    /// <param name="bins">A table of one layer a function.</param>
    /// <param name="terms">The terms, the functions ascending; their numbers do not matter.</param>
    public abstract void TakeOut(BinTable bins, ReadOnlySpan<BinTerm> terms);

    /// <summary>Writes terms to their places, with the same coefficient in each layer. <see cref="BinTerms.Append"/> gives them their numbers and makes room.</summary>
    /// <param name="terms">Where they are placed.</param>
    /// <param name="placed">The terms, with their numbers.</param>
    public abstract void Place(BinTerms terms, ReadOnlySpan<BinTerm> placed);

    /// <summary>Tries sets and reports those whose evidence is above the bar.</summary>
    /// <param name="bins">A table of one layer a function.</param>
    /// <param name="evidence">Its evidence, up to date.</param>
    /// <param name="scan">The patterns.</param>
    /// <param name="ranges">Which pairs, on which function's bins.</param>
    /// <param name="hits">Is cleared and takes the hits, in the order of ranges and, within one, of left and right patterns.</param>
    public abstract void Scan(BinTable bins, BinEvidence evidence, in TermScan scan, ReadOnlySpan<ScanRange> ranges, List<ScanHit> hits);

    /// <summary>
    /// Sets the weights of each layer's bins to the inverse of their residual variance over the fitted delays, drawn towards the mean variance of the layer:
    /// (D + p) / (E + p·mean + 10⁻²⁰), D fitted delays, E the bin's energy over them, mean = ΣE / (bins·D).
    /// </summary>
    /// <param name="terms">The terms, whose table is the residual.</param>
    /// <param name="functions">The functions.</param>
    /// <param name="priorDelays">p: the imagined delays at the mean variance.</param>
    public abstract void Reweigh(BinTerms terms, ReadOnlySpan<int> functions, double priorDelays);

    /// <summary>One pass of weighted least squares by coordinate descent in every layer, in the terms' order; the residual follows at all delays.</summary>
    /// <param name="terms">The terms, whose table is the residual.</param>
    /// <param name="functions">The functions.</param>
    public abstract void Sweep(BinTerms terms, ReadOnlySpan<int> functions);

    /// <summary>
    /// One pass of shrinking coordinate descent in every layer. A least-squares coefficient g with standard error s becomes 0 when g² ≤ threshold·s², else
    /// g·(1 − s²/g²): the posterior mean under a Gaussian prior whose variance maximises the coefficient's marginal likelihood (Tipping and
    /// Faul, "Fast marginal likelihood maximisation for sparse Bayesian models", 2003), with a threshold above their 1 when there are many terms.
    /// Term 0, the constant, is not shrunk.
    /// </summary>
    /// <param name="terms">The terms, whose table is the residual.</param>
    /// <param name="functions">The functions.</param>
    /// <param name="threshold">At least 1.</param>
    /// <param name="activeOnly">Leave the coefficients that are 0 alone.</param>
    public abstract void SweepShrinking(BinTerms terms, ReadOnlySpan<int> functions, double threshold, bool activeOnly);

    /// <summary>Where in a list that is sorted by functions those of another begin, and where the list ends.</summary>
    /// <exception cref="ArgumentException">The functions are not ascending.</exception>
    private protected static int[] StartsOf<T>(ReadOnlySpan<T> sorted, Func<T, int> functionOf)
    {
        List<int> starts = [];
        for (int k = 0; k < sorted.Length; k++)
        {
            int change = k == 0 ? 1 : functionOf(sorted[k]) - functionOf(sorted[k - 1]);
            if (change < 0)
            {
                throw new ArgumentException($"Function {functionOf(sorted[k])} comes after function {functionOf(sorted[k - 1])}; they must ascend.", nameof(sorted));
            }

            if (change > 0)
            {
                starts.Add(k);
            }
        }

        starts.Add(sorted.Length);
        return [.. starts];
    }

    /// <summary>Checks that a table has one layer a function.</summary>
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
        rows.CheckHolds((long)bins.FunctionCount * bins.BinCount * bins.Delays);
    }

    /// <summary>Checks what every device's form of <see cref="Repeat"/> is given.</summary>
    private protected static void CheckRepeat(BinTable source, BinTable target)
    {
        CheckOneLayer(source);
        ArgumentNullException.ThrowIfNull(target);
        if (source.BinCount != target.BinCount || source.Stride != target.Stride || source.FunctionCount != target.FunctionCount)
        {
            throw new ArgumentException("The tables are of different designs or of different numbers of functions.", nameof(target));
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
    private protected static void CheckDecode(BinTable bins, BinEvidence evidence, ReadOnlySpan<int> functions, in BinTrial trial, ReadOnlySpan<double> bars, List<BinProposal> proposals)
    {
        CheckEvidence(bins, evidence, functions);
        ArgumentNullException.ThrowIfNull(proposals);
        ArgumentOutOfRangeException.ThrowIfNegative(trial.ChaseDepth, nameof(trial));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(trial.ChaseDepth, BinTrial.MostChaseDepth, nameof(trial));
        trial.Tried.CheckHolds((long)bins.FunctionCount * bins.BinCount);
        if (bars.Length is 0 or > Spex.Core.Codes.BchCode.MaxCorrectableErrors + 2)
        {
            throw new ArgumentException($"Bars are for sets of 0 to {Spex.Core.Codes.BchCode.MaxCorrectableErrors + 1} features; {bars.Length} were given.", nameof(bars));
        }
    }

    /// <summary>Checks that functions are those of a table.</summary>
    private protected static void CheckFunctions(BinTable bins, ReadOnlySpan<int> functions)
    {
        ArgumentNullException.ThrowIfNull(bins);
        foreach (int function in functions)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(function, nameof(functions));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(function, bins.FunctionCount, nameof(functions));
        }
    }

    /// <summary>Checks that evidence belongs to a table, and functions do.</summary>
    private protected static void CheckEvidence(BinTable bins, BinEvidence evidence, ReadOnlySpan<int> functions = default)
    {
        CheckOneLayer(bins);
        CheckFunctions(bins, functions);
        ArgumentNullException.ThrowIfNull(evidence);
        evidence.Energies.CheckHolds((long)bins.FunctionCount * bins.BinCount);
    }

    /// <summary>Checks that there are terms, and that functions are those of their table.</summary>
    private protected static void CheckTerms(BinTerms terms, ReadOnlySpan<int> functions)
    {
        ArgumentNullException.ThrowIfNull(terms);
        CheckFunctions(terms.Bins, functions);
    }

    /// <summary>Checks what every device's form of <see cref="Place"/> is given.</summary>
    private protected static void CheckPlace(BinTerms terms, ReadOnlySpan<BinTerm> placed)
    {
        ArgumentNullException.ThrowIfNull(terms);
        foreach (BinTerm term in placed)
        {
            CheckFunctions(terms.Bins, [term.Function]);
            ArgumentOutOfRangeException.ThrowIfNegative(term.Term, nameof(placed));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(term.Term, terms.Capacity, nameof(placed));
        }
    }

    /// <summary>Checks what every device's form of <see cref="Scan"/> is given.</summary>
    private protected static void CheckScan(BinTable bins, BinEvidence evidence, in TermScan scan, ReadOnlySpan<ScanRange> ranges, List<ScanHit> hits)
    {
        CheckEvidence(bins, evidence);
        ArgumentNullException.ThrowIfNull(hits);
        foreach (ScanRange range in ranges)
        {
            CheckFunctions(bins, [range.Function]);
            ArgumentOutOfRangeException.ThrowIfNegative(range.FirstLeft, nameof(ranges));
            ArgumentOutOfRangeException.ThrowIfNegative(range.FirstRight, nameof(ranges));
            scan.Left.CheckHolds((long)range.FirstLeft + range.LeftCount);
            scan.Right.CheckHolds((long)range.FirstRight + range.RightCount);
            scan.FirstRight?.CheckHolds((long)range.FirstLeft + range.LeftCount);
        }
    }
}
