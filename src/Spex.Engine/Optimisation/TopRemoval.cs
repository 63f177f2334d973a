using System.Numerics;
using Spex.Core;
using Spex.Core.Masks;
using Spex.Core.Spectra;

namespace Spex.Engine.Optimisation;

/// <summary>The set of exactly r features whose removal changes a spectrum's prediction the most, found and proven.</summary>
/// <remarks>
/// <para>
/// With z_i = 1 for a removed feature, f̂(m) = Σ_S F(S)·(−1)^{|S|}·Π_{i∈S}(1 − 2·z_i), so that the change is f̂(1) − f̂(m) = −Σ_{T≠∅} a_T·Π_{i∈T} z_i with
/// a_T = (−2)^{|T|}·Σ_{S⊇T} (−1)^{|S|}·F(S): the Möbius form over removed features, of which sets with more than r features never count.
/// </para>
/// <para>
/// A spectrum without interactions is solved by sorting; ties go to the lower feature. One of at most <see cref="DenseTransform.MaxFeatureCount"/> features is solved by its table of all
/// 2^n predictions. Any other is an integer programme for CP-SAT (Perron and Furnon, OR-Tools): y_T ≤ z_i, y_T ≥ Σ z_i − |T| + 1, Σ z_i = r, on one thread and from a fixed seed, so
/// that it gives the same answer in every run. Coefficients enter it as whole multiples of Σ|a_T|·2^−32, rounded to the nearest: the set found is at most (number of terms)·Σ|a_T|·2^−32
/// worse than the best.
/// </para>
/// </remarks>
public static class TopRemoval
{
    /// <summary>Finds the best sets of both directions.</summary>
    /// <param name="spectrum">The spectrum f̂.</param>
    /// <param name="count">r, 0 to n.</param>
    /// <param name="settings">How long it may take; null for the defaults.</param>
    /// <param name="cancel">Ends the search between its steps.</param>
    /// <exception cref="SpexInputException">The terms' subsets are too many to list.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static RemovalOptimum Find(Spectrum spectrum, int count, RemovalSettings? settings = null, CancellationToken cancel = default)
    {
        settings = Check(spectrum, count, settings);
        return FindAtOnce(spectrum, count) ?? ByProgramme(spectrum, count, settings, cancel);
    }

    /// <summary>Finds the removal after which the spectrum predicts the highest value: what is left is the best set of n − r features.</summary>
    /// <param name="spectrum">The spectrum f̂.</param>
    /// <param name="count">r, 0 to n.</param>
    /// <param name="settings">How long it may take; null for the defaults.</param>
    /// <param name="cancel">Ends the search between its steps.</param>
    /// <exception cref="SpexInputException">The terms' subsets are too many to list.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static RemovalSet FindRise(Spectrum spectrum, int count, RemovalSettings? settings = null, CancellationToken cancel = default)
    {
        settings = Check(spectrum, count, settings);
        return FindAtOnce(spectrum, count)?.Rise ?? ByProgramme(spectrum, count, [.. ChangeTerms(spectrum, count)], -1, settings, cancel);
    }

