using CsCheck;
using Spex.Core.Masks;
using Spex.Core.Spectra;

namespace Spex.Core.Tests.Spectra;

public class SpectrumTests
{
    [Fact]
    public void A_value_is_the_signed_sum_of_its_terms_alone_and_in_batches() =>
        (from featureCount in Gen.OneOf(Gen.Int[1, 130], Gen.Int[1, 65_536])
         from rows in Gen.Int[0, featureCount > 5000 ? 70 : 200]
         from terms in Generate.Terms(featureCount, 6, 40)
         from masks in Generate.Masks(rows, featureCount)
         select (featureCount, terms, masks)).Sample(
            sample =>
            {
                (int featureCount, SpectrumTerm[] terms, MaskMatrix masks) = sample;
                Spectrum spectrum = new(featureCount, terms);
                double[] values = spectrum.Evaluate(masks);
                for (int row = 0; row < masks.RowCount; row++)
                {
                    double sum = 0;
                    foreach (SpectrumTerm term in spectrum.Terms)
                    {
                        int present = term.Set.Count(feature => masks[row, feature]);
                        sum += present % 2 == 0 ? term.Coefficient : -term.Coefficient;
                    }

                    Assert.Equal(sum, values[row]);
                    Assert.Equal(sum, spectrum.Evaluate(masks.Row(row)));
                }

                foreach (int batch in new[] { 1, 7, 64 })
                {
                    double[] again = new double[values.Length];
                    for (int first = 0; first < again.Length; first += batch)
                    {
                        int count = Math.Min(batch, again.Length - first);
                        spectrum.Evaluate(masks.Words.AsSpan(first * masks.WordsPerRow, count * masks.WordsPerRow), again.AsSpan(first, count));
                    }

                    Assert.Equal(values, again);
                }
            },
            iter: 150);

    [Fact]
    public void Thousands_of_terms_are_added_in_order()
    {
        SpectrumTerm[] terms = [.. Enumerable.Range(0, 5000).Select(i => new SpectrumTerm(new FeatureSet(i % 97, 100 + (i / 97)), Math.Sin(i)))];
        Spectrum spectrum = new(300, terms);
        MaskMatrix masks = Generate.Masks(130, 300).Single();
        double[] values = spectrum.Evaluate(masks);
        Assert.All(Enumerable.Range(0, 130), row => Assert.Equal(spectrum.Evaluate(masks.Row(row)), values[row]));
    }

    [Fact]
    public void Terms_are_merged_sorted_and_found()
    {
        Spectrum spectrum = new(9, [new(new FeatureSet(8, 1), 0.5), new(FeatureSet.Empty, 3), new(new FeatureSet(2), 1), new(new FeatureSet(1, 8), 0.25)]);
        Assert.Equal([FeatureSet.Empty, new FeatureSet(2), new FeatureSet(1, 8)], spectrum.Terms.Select(term => term.Set));
        Assert.Equal(0.75, spectrum[new FeatureSet(1, 8)]);
        Assert.Equal(0, spectrum[new FeatureSet(1)]);
        Assert.Equal(2, spectrum.Degree);
        Assert.Equal(1 + (0.75 * 0.75), spectrum.Variance);
    }

    [Fact]
    public void Arithmetic_is_that_of_functions() =>
        Gen.Select(Generate.Spectrum(6, 4, 12), Generate.Spectrum(6, 4, 12), Gen.Double[-3, 3]).Sample((f, g, scale) =>
        {
            double[] expected = [.. Generate.Table(f).Zip(Generate.Table(g), (a, b) => a + (scale * b))];
            Assert.All(expected.Zip(Generate.Table(f.Plus(g.Times(scale)))), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
            Assert.True(f.Truncate(2).Degree <= 2);
            Assert.All(f.Terms, term => Assert.Equal(term.Set.Count <= 2 ? term.Coefficient : 0, f.Truncate(2)[term.Set]));
        });

    [Fact]
    public void A_table_gives_its_function_back() =>
        Gen.Double[-5, 5].Array[32].Sample(values =>
        {
            Spectrum spectrum = Spectrum.FromTable(values);
            Assert.Equal(5, spectrum.FeatureCount);
            Assert.All(values.Zip(Generate.Table(spectrum)), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
        });

    [Fact]
    public void A_threshold_leaves_small_terms_out()
    {
        double[] values = [.. Enumerable.Range(0, 8).Select(mask => ((mask & 1) == 0 ? 1.0 : -1.0) + ((mask & 6) == 6 ? 1e-7 : 0))];
        Assert.Equal(4, Spectrum.FromTable(values).Terms.Count(term => term.Set.Features.IndexOf(0) < 0));
        Assert.Equal([new FeatureSet(0)], Spectrum.FromTable(values, 1e-3).Terms.Select(term => term.Set));
    }

    [Fact]
    public void Wrong_terms_masks_and_tables_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new Spectrum(3, [new(new FeatureSet(3), 1)]));
        Assert.Throws<ArgumentException>(() => new Spectrum(3, [new(new FeatureSet(0), double.NaN)]));
        Spectrum spectrum = new(3, [new(new FeatureSet(0), 1)]);
        Assert.Throws<ArgumentException>(() => spectrum.Evaluate(new MaskMatrix(2, 4)));
        Assert.Throws<ArgumentException>(() => spectrum.Evaluate(new ulong[3], new double[2]));
        Assert.Throws<ArgumentException>(() => spectrum.Plus(new Spectrum(4, [])));
        Assert.Throws<SpexInputException>(() => Spectrum.FromTable(new double[7]));
        Assert.Contains("{0, 1}", Assert.Throws<SpexInputException>(() => Spectrum.FromTable([1, 2, 3, double.NaN])).Message);
    }
}
