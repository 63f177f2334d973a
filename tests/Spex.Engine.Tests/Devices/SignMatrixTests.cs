using CsCheck;
using Spex.Core.Designs;
using Spex.Core.Masks;
using Spex.Core.Random;
using Spex.Core.SignMatrices;
using Spex.Core.Spectra;
using Spex.Engine.Devices;

namespace Spex.Engine.Tests.Devices;

public abstract class SignMatrixTests : DeviceTests
{
    private static readonly Gen<int> SampleCounts = Gen.OneOf(Gen.Int[1, 70], Gen.Int[120, 300], Gen.Const(4096), Gen.Int[4090, 4200], Gen.Int[8000, 9000]);

    /// <summary>Random cases a test; fewer where a device is slow.</summary>
    protected virtual int Cases => 25;

    /// <summary>The most samples that the device works through quickly enough for a test.</summary>
    protected virtual int MostSamples => int.MaxValue;

    [Fact]
    public void Columns_are_the_parities_of_the_sets() =>
        Gen.Select(Gen.Int[1, 90], SampleCounts, Gen.Int[0, 40], Gen.ULong).Sample(
            (features, samples, count, seed) =>
            {
                samples = Math.Min(Math.Min(samples, MostSamples), features < 14 ? 1 << features : int.MaxValue);
                MaskMatrix masks = new UniformDesign(features, seed, 0, samples).ToMatrix(0, samples);
                FeatureSet[] sets = RandomSets(features, count, seed);
                int words = MaskMatrix.WordsFor(samples);
                using DeviceBuffer<ulong> packed = Upload<ulong>(masks.Words), maskColumns = Device.Allocate<ulong>(features * words);
                using DeviceBuffer<ulong> columns = Poisoned<ulong>(count * words);
                using DeviceBuffer<int> offsets = Upload<int>(Offsets(sets)), members = Upload<int>([.. sets.SelectMany(set => set)]);
                Device.Masks.Transpose(packed, samples, features, maskColumns);
                Device.SignMatrix.Columns(maskColumns, samples, features, offsets, members, count, columns);
                Assert.Equal(SignMatrix.Columns(masks, sets), Download(columns));
            },
            iter: Cases,
            threads: 1);

    [Fact]
    public void Differing_samples_are_counted_for_every_pair_and_fold() =>
        Gen.Select(SampleCounts, Gen.Int[0, 70], Gen.Int[0, 9], Gen.Int[0, 5], Gen.ULong).Sample(
            (samples, countA, countB, folds, seed) =>
            {
                samples = Math.Min(samples, MostSamples);
                ulong[] a = RandomColumns(samples, countA, seed), b = RandomColumns(samples, countB, seed + 1);
                int[] boundaries = RandomBoundaries(samples, folds, seed);
                using DeviceBuffer<ulong> left = Upload<ulong>(a), right = Upload<ulong>(b);
                using DeviceBuffer<int> differing = Poisoned<int>(folds * countA * countB);
                Device.SignMatrix.Gram(left, countA, right, countB, samples, boundaries, differing);
                Assert.Equal(ExpectedGram(a, countA, b, countB, samples, boundaries), Download(differing));
            },
            iter: Cases,
            threads: 1);

    [Fact]
    public void A_matrix_with_itself_is_symmetric() =>
        Gen.Select(SampleCounts, Gen.Int[0, 70], Gen.Int[1, 3], Gen.ULong).Sample(
            (samples, count, folds, seed) =>
            {
                samples = Math.Min(samples, MostSamples);
                ulong[] a = RandomColumns(samples, count, seed);
                int[] boundaries = RandomBoundaries(samples, folds, seed);
                using DeviceBuffer<ulong> columns = Upload<ulong>(a);
                using DeviceBuffer<int> differing = Poisoned<int>(folds * count * count);
                Device.SignMatrix.Gram(columns, count, columns, count, samples, boundaries, differing);
                Assert.Equal(ExpectedGram(a, count, a, count, samples, boundaries), Download(differing));
            },
            iter: Cases,
            threads: 1);

    [Fact]
    public void Projections_are_the_signed_sums_of_every_fold() =>
        Gen.Select(SampleCounts, Gen.OneOf(Gen.Int[0, 20], Gen.Int[150, 180]), Gen.Int[0, 4], Gen.Int[0, 3], Gen.ULong).Sample(
            (samples, count, folds, rightSides, seed) =>
            {
                samples = Math.Min(samples, MostSamples);
                int words = MaskMatrix.WordsFor(samples);
                ulong[] bits = RandomColumns(samples, count, seed);
                double[] values = RandomNumbers(rightSides * samples, seed);
                float[] floats = [.. values.Select(x => (float)x)];
                int[] boundaries = RandomBoundaries(samples, folds, seed);
                using DeviceBuffer<ulong> columns = Upload<ulong>(bits);
                using DeviceBuffer<double> doubles = Upload<double>(values), sums = Poisoned<double>(rightSides * folds * count);
                using DeviceBuffer<float> singles = Upload<float>(floats);
                using DeviceBuffer<double> sumsOfFloats = Poisoned<double>(rightSides * folds * count);
                Device.SignMatrix.Project(columns, count, samples, doubles, rightSides, boundaries, sums);
                Device.SignMatrix.Project(columns, count, samples, singles, rightSides, boundaries, sumsOfFloats);
                double[] expected = new double[sums.Length], expectedOfFloats = new double[sums.Length];
                double[] widened = [.. floats.Select(x => (double)x)];
                for (int k = 0; k < rightSides; k++)
                {
                    for (int f = 0; f < folds; f++)
                    {
                        for (int j = 0; j < count; j++)
                        {
                            ReadOnlySpan<ulong> column = bits.AsSpan(j * words, words);
                            int at = (((k * folds) + f) * count) + j;
                            expected[at] = SignMatrix.Project(column, values.AsSpan(k * samples, samples), boundaries[f], boundaries[f + 1]);
                            expectedOfFloats[at] = SignMatrix.Project(column, widened.AsSpan(k * samples, samples), boundaries[f], boundaries[f + 1]);
                        }
                    }
                }

                Assert.Equal(expected, Download(sums));
                Assert.Equal(expectedOfFloats, Download(sumsOfFloats));
            },
            iter: Cases,
            threads: 1);

