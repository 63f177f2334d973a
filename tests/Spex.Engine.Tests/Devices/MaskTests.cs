using CsCheck;
using Spex.Core.Codes;
using Spex.Core.Designs;
using Spex.Core.Masks;
using Spex.Engine.Devices;

namespace Spex.Engine.Tests.Devices;

public abstract class MaskTests : DeviceTests
{
    private static readonly Gen<int> FeatureCounts = Gen.OneOf(Gen.Int[1, 70], Gen.Int[120, 300], Gen.Int[1000, 1030]);

    [Fact]
    public void Uniform_masks_are_those_of_the_design() =>
        Gen.Select(FeatureCounts, Gen.ULong, Gen.Int[0, 100], Gen.Int[0, 150]).Sample(
            (features, seed, start, count) =>
            {
                long all = 1L << Math.Min(features, 40);
                long first = all > 1000 ? all - 1000 + start : Math.Min(start, all);
                CompareMasks(new UniformDesign(features, seed, 9, all), first, (int)Math.Min(count, all - first));
            },
            iter: 30,
            threads: 1);

    // Masks of more words than a group makes at once, and as many masks as take several tiles.
    [Theory]
    [InlineData(140_000, 3)]
    [InlineData(64, 5000)]
    [InlineData(200, 1100)]
    public void Long_and_many_uniform_masks_are_those_of_the_design(int features, int count) =>
        CompareMasks(new UniformDesign(features, 5, 9, 1L << 40), 17, count);

    [Fact]
    public void Exhaustive_masks_are_those_of_the_design()
    {
        CompareMasks(new ExhaustiveDesign(10), 0, 1024);
        CompareMasks(new ExhaustiveDesign(30), (1 << 29) + 3, 100);
        CompareMasks(new ExhaustiveDesign(0), 0, 1);
    }

    [Fact]
    public void Stored_masks_are_those_of_the_design() =>
        CompareMasks(new StoredDesign(new UniformDesign(130, 1, 1, 300).ToMatrix(0, 300)), 7, 290);

    [Theory]
    [InlineData(6, 3)]
    [InlineData(30, 4)]
    [InlineData(100, 5)]
    [InlineData(1000, 4)]
    public void Masks_of_spex_are_those_of_the_design(int features, int log2Bins)
    {
        SpexDesign design = new(BchCode.ForFeatures(features, 2), log2Bins, 3, 1, 5);
        CompareMasks(design, 0, (int)Math.Min(design.Count, 300));
        CompareMasks(design, design.Count / 3, (int)(design.Count / 2));
    }

    [Fact]
    public void Masks_beyond_the_design_are_refused()
    {
        using DeviceBuffer<ulong> packed = Device.Allocate<ulong>(20);
        Assert.Throws<ArgumentOutOfRangeException>(() => Device.Masks.Generate(new ExhaustiveDesign(4), 10, 7, packed));
        Assert.Throws<ArgumentException>(() => Device.Masks.Generate(new ExhaustiveDesign(10), 0, 21, packed));
    }

    [Fact]
    public void Expansion_is_one_where_a_feature_is_present() =>
        Gen.Select(FeatureCounts, Gen.Int[0, 40], Gen.ULong).Sample(
            (features, count, seed) =>
            {
                count = features < 8 ? Math.Min(count, 1 << features) : count;
                MaskMatrix masks = new UniformDesign(features, seed, 0, count).ToMatrix(0, count);
                using DeviceBuffer<ulong> packed = Upload<ulong>(masks.Words);
                using DeviceBuffer<float> floats = Poisoned<float>(count * features);
                using DeviceBuffer<ushort> bfloats = Poisoned<ushort>(count * features);
                using DeviceBuffer<byte> bytes = Poisoned<byte>(count * features);
                Device.Masks.Expand(packed, count, features, floats);
                Device.Masks.Expand(packed, count, features, bfloats);
                Device.Masks.Expand(packed, count, features, bytes);
                int[] expected = [.. Enumerable.Range(0, count * features).Select(i => masks[i / features, i % features] ? 1 : 0)];
                Assert.Equal(expected, Download(floats).Select(x => (int)x));
                Assert.Equal(expected.Select(x => (ushort)(x * MaskPrimitives.BFloat16One)), Download(bfloats));
                Assert.Equal(expected, Download(bytes).Select(x => (int)x));
            },
            iter: 20,
            threads: 1);

    [Fact]
    public void Transposition_makes_columns_of_samples() =>
        Gen.Select(FeatureCounts, Gen.OneOf(Gen.Int[0, 130], Gen.Int[500, 600], Gen.Int[1020, 1100]), Gen.ULong).Sample(
            (features, count, seed) =>
            {
                count = features < 11 ? Math.Min(count, 1 << features) : count;
                MaskMatrix masks = new UniformDesign(features, seed, 0, count).ToMatrix(0, count);
                int words = MaskMatrix.WordsFor(count);
                using DeviceBuffer<ulong> packed = Upload<ulong>(masks.Words);
                using DeviceBuffer<ulong> columns = Poisoned<ulong>(features * words);
                Device.Masks.Transpose(packed, count, features, columns);
                ulong[] expected = new ulong[features * words];
                for (int feature = 0; feature < features; feature++)
                {
                    for (int sample = 0; sample < count; sample++)
                    {
                        expected[(feature * words) + (sample >> 6)] |= (masks[sample, feature] ? 1UL : 0) << (sample & 63);
                    }
                }

                Assert.Equal(expected, Download(columns));
            },
            iter: 20,
            threads: 1);

    [Fact]
    public void Rows_are_gathered_in_any_order() =>
        Gen.Select(FeatureCounts, Gen.Int[1, 100], Gen.Int[0, 60], Gen.Int[0, 3], Gen.ULong).Sample(
            (features, all, count, first, seed) =>
            {
                all = features < 7 ? Math.Min(all, 1 << features) : all;
                MaskMatrix masks = new UniformDesign(features, seed, 0, all).ToMatrix(0, all);
                int words = masks.WordsPerRow;
                int[] rows = [.. Enumerable.Range(0, count).Select(i => (int)((ulong)((i * 7) + 3) * (seed | 1) % (ulong)all))];
                using DeviceBuffer<ulong> packed = Upload<ulong>(masks.Words);
                using DeviceBuffer<int> numbers = Upload<int>(rows);
                using DeviceBuffer<ulong> selected = Poisoned<ulong>((first + count + 1) * words);
                Device.Masks.Select(packed, numbers, count, features, selected, first);
                ulong[] expected = new ulong[selected.Length];
                Array.Fill(expected, 0xA5A5A5A5A5A5A5A5);
                for (int i = 0; i < count; i++)
                {
                    masks.Row(rows[i]).CopyTo(expected.AsSpan((first + i) * words));
                }

                Assert.Equal(expected, Download(selected));
                Assert.Throws<ArgumentException>(() => Device.Masks.Select(packed, numbers, count, features, packed));
            },
            iter: 20,
            threads: 1);

    private void CompareMasks(MaskDesign design, long start, int count)
    {
        MaskMatrix expected = design.ToMatrix(start, count);
        using DeviceBuffer<ulong> packed = Poisoned<ulong>(expected.Words.Length);
        Device.Masks.Generate(design, start, count, packed);
        Assert.Equal(expected.Words, Download(packed));
    }
}
