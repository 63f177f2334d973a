using CsCheck;
using Spex.Core.Designs;
using Spex.Core.Masks;
using Spex.Core.Random;
using Spex.Core.Spectra;
using Spex.Engine.Decoding;
using Spex.Engine.Devices;

namespace Spex.Engine.Tests.Devices;

public abstract class RegressionTests : DeviceTests
{
    [Fact]
    public void The_sets_that_a_residual_points_at_most_are_found_and_of_equals_the_earlier_ones() =>
        Gen.Select(Gen.Int[9, 12], Gen.Int[1, 300], Gen.Int[1, 4], Gen.Int[1, 40], Gen.ULong).Sample(
            (n, samples, problems, most, seed) =>
            {
                MaskMatrix masks = new UniformDesign(n, seed, 1, samples).ToMatrix(0, samples);
                FeatureSet[] sets = [.. FeatureSets.UpTo(3, n).OrderBy(set => set.GetHashCode() ^ (int)seed)];

                // Few different residuals, so that products tie; one problem's are all zero.
                double[] residuals = [.. Enumerable.Range(0, problems * samples).Select(i => i < samples ? 0 : Math.Round(2 * Philox.Gaussian(seed, 1, (ulong)i)) / 8)];
                int[]?[] members = [.. Enumerable.Range(0, problems).Select(p => p == 1 ? null : Enumerable.Range(0, sets.Length).Where(j => Philox.Below(seed, 2, (ulong)j, 3) > 0).ToArray())];
                using DeviceBuffer<ulong> packed = Upload<ulong>(masks.Words), columns = Poisoned<ulong>(n * MaskMatrix.WordsFor(samples));
                Device.Masks.Transpose(packed, samples, n, columns);
                using DeviceBuffer<double> buffer = Upload<double>(residuals);
                int[][] found = Device.Regression.Screen(columns, samples, n, [sets], buffer, members, most, default);
                for (int p = 0; p < problems; p++)
                {
                    double Product(int j) => Enumerable.Range(0, samples).Sum(i => (sets[j].Parity(masks.Row(i)) == 0 ? 1 : -1) * residuals[(p * samples) + i]);
                    int[] expected = [.. (members[p] ?? Enumerable.Range(0, sets.Length)).OrderByDescending(j => Math.Abs(Product(j))).ThenBy(j => sets[j]).Take(most)];
                    Assert.Equal(expected.Order(), found[p].Order());
                }
            },
            iter: 15,
            threads: 1);

    [Fact]
    public void Groups_of_numbers_are_added_up() =>
        Gen.Select(Gen.Double[-10, 10].Array[1, 200], Gen.Int[1, 50]).Sample(
            (numbers, groups) =>
            {
                groups = Math.Min(groups, numbers.Length);
                using DeviceBuffer<double> buffer = Upload<double>(numbers);
                double[] sums = new double[groups], expected = new double[groups];
                Device.Regression.SumGroups(buffer, numbers.Length, 1, sums);
                for (int i = 0; i < numbers.Length; i++)
                {
                    expected[i * groups / numbers.Length] += numbers[i];
                }

                Assert.Equal(expected, sums);
            },
            iter: 20,
            threads: 1);

