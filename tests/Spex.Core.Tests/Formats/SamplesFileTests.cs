using System.Diagnostics;
using CsCheck;
using Spex.Core.Designs;
using Spex.Core.Formats;
using Spex.Core.Masks;
using Spex.Core.Random;
using Spex.Tests;

namespace Spex.Core.Tests.Formats;

public class SamplesFileTests
{
    [Fact]
    public void What_is_recorded_is_found_again_by_its_mask() =>
        Gen.Select(Gen.Int[0, 300], Gen.Int[1, 40], Gen.Int[1, 7]).Sample(
            (featureCount, count, batch) =>
            {
                count = Math.Min(count, featureCount < 6 ? 1 << featureCount : count);
                using TemporaryFolder folder = new();
                SamplesHeader header = new("f", featureCount, 16);
                (MaskMatrix masks, float[] values) = Samples(featureCount, count);
                using (SamplesFile file = SamplesFile.Open(folder["s"], header))
                {
                    for (int start = 0; start < count; start += batch)
                    {
                        int rows = Math.Min(batch, count - start);
                        file.Append(masks.Words.AsSpan(start * masks.WordsPerRow, rows * masks.WordsPerRow), values.AsSpan(start, rows));
                    }

                    AssertHolds(file, masks, values, count);
                }

                using (SamplesFile file = SamplesFile.Open(folder["s"], header))
                {
                    AssertHolds(file, masks, values, count);
                    Assert.Equal(masks.Words, file.ToMatrix().Words);
                    Assert.Equal(values, file.Values.ToArray());
                }
            },
            iter: 40);

    [Fact]
    public void A_file_that_exists_keeps_its_batch_plan()
    {
        using TemporaryFolder folder = new();
        using (SamplesFile file = SamplesFile.Open(folder["s"], new SamplesHeader("f", 3, 64)))
        {
            file.AppendPlanChange(new SamplesPlanChange(128, 32));
            file.Append([1], [2]);
            file.AppendPlanChange(new SamplesPlanChange(1L << 40, 16));
        }

        using (SamplesFile file = SamplesFile.Open(folder["s"], new SamplesHeader("f", 3, 7)))
        {
            Assert.Equal(new SamplesHeader("f", 3, 64), file.Header);
            Assert.Equal([new SamplesPlanChange(128, 32), new SamplesPlanChange(1L << 40, 16)], file.PlanChanges);
            Assert.Equal(1, file.Count);
        }
    }

    [Fact]
    public void A_last_record_that_is_torn_at_any_byte_is_dropped_and_can_be_recorded_again()
    {
        using TemporaryFolder folder = new();
        SamplesHeader header = new("f", 100, 16);
        (MaskMatrix masks, float[] values) = Samples(100, 6);
        Record(folder["whole"], header, masks, values);
        byte[] whole = File.ReadAllBytes(folder["whole"]);
        int record = (whole.Length - HeaderLength(header)) / 6;
        for (int cut = 1; cut < record; cut++)
        {
            folder.Write("cut", whole[..^cut]);
            using (SamplesFile file = SamplesFile.Open(folder["cut"], header))
            {
                Assert.Equal(record - cut, file.DroppedBytes);
                Assert.Equal(0, file.DamagedRecords);
                AssertHolds(file, masks, values, 5);
                Assert.False(file.TryGet(masks.Row(5), out _));
                file.Append(masks.Words, values);
            }

            Assert.Equal(whole, File.ReadAllBytes(folder["cut"]));
        }
    }

    [Fact]
    public void A_header_that_is_torn_at_any_byte_is_written_again_for_the_same_run_only()
    {
        using TemporaryFolder folder = new();
        SamplesHeader header = new("fingerprint", 100, 16);
        Record(folder["whole"], header, new MaskMatrix(0, 100), []);
        byte[] whole = File.ReadAllBytes(folder["whole"]);
        for (int length = 0; length < whole.Length; length++)
        {
            folder.Write("cut", whole[..length]);
            if (length > 40)
            {
                Assert.Contains("cut", Assert.Throws<SpexInputException>(() => SamplesFile.Open(folder["cut"], new SamplesHeader("other", 100, 16))).Message);
                Assert.Equal(whole[..length], File.ReadAllBytes(folder["cut"]));
            }

            Assert.Throws<SpexInputException>(() => SamplesFile.OpenRead(folder["cut"]));
            SamplesFile.Open(folder["cut"], header).Dispose();
            Assert.Equal(whole, File.ReadAllBytes(folder["cut"]));
        }
    }