    private static RemovalSettings Check(Spectrum spectrum, int count, RemovalSettings? settings)
    {
        ArgumentNullException.ThrowIfNull(spectrum);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, spectrum.FeatureCount);
        settings ??= new RemovalSettings();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(settings.EffortLimit, nameof(settings));
        return settings;
    }

    /// <summary>Both directions where no search is needed; null where one is.</summary>
    private static RemovalOptimum? FindAtOnce(Spectrum spectrum, int count) =>
        spectrum.Degree <= 1 ? BySorting(spectrum, count) : spectrum.FeatureCount <= DenseTransform.MaxFeatureCount ? ByTable(spectrum, count) : null;

    /// <summary>Solves a spectrum of degree 1 or 0: the change is Σ 2·F({i}) · (−1) over the removed features.</summary>
    internal static RemovalOptimum BySorting(Spectrum spectrum, int count)
    {
        double[] changes = new double[spectrum.FeatureCount];
        foreach (SpectrumTerm term in spectrum.Terms)
        {
            if (term.Set.Count == 1)
            {
                changes[term.Set[0]] = -2 * term.Coefficient;
            }
        }

        // OrderBy is stable, so the lower feature comes first among equals.
        int[] features = [.. Enumerable.Range(0, changes.Length)];
        return new RemovalOptimum(
            Proven(spectrum, [.. features.OrderByDescending(feature => changes[feature]).Take(count)]),
            Proven(spectrum, [.. features.OrderBy(feature => changes[feature]).Take(count)]));
    }

    /// <summary>Solves a spectrum of few features by all its predictions; ties go to the mask with the lower number.</summary>
    internal static RemovalOptimum ByTable(Spectrum spectrum, int count)
    {
        int n = spectrum.FeatureCount;
        double[] table = new double[1 << n];
        foreach (SpectrumTerm term in spectrum.Terms)
        {
            int bits = 0;
            foreach (int feature in term.Set.Features)
            {
                bits |= 1 << feature;
            }

            table[bits] = term.Coefficient;
        }

        table = DenseTransform.FromFourier(table);
        int lowest = -1, highest = -1;
        for (int mask = 0; mask < table.Length; mask++)
        {
            if (BitOperations.PopCount((uint)mask) == n - count)
            {
                lowest = lowest < 0 || table[mask] < table[lowest] ? mask : lowest;
                highest = highest < 0 || table[mask] > table[highest] ? mask : highest;
            }
        }

        return new RemovalOptimum(Proven(spectrum, Absent(lowest)), Proven(spectrum, Absent(highest)));

        int[] Absent(int mask) => [.. Enumerable.Range(0, n).Where(feature => (mask >> feature & 1) == 0)];
    }

    /// <summary>Solves any spectrum as an integer programme.</summary>
    internal static RemovalOptimum ByProgramme(Spectrum spectrum, int count, RemovalSettings settings, CancellationToken cancel)
    {
        SpectrumTerm[] terms = [.. ChangeTerms(spectrum, count)];
        return new RemovalOptimum(ByProgramme(spectrum, count, terms, 1, settings, cancel), ByProgramme(spectrum, count, terms, -1, settings, cancel));
    }

    /// <summary>Solves one direction: 1 for the fall, −1 for the rise.</summary>
    private static RemovalSet ByProgramme(Spectrum spectrum, int count, SpectrumTerm[] terms, double sign, RemovalSettings settings, CancellationToken cancel)
    {
        RemovalProgramme programme = new(spectrum.FeatureCount, count, [.. terms.Select(term => term with { Coefficient = sign * term.Coefficient })]);
        (int[] features, double gap) = programme.Solve(settings.EffortLimit, cancel);
        return new RemovalSet(new FeatureSet(features), Change(spectrum, features), gap);
    }

    /// <summary>−a_T of all sets with 1 to r features: what a removal of all of T adds to f̂(1) − f̂(m).</summary>
    private static IEnumerable<SpectrumTerm> ChangeTerms(Spectrum spectrum, int count)
    {
        IEnumerable<SpectrumTerm> flipped = spectrum.Terms.Select(term => (term.Set.Count & 1) == 0 ? term : term with { Coefficient = -term.Coefficient });
        return SubsetSums.Sum([.. flipped], count, static (t, _) => Math.ScaleB((t & 1) == 0 ? -1 : 1, t))
            .Where(term => term.Set.Count > 0 && term.Coefficient != 0)
            .OrderBy(term => term.Set);
    }

    private static RemovalSet Proven(Spectrum spectrum, int[] features) => new(new FeatureSet(features), Change(spectrum, features), 0);

    /// <summary>f̂(1) − f̂(m), m without the features.</summary>
    private static double Change(Spectrum spectrum, int[] features)
    {
        ulong[] mask = new ulong[MaskMatrix.WordsFor(spectrum.FeatureCount)];
        mask.AsSpan().Fill(ulong.MaxValue);
        if (mask.Length > 0)
        {
            mask[^1] = MaskMatrix.LastWordMask(spectrum.FeatureCount);
        }

        double all = spectrum.Evaluate(mask);
        foreach (int feature in features)
        {
            mask[feature >> 6] &= ~(1UL << feature);
        }

        return all - spectrum.Evaluate(mask);
    }
}
