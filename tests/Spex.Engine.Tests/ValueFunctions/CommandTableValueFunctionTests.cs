using Spex.Core.Masks;
using Spex.Core.Tables;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.ValueFunctions;

namespace Spex.Engine.Tests.ValueFunctions;

public sealed class CommandTableValueFunctionTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void Absent_columns_have_each_background_rows_numbers_and_the_answers_are_averaged()
    {
        // The product of both columns; the background is 3,5 for two rows of three and 70,90 for the third.
        Table table = Read("a,b\n3,5\n3,5\n70,90\n");
        using CommandTableValueFunction function = Start([2, 11], TableBackground.Medoids(table, 2), "while IFS=, read -r a b; do echo $((a * b)); done");
        List<int> told = [];
        float[] values = Evaluate(function, told);
        Assert.Equal([((2 * 15) + 6300) / 3f, ((2 * 2 * 5) + (2 * 90)) / 3f, ((2 * 3 * 11) + (70 * 11)) / 3f, 22], values);
        Assert.Equal([1, 2, 3, 4], told);
    }

    [Fact]
    public void Numbers_are_written_with_all_their_digits()
    {
        Table table = Read("a\n0.1\n");
        using CommandTableValueFunction function = Start([1 / 3.0], TableBackground.Mean(table), "while read -r a; do test \"$a\" = 0.3333333333333333 && echo 1 || echo $a; done");
        Assert.Equal([0.1f, 1], Evaluate(function, []));
    }

    [Fact]
    public void Another_row_background_or_name_is_another_function()
    {
        TableBackground one = TableBackground.Mean(Read("a\n1\n")), two = TableBackground.Mean(Read("a\n2\n"));
        HashSet<string> seen = [];
        foreach ((double row, TableBackground background, string? name) in ((double, TableBackground, string?)[])[(5, one, null), (6, one, null), (5, two, null), (5, one, "v2")])
        {
            using CommandTableValueFunction function = Start([row], background, "exit 0", name);
            Assert.True(seen.Add(function.Fingerprint));
        }
    }

    private static CommandTableValueFunction Start(double[] row, TableBackground background, string script, string? name = null)
    {
        Assert.SkipUnless(File.Exists("/bin/sh"), "There is no /bin/sh here.");
        return new CommandTableValueFunction(row, background, "/bin/sh", ["-c", script], name);
    }

    private static float[] Evaluate(CommandTableValueFunction function, List<int> told)
    {
        using CpuDevice device = new(1);
        int count = 1 << function.FeatureCount;
        MaskMatrix all = new(count, function.FeatureCount);
        for (int row = 0; row < count; row++)
        {
            all.Row(row)[0] = (ulong)row;
        }

        using DeviceBuffer<ulong> masks = device.Allocate<ulong>(all.Words.Length);
        using DeviceBuffer<float> values = device.Allocate<float>(count);
        masks.CopyFrom(all.Words);
        function.Evaluate(new MaskBatch(masks, count, function.FeatureCount, 0), values, told.Add, TestContext.Current.CancellationToken);
        return values.Span.ToArray();
    }

    private Table Read(string content)
    {
        File.WriteAllText(_file, content);
        return Table.Read(_file);
    }
}