    [Fact]
    public void A_flipped_bit_costs_one_record_at_most_and_never_gives_a_wrong_value()
    {
        using TemporaryFolder folder = new();
        SamplesHeader header = new("f", 20, 16);
        (MaskMatrix masks, float[] values) = Samples(20, 5);
        Record(folder["whole"], header, masks, values);
        byte[] whole = File.ReadAllBytes(folder["whole"]);
        int headerLength = HeaderLength(header);
        for (int i = 0; i < whole.Length; i++)
        {
            byte[] flipped = [.. whole];
            flipped[i] ^= (byte)(1 << (i % 8));
            folder.Write("flipped", flipped);
            if (i < headerLength)
            {
                Assert.Throws<SpexInputException>(() => SamplesFile.Open(folder["flipped"], header));
                Assert.Equal(flipped, File.ReadAllBytes(folder["flipped"]));
                continue;
            }

            using SamplesFile file = SamplesFile.Open(folder["flipped"], header);
            Assert.Equal(1, file.DamagedRecords);
            Assert.Equal(4, file.Count);
            for (int row = 0; row < 5; row++)
            {
                if (file.TryGet(masks.Row(row), out float value))
                {
                    Assert.Equal(values[row], value);
                }
            }

            // The lost one can be paid for again.
            file.Append(masks.Words, values);
            AssertHolds(file, masks, values, 5);
        }
    }

    [Fact]
    public void A_file_of_another_function_is_refused_and_left_as_it_was()
    {
        using TemporaryFolder folder = new();
        (MaskMatrix masks, float[] values) = Samples(20, 5);
        Record(folder["s"], new SamplesHeader("game:abc", 20, 16), masks, values);
        byte[] before = File.ReadAllBytes(folder["s"]);
        string message = Refused(() => SamplesFile.Open(folder["s"], new SamplesHeader("game:xyz", 20, 16)));
        Assert.Contains("its fingerprint is game:abc, this one's game:xyz. Give another samples file", message);
        Assert.Contains("20 features; this one has 21", Refused(() => SamplesFile.Open(folder["s"], new SamplesHeader("game:abc", 21, 16))));
        Assert.Contains("is no samples file", Refused(() => SamplesFile.Open(folder.Write("text", "hello"), new SamplesHeader("f", 1, 1))));
        Assert.Equal("hello", File.ReadAllText(folder["text"]));
        Assert.Contains("its folder does not exist", Refused(() => SamplesFile.Open(folder["none/s"], new SamplesHeader("f", 1, 1))));
        Assert.Contains("There is no file", Refused(() => SamplesFile.OpenRead(folder["none"])));
        Assert.Contains("is a folder", Refused(() => SamplesFile.Open(Path.GetDirectoryName(folder["s"])!, new SamplesHeader("f", 1, 1))));

        before[8] = 9;
        Assert.Contains("version 9", Refused(() => SamplesFile.Open(folder.Write("newer", before), new SamplesHeader("game:abc", 20, 16))));
    }

    [Fact]
    public void One_process_writes_at_a_time_or_several_read()
    {
        using TemporaryFolder folder = new();
        SamplesHeader header = new("f", 3, 16);
        using (SamplesFile writer = SamplesFile.Open(folder["s"], header))
        {
            writer.Append([1, 2], [1, 2]);
            Assert.Contains("is in use by another process", Refused(() => SamplesFile.Open(folder["s"], header)));
            Assert.Contains("is in use by another process", Refused(() => SamplesFile.OpenRead(folder["s"])));
            writer.Append([3], [3]);
        }

        using SamplesFile next = SamplesFile.OpenRead(folder["s"]);
        using SamplesFile second = SamplesFile.OpenRead(folder["s"]);
        Assert.Equal((3, 3), (next.Count, second.Count));
        Assert.Contains("is in use by another process", Refused(() => SamplesFile.Open(folder["s"], header)));
    }

