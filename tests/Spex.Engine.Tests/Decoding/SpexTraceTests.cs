using System.Text.Json;
using Spex.Core.Codes;
using Spex.Core.Designs;
using Spex.Core.Games;
using Spex.Core.Masks;
using Spex.Core.Spectra;
using Spex.Engine.Decoding;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;

namespace Spex.Engine.Tests.Decoding;

/// <summary>Traces of the reference implementations with their subsampling matrices given: design, order of queries, transform, result.</summary>
public class SpexTraceTests
{
    public static TheoryData<int> Cases => [.. Enumerable.Range(0, 13)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Design_and_transform_agree_and_nothing_the_references_recover_is_missed(int index)
    {
        JsonElement trace = GoldenGames.Read("spex_traces.json").GetProperty("cases")[index];
        Game game = GoldenGames.Get(trace.GetProperty("game").GetString()!);
        int n = game.FeatureCount, b = trace.GetProperty("b").GetInt32();
        MaskMatrix[] basis = [.. trace.GetProperty("M").EnumerateArray().Select(group => Basis(group, n, b))];
        SpexDesign design = new(BchCode.ForFeatures(n, trace.GetProperty("t").GetInt32()), basis);
        Assert.Equal(trace.GetProperty("n_samples").GetInt64(), design.QueryCount);

        Samples samples = GoldenGames.Sample(game, design);
        float[] queryValues = [.. Enumerable.Range(0, (int)design.QueryCount).Select(q => samples.Values.Span[design.MaskOfQuery.IsEmpty ? q : design.MaskOfQuery[q]])];
        using CpuDevice cpu = new();
        using BinDesign onDevice = new(design, cpu);
        using BinTable bins = SpexDecoder.Transform(onDevice, queryValues);
        float[] column = new float[bins.Delays];
        double scale = queryValues.Max(MathF.Abs);
        int perGroup = queryValues.Length / 3;
        for (int c = 0; c < 3; c++)
        {
            double sum = queryValues.Skip(c * perGroup).Take(perGroup).Sum(value => (double)value);
            Assert.Equal(trace.GetProperty("samples_sum")[c].GetDouble(), sum, 1e-5 * scale * perGroup);
            for (int bin = 0; bin < 2; bin++)
            {
                double[] expected = [.. trace.GetProperty($"U_bin{bin}")[c].EnumerateArray().Select(u => u.GetDouble())];
                bins.CopyColumn((c << b) + bin, column);
                for (int d = 0; d < expected.Length; d++)
                {
                    Assert.Equal(expected[d], column[d], 1e-5 * scale);
                }
            }
        }

        // Where the reference is exact (a sparse game without noise), so are we, with the same terms.
        Dictionary<FeatureSet, double> reference = trace.GetProperty("result").EnumerateArray().ToDictionary(
            term => new FeatureSet([.. term[0].EnumerateArray().Select(i => i.GetInt32())]),
            term => term[1].GetDouble());
        Spectrum referenceSpectrum = new(n, reference.Select(term => new SpectrumTerm(term.Key, term.Value)));
        Spectrum ours = new SpexMethod().Decode(samples, new DecoderSettings(), cpu, TestContext.Current.CancellationToken).Spectrum;
        double referenceR2 = GoldenGames.R2(game, referenceSpectrum);
        Assert.InRange(GoldenGames.R2(game, ours), referenceR2 - 0.002, 1);
        if (referenceR2 > 0.999999)
        {
            double largest = reference.Values.Max(Math.Abs);
            foreach ((FeatureSet set, double coefficient) in reference)
            {
                Assert.Equal(coefficient, ours[set], 1e-4 * largest);
            }
        }
    }

    /// <summary>Row i of the trace's M holds feature i's bits, that of the most significant coordinate of l first.</summary>
    private static MaskMatrix Basis(JsonElement rows, int n, int b)
    {
        MaskMatrix basis = new(b, n);
        for (int i = 0; i < n; i++)
        {
            string bits = rows[i].GetString()!;
            for (int position = 0; position < b; position++)
            {
                basis[b - 1 - position, i] = bits[position] == '1';
            }
        }

        return basis;
    }
}
