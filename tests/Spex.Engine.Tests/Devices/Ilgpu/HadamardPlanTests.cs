using Spex.Engine.Devices.Ilgpu;
using Spex.Kernels;

namespace Spex.Engine.Tests.Devices.Ilgpu;

public class HadamardPlanTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(13, 1)]
    [InlineData(14, 2)]
    [InlineData(21, 2)]
    [InlineData(22, 3)]
    [InlineData(29, 3)]
    [InlineData(30, 4)]
    public void A_transform_takes_as_few_passes_over_memory_as_tiles_allow(int log2Length, int passes)
    {
        Assert.Equal(passes, HadamardPlan.Standard.Passes(1, log2Length, 1).Length);
        Assert.Equal(passes, HadamardPlan.Registers.Passes(1, log2Length, 1).Length);
    }

    [Fact]
    public void Passes_take_each_stage_once_in_order_within_the_tiles_and_scale_once()
    {
        foreach (HadamardPlan plan in (HadamardPlan[])[HadamardPlan.Standard, HadamardPlan.Small, HadamardPlan.Registers, new(6, 2), new(4, 3)])
        {
            for (int log = 0; log <= 30; log++)
            {
                int stages = 0;
                HadamardPass[] passes = plan.Passes(3, log, 0.5f);
                foreach (HadamardPass pass in passes)
                {
                    Assert.Equal(stages, pass.StrideLog);
                    Assert.InRange(pass.TileLog, pass.Stages, plan.LargestTileLog);
                    Assert.True(pass.StrideLog == 0 || (pass.ColumnsLog <= pass.StrideLog && pass.TileLog == pass.Stages + pass.ColumnsLog));
                    Assert.Equal(3L << log, pass.Count);
                    stages += pass.Stages;
                }

                Assert.Equal(log, stages);
                Assert.Equal([.. Enumerable.Repeat(1f, passes.Length - 1), 0.5f], passes.Select(pass => pass.Scale));
            }
        }
    }
}
