using Spex.Core.Spectra;

namespace Spex.Reports;

/// <summary>How a spectrum's energy Σ_{S≠∅} F(S)², its variance on random masks, is spread over set sizes.</summary>
/// <param name="Order">The size of the sets.</param>
/// <param name="Share">Their share of the energy, 0 to 1.</param>
/// <param name="Sets">How many sets of this size have a coefficient.</param>
internal readonly record struct EnergyByOrder(int Order, double Share, int Sets)
{
    /// <summary>One entry for each size from 1 to the degree; none for a constant.</summary>
    public static IReadOnlyList<EnergyByOrder> Of(Spectrum spectrum)
    {
        double all = spectrum.Variance;
        return
        [
            .. Enumerable.Range(1, spectrum.Degree).Select(order =>
            {
                SpectrumTerm[] terms = [.. spectrum.Terms.Where(term => term.Set.Count == order)];
                return new EnergyByOrder(order, all > 0 ? terms.Sum(term => term.Coefficient * term.Coefficient) / all : 0, terms.Length);
            }),
        ];
    }
}
