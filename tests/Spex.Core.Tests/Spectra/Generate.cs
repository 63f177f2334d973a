using CsCheck;
using Spex.Core.Masks;
using Spex.Core.Spectra;

namespace Spex.Core.Tests.Spectra;

/// <summary>Random functions and masks for properties.</summary>
internal static class Generate
{
    public static Gen<SpectrumTerm[]> Terms(int featureCount, int maxDegree, int maxTerms) =>
        Gen.Select(Gen.Int[0, featureCount - 1].HashSet[0, Math.Min(featureCount, maxDegree)], Gen.Double[-2, 2])
            .Select(term => new SpectrumTerm(new FeatureSet([.. term.Item1]), term.Item2))
            .Array[0, maxTerms];

    public static Gen<Spectrum> Spectrum(int featureCount, int maxDegree, int maxTerms) =>
        Terms(featureCount, maxDegree, maxTerms).Select(terms => new Spectrum(featureCount, terms));

    /// <summary>Masks whose features are present with one probability each matrix, from none to all.</summary>
    public static Gen<MaskMatrix> Masks(int rowCount, int featureCount) =>
        Gen.Select(Gen.ULong.Array[rowCount * MaskMatrix.WordsFor(featureCount)], Gen.Int[0, 3]).Select((words, kind) =>
        {
            MaskMatrix masks = new(rowCount, featureCount);
            for (int i = 0; i < words.Length; i++)
            {
                ulong word = kind switch { 0 => words[i], 1 => words[i] | (words[i] >> 7), 2 => ulong.MaxValue, _ => words[i] & (words[i] << 9) };
                masks.Words[i] = (i + 1) % masks.WordsPerRow == 0 ? word & MaskMatrix.LastWordMask(featureCount) : word;
            }

            return masks;
        });

    /// <summary>f of all masks of n ≤ 20 features, by the definition.</summary>
    public static double[] Table(Spectrum spectrum) => [.. Enumerable.Range(0, 1 << spectrum.FeatureCount).Select(mask => spectrum.Evaluate([(ulong)mask]))];
}