    [Fact]
    public void What_was_recorded_is_in_the_file_before_it_is_closed()
    {
        // A copy of the file while it is open is what a killed process leaves behind.
        if (!File.Exists("/bin/cp"))
        {
            Assert.Skip("Copying a file that is locked takes /bin/cp.");
        }

        using TemporaryFolder folder = new();
        SamplesHeader header = new("f", 70, 16);
        (MaskMatrix masks, float[] values) = Samples(70, 5);
        using SamplesFile file = SamplesFile.Open(folder["s"], header);
        for (int row = 0; row < 5; row++)
        {
            file.Append(masks.Row(row), values.AsSpan(row, 1));
            using Process process = Process.Start("/bin/cp", [folder["s"], folder["copy"]]);
            process.WaitForExit();
            using SamplesFile copy = SamplesFile.OpenRead(folder["copy"]);
            AssertHolds(copy, masks, values, row + 1);
        }
    }

    [Fact]
    public void A_mask_recorded_twice_keeps_its_first_value()
    {
        using TemporaryFolder folder = new();
        SamplesHeader header = new("f", 3, 16);
        using (SamplesFile file = SamplesFile.Open(folder["s"], header))
        {
            file.Append([1, 1, 2], [1, 5, 2]);
            file.Append([2, 4], [7, 4]);
            Assert.Equal([1, 2, 4], file.Values.ToArray());
        }

        using SamplesFile again = SamplesFile.OpenRead(folder["s"]);
        Assert.Equal([1, 2, 4], again.Values.ToArray());
    }

    [Fact]
    public void Values_that_are_not_finite_and_words_that_do_not_fit_are_refused()
    {
        using TemporaryFolder folder = new();
        using SamplesFile file = SamplesFile.Open(folder["s"], new SamplesHeader("f", 3, 16));
        Assert.Throws<ArgumentException>(() => file.Append([1], [float.NaN]));
        Assert.Throws<ArgumentException>(() => file.Append([1], [float.PositiveInfinity]));
        Assert.Throws<ArgumentException>(() => file.Append([1, 2], [1]));
        Assert.Equal(0, file.Count);
    }

    [Fact]
    public void A_full_disk_is_a_clear_error()
    {
        using FullDisk disk = FullDisk.Hold();
        SpexException error = Assert.ThrowsAny<SpexException>(() => SamplesFile.Open(FullDisk.File, new SamplesHeader("f", 3, 16)));
        Assert.Contains("the disk is full", error.Message);
    }

    [Fact]
    public void Many_records_span_several_blocks()
    {
        // 60,000 records of 80 bytes are more than one block of 4 MiB.
        using TemporaryFolder folder = new();
        SamplesHeader header = new("f", 560, 16);
        MaskMatrix masks = new UniformDesign(560, 1, 1, 60_000).ToMatrix(0, 60_000);
        float[] values = [.. Enumerable.Range(0, 60_000).Select(i => (float)i)];
        Record(folder["s"], header, masks, values);
        Assert.True(new FileInfo(folder["s"]).Length > 1 << 22);
        using SamplesFile file = SamplesFile.Open(folder["s"], header);
        Assert.Equal((0, 0L), (file.DroppedBytes, file.DamagedRecords));
        AssertHolds(file, masks, values, 60_000);
    }

    private static (MaskMatrix Masks, float[] Values) Samples(int featureCount, int count) =>
        (new UniformDesign(featureCount, 4, 4, count).ToMatrix(0, count), [.. Enumerable.Range(0, count).Select(i => (float)Philox.Gaussian(9, 9, (ulong)i))]);

    private static void Record(string path, SamplesHeader header, MaskMatrix masks, float[] values)
    {
        using SamplesFile file = SamplesFile.Open(path, header);
        file.Append(masks.Words, values);
    }

    private static int HeaderLength(SamplesHeader header)
    {
        using TemporaryFolder folder = new();
        SamplesFile.Open(folder["empty"], header).Dispose();
        return (int)new FileInfo(folder["empty"]).Length;
    }

    private static void AssertHolds(SamplesFile file, MaskMatrix masks, float[] values, int count)
    {
        Assert.Equal(count, file.Count);
        for (int row = 0; row < count; row++)
        {
            Assert.True(file.TryGet(masks.Row(row), out float value));
            Assert.Equal(values[row], value);
        }
    }

    private static string Refused(Func<object> open) => Assert.Throws<SpexInputException>(open).Message;
}
