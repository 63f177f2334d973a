using Spex.Core.Codes;
using Spex.Core.Designs;
using Spex.Core.Random;
using Spex.Core.Spectra;
using Spex.Engine.Decoding;
using Spex.Engine.Devices.Cpu;

namespace Spex.Engine.Tests.Decoding;

public class SpexBinsTests
{
    private static readonly SpexDesign Design = new(BchCode.ForFeatures(90, 5), 4, 3, 30, 7);

    [Fact]
    public void A_bin_holds_the_terms_that_hash_to_it_with_their_signs()
    {
        Spectrum truth = new(90, [new(new(), 1), new(new(4), -2), new(new(1, 80), 0.5), new(new(2, 30, 60, 89), 3)]);
        using CpuDevice cpu = new();
        SpexBins bins = Bins(truth, cpu);
        float[] expected = new float[bins.BinCount * bins.Delays];
        foreach (SpectrumTerm term in truth.Terms)
        {
            for (int c = 0; c < 3; c++)
            {
                int bin = (c << 4) + Design.BinOf(c, term.Set);
                for (int d = 0; d < bins.Delays; d++)
                {
                    int parity = term.Set.Parity(Design.Delays.Row(d)) ^ term.Set.Parity(Design.Offsets.Row(c));
                    expected[(bin * bins.Delays) + d] += (float)(parity == 0 ? term.Coefficient : -term.Coefficient);
                }
            }
        }

        for (int bin = 0; bin < bins.BinCount; bin++)
        {
            for (int d = 0; d < bins.Delays; d++)
            {
                Assert.Equal(expected[(bin * bins.Delays) + d], bins.Column(bin)[d], 1e-5f);
            }

            Assert.All(bins.Column(bin)[bins.Delays..].ToArray(), padding => Assert.Equal(0, padding));
        }
    }

    [Fact]
    public void Adding_a_terms_negative_takes_it_out()
    {
        SpectrumTerm[] terms = [new(new(4), -2), new(new(2, 30, 60, 89), 3)];
        using CpuDevice cpu = new();
        SpexBins bins = Bins(new Spectrum(90, terms), cpu);
        SpexPattern[] features = SpexPattern.OfFeatures(Design);
        foreach (SpectrumTerm term in terms)
        {
            bins.Add(SpexPattern.Of(term.Set, features), -term.Coefficient);
        }

        Assert.Equal(0, bins.TotalEnergy(bins.AllDelays), 1e-9);
    }

    [Fact]
    public void Energies_and_correlations_are_their_sums()
    {
        Spectrum truth = new(90, Enumerable.Range(0, 40).Select(i => new SpectrumTerm(new(i, i + 1), Philox.Gaussian(2, 0, (ulong)i))));
        using CpuDevice cpu = new();
        SpexBins bins = Bins(truth, cpu);
        UInt128 delays = ((UInt128)Philox.Bits(3, 0, 0) << 64 | Philox.Bits(3, 0, 1)) & bins.AllDelays;
        UInt128 signs = (UInt128)Philox.Bits(3, 0, 2) << 64 | Philox.Bits(3, 0, 3);
        int[] lanes = bins.LanesOf(delays);
        for (int bin = 0; bin < bins.BinCount; bin++)
        {
            double energy = 0, correlation = 0;
            for (int d = 0; d < bins.Delays; d++)
            {
                double u = ((delays >> d) & 1) != 0 ? bins.Column(bin)[d] : 0;
                energy += u * u;
                correlation += ((signs >> d) & 1) != 0 ? -u : u;
            }

            Assert.Equal(energy, bins.Energy(bin, lanes), 1e-5 * (1 + energy));
            Assert.Equal(correlation, bins.Correlate(bin, signs, lanes), 1e-4);
        }
    }

    [Fact]
    public void Evidence_is_large_for_true_terms_and_small_for_others()
    {
        SpectrumTerm term = new(new(2, 30, 60, 89), 3);
        using CpuDevice cpu = new();
        SpexBins bins = Bins(new Spectrum(90, [term, new(new(7), 2.5), new(new(8, 9), 2)]), cpu);
        TermEvidence evidence = new(bins);
        SpexPattern[] features = SpexPattern.OfFeatures(Design);
        (double strong, double coefficient) = evidence.Exact(SpexPattern.Of(term.Set, features));
        Assert.True(strong > 100, $"{strong}");
        Assert.Equal(3, coefficient, 1e-4);
        Assert.InRange(evidence.Exact(SpexPattern.Of(new(11, 13), features)).Evidence, 0, 15);
    }

    private static SpexBins Bins(Spectrum truth, CpuDevice cpu) =>
        SpexBins.FromValues(Design, [.. truth.Evaluate(Design.ToMatrix(0, (int)Design.Count)).Select(value => (float)value)], cpu);
}
