using CsCheck;
using Spex.Core.Masks;
using Spex.Core.Spectra;

namespace Spex.Core.Tests.Spectra;

public class MoebiusTransformTests
{
    [Fact]
    public void Both_forms_are_the_same_function() =>
        (from spectrum in Generate.Spectrum(150, 6, 25) from masks in Generate.Masks(70, 150) select (spectrum, masks)).Sample(
            sample =>
            {
                (Spectrum spectrum, MaskMatrix masks) = sample;
                MoebiusExpansion expansion = MoebiusTransform.ToMoebius(spectrum);
                double[] values = spectrum.Evaluate(masks), again = expansion.Evaluate(masks);
                Assert.All(Enumerable.Range(0, values.Length), row => Assert.Equal(values[row], again[row], 1e-9));
                Assert.All(Enumerable.Range(0, values.Length), row => Assert.Equal(again[row], expansion.Evaluate(masks.Row(row))));
            },
            iter: 100);

    [Fact]
    public void There_and_back_gives_the_same_terms() =>
        Generate.Spectrum(40, 7, 20).Sample(
            spectrum =>
            {
                Spectrum back = MoebiusTransform.ToFourier(MoebiusTransform.ToMoebius(spectrum));
                Assert.All(back.Terms, term => Assert.Equal(spectrum[term.Set], term.Coefficient, 1e-10));
                Assert.All(spectrum.Terms, term => Assert.Equal(term.Coefficient, back[term.Set], 1e-10));
            },
            iter: 100);

    [Fact]
    public void An_expansion_is_the_sum_over_the_sets_that_are_present() =>
        (from terms in Generate.Terms(70, 5, 30) from masks in Generate.Masks(65, 70) select (terms, masks)).Sample(
            sample =>
            {
                (SpectrumTerm[] terms, MaskMatrix masks) = sample;
                MoebiusExpansion expansion = new(70, terms);
                double[] values = expansion.Evaluate(masks);
                for (int row = 0; row < masks.RowCount; row++)
                {
                    double sum = 0;
                    foreach (SpectrumTerm term in expansion.Terms)
                    {
                        sum += term.Set.All(feature => masks[row, feature]) ? term.Coefficient : 0;
                    }

                    Assert.Equal(sum, values[row]);
                }
            },
            iter: 100);

    [Fact]
    public void A_parity_becomes_powers_of_minus_two()
    {
        MoebiusExpansion expansion = MoebiusTransform.ToMoebius(new Spectrum(10, [new(new FeatureSet(2, 5, 7), 1)]));
        Assert.Equal(8, expansion.Terms.Count);
        Assert.All(expansion.Terms, term => Assert.Equal(Math.Pow(-2, term.Set.Count), term.Coefficient));
    }

    [Fact]
    public void Sets_that_are_too_large_are_refused_in_words()
    {
        Spectrum spectrum = new(100, [new(new FeatureSet([.. Enumerable.Range(0, 40)]), 1)]);
        SpexInputException refusal = Assert.Throws<SpexInputException>(() => MoebiusTransform.ToMoebius(spectrum));
        Assert.Contains("40 features", refusal.Message);
        Assert.Contains("Lower", refusal.Message);
    }
}