    [Fact]
    public void Predictions_are_the_signed_sums_of_the_coefficients() =>
        Gen.Select(SampleCounts, Gen.Int[0, 40], Gen.ULong).Sample(
            (samples, count, seed) =>
            {
                samples = Math.Min(samples, MostSamples);
                int words = MaskMatrix.WordsFor(samples);
                ulong[] bits = RandomColumns(samples, count, seed);
                double[] beta = RandomNumbers(count, seed);
                using DeviceBuffer<ulong> columns = Upload<ulong>(bits);
                using DeviceBuffer<double> coefficients = Upload<double>(beta), predictions = Poisoned<double>(samples);
                Device.SignMatrix.Predict(columns, count, samples, coefficients, predictions);
                double[] expected = [.. Enumerable.Range(0, samples).Select(i => SignMatrix.Predict(bits, words, beta, i))];
                Assert.Equal(expected, Download(predictions));
            },
            iter: Cases,
            threads: 1);

    [Fact]
    public void Wrong_arguments_are_refused()
    {
        using DeviceBuffer<ulong> columns = Device.Allocate<ulong>(4);
        using DeviceBuffer<double> values = Device.Allocate<double>(100);
        using DeviceBuffer<int> differing = Device.Allocate<int>(3);
        SignMatrixPrimitives primitives = Device.SignMatrix;
        Assert.Throws<ArgumentException>(() => primitives.Gram(columns, 2, columns, 2, 100, [0, 100], differing));
        Assert.Throws<ArgumentException>(() => primitives.Gram(columns, 3, columns, 1, 100, [0, 100], differing));
        Assert.Throws<ArgumentException>(() => primitives.Gram(columns, 1, columns, 1, 100, [0, 60, 50], differing));
        Assert.Throws<ArgumentException>(() => primitives.Project(columns, 2, 100, values, 1, [0, 101], values));
        Assert.Throws<ArgumentException>(() => primitives.Project(columns, 2, 100, values, 2, [0, 100], values));
        Assert.Throws<ArgumentException>(() => primitives.Predict(columns, 2, 101, values, values));
    }

    private static int[] ExpectedGram(ulong[] a, int countA, ulong[] b, int countB, int samples, int[] boundaries)
    {
        int words = MaskMatrix.WordsFor(samples), folds = boundaries.Length - 1;
        int[] expected = new int[folds * countA * countB];
        for (int f = 0; f < folds; f++)
        {
            for (int i = 0; i < countA; i++)
            {
                for (int j = 0; j < countB; j++)
                {
                    expected[(((f * countA) + i) * countB) + j] =
                        SignMatrix.Differing(a.AsSpan(i * words, words), b.AsSpan(j * words, words), boundaries[f], boundaries[f + 1]);
                }
            }
        }

        return expected;
    }

    private static FeatureSet[] RandomSets(int features, int count, ulong seed)
    {
        FeatureSet[] sets = new FeatureSet[count];
        for (int j = 0; j < count; j++)
        {
            int size = Philox.Below(seed, 77, (ulong)j, Math.Min(5, features) + 1);
            sets[j] = FeatureSet.Empty;
            for (int k = 0; k < size; k++)
            {
                sets[j] = sets[j].With(Philox.Below(seed, (ulong)(100 + j), (ulong)k, features));
            }
        }

        return sets;
    }

    private static int[] Offsets(FeatureSet[] sets)
    {
        int[] offsets = new int[sets.Length + 1];
        for (int j = 0; j < sets.Length; j++)
        {
            offsets[j + 1] = offsets[j] + sets[j].Count;
        }

        return offsets;
    }

    private static ulong[] RandomColumns(int samples, int count, ulong seed)
    {
        int words = MaskMatrix.WordsFor(samples);
        ulong[] columns = new ulong[count * words];
        Philox.Fill(seed, 5, 0, columns);
        for (int j = 0; j < count; j++)
        {
            columns[((j + 1) * words) - 1] &= MaskMatrix.LastWordMask(samples);
        }

        return columns;
    }

    private static double[] RandomNumbers(int count, ulong seed) => [.. Enumerable.Range(0, count).Select(i => Philox.Gaussian(seed, 6, (ulong)i))];

    // Any ascending boundaries, empty folds and samples that belong to none among them.
    private static int[] RandomBoundaries(int samples, int folds, ulong seed) =>
        [.. Enumerable.Range(0, folds + 1).Select(f => Philox.Below(seed, 7, (ulong)f, samples + 1)).Order()];
}