    [Fact]
    public void Normal_equations_give_the_least_squares_fit_and_share_it_among_equal_columns() =>
        Gen.Select(Gen.Int[1, 25], Gen.Int[1, 4], Gen.Bool, Gen.ULong).Sample(
            (count, rightSides, twice, seed) =>
            {
                const int Samples = 90;
                FeatureSet[] sets = [.. FeatureSets.UpTo(2, 9).OrderBy(set => Philox.Below(seed, 1, (ulong)set.GetHashCode(), 1 << 20)).ThenBy(set => set).Take(count)];
                MaskMatrix masks = new UniformDesign(9, seed, 1, Samples).ToMatrix(0, Samples);
                using DeviceBuffer<ulong> packed = Upload<ulong>(masks.Words), maskColumns = Poisoned<ulong>(9 * MaskMatrix.WordsFor(Samples));
                Device.Masks.Transpose(packed, Samples, 9, maskColumns);
                FeatureSet[] used = twice ? [.. sets, sets[0]] : sets;
                double[] truth = [.. Enumerable.Range(0, rightSides * used.Length).Select(i => Philox.Gaussian(seed, 2, (ulong)i))];
                double[] values = new double[rightSides * Samples];
                for (int k = 0; k < rightSides; k++)
                {
                    for (int i = 0; i < Samples; i++)
                    {
                        values[(k * Samples) + i] = Enumerable.Range(0, used.Length).Sum(j => (used[j].Parity(masks.Row(i)) == 0 ? 1 : -1) * truth[(k * used.Length) + j]);
                    }
                }

                using DeviceBuffer<ulong> columns = CharacterColumns.Of(maskColumns, Samples, 9, used);
                using DeviceBuffer<double> right = Upload<double>(values), products = Poisoned<double>(truth.Length);
                Device.SignMatrix.Project(columns, used.Length, Samples, right, rightSides, [0, Samples], products);
                Device.Regression.SolveNormalEquations(columns, used.Length, Samples, products, rightSides);
                double[] found = Download(products);
                for (int k = 0; k < rightSides; k++)
                {
                    for (int j = 0; j < used.Length; j++)
                    {
                        bool isShared = twice && (j == 0 || j == sets.Length);
                        double expected = isShared ? (truth[k * used.Length] + truth[(k * used.Length) + sets.Length]) / 2 : truth[(k * used.Length) + j];
                        Assert.Equal(expected, found[(k * used.Length) + j], twice ? 1e-6 : 1e-10);
                    }
                }
            },
            iter: 10,
            threads: 1);

    [Fact]
    public void Residuals_are_zero_where_a_fit_has_not_looked_and_errors_are_of_the_fit_that_has_not() =>
        Gen.Select(Gen.Int[2, 70], Gen.Int[6, 200], Gen.ULong).Sample(
            (features, count, seed) =>
            {
                count = features < 8 ? Math.Min(count, 1 << features) : count;
                MaskMatrix masks = new UniformDesign(features, seed, 1, count).ToMatrix(0, count);
                double[] values = [.. Enumerable.Range(0, count).Select(i => Philox.Gaussian(seed, 3, (ulong)i))];
                int[] boundaries = [0, count / 3, count / 2, count];
                SpectrumTerm[][] fits = [.. Enumerable.Range(0, 4).Select(p => Enumerable.Range(0, p * 2).Select(k => new SpectrumTerm(
                    k == 0 ? FeatureSet.Empty : new FeatureSet([.. new[] { k % features, ((3 * k) + p) % features }.Distinct()]), Philox.Gaussian(seed, 4, (ulong)((p * 10) + k)))).DistinctBy(term => term.Set).ToArray())];
                using DeviceBuffer<ulong> packed = Upload<ulong>(masks.Words), columns = Poisoned<ulong>(features * MaskMatrix.WordsFor(count));
                using DeviceBuffer<double> y = Upload<double>(values), residuals = Poisoned<double>(4 * count), errors = Poisoned<double>(count);
                Device.Masks.Transpose(packed, count, features, columns);
                Device.Regression.Residuals(columns, count, features, y, boundaries, fits, residuals, errors);
                double[] found = Download(residuals), foundErrors = Download(errors);
                for (int p = 0; p < 4; p++)
                {
                    double[] predicted = new Spectrum(features, fits[p]).Evaluate(masks);
                    for (int i = 0; i < count; i++)
                    {
                        bool isLeftOut = p < 3 && i >= boundaries[p] && i < boundaries[p + 1];
                        double residual = values[i] - predicted[i];
                        Assert.Equal(isLeftOut ? 0 : residual, found[(p * count) + i], 1e-12);
                        if (isLeftOut)
                        {
                            Assert.Equal(residual * residual, foundErrors[i], 1e-11);
                        }
                    }
                }
            },
            iter: 10,
            threads: 1);
}
