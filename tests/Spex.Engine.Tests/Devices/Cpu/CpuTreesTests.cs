using Spex.Core.Trees;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;

namespace Spex.Engine.Tests.Devices.Cpu;

public sealed class CpuTreesTests : TreePrimitivesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void The_number_of_threads_does_not_change_a_bit(int threads)
    {
        BoostedTrees[] expected = FitFolds(1), actual = FitFolds(threads);
        for (int run = 0; run < expected.Length; run++)
        {
            Same(expected[run], actual[run]);
        }

        static BoostedTrees[] FitFolds(int threads)
        {
            using CpuDevice device = new(threads);
            using Problem problem = new(device, 1000, 90, Peaks(90));
            using BoostingBatch batch = problem.Load();
            int[] runs = [.. Enumerable.Range(0, 10).Select(run => batch.Add(new(run < 5 ? 3 : 5, 0.1), (byte)(run % 5)))];
            batch.Grow(runs, 20, TestContext.Current.CancellationToken);
            return [.. runs.Select(batch.Trees)];
        }
    }

    protected override Device Open() => new CpuDevice(2);
}
