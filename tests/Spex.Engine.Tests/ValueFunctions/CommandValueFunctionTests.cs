using Spex.Core.Designs;
using Spex.Core.Masks;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.ValueFunctions;

namespace Spex.Engine.Tests.ValueFunctions;

public class CommandValueFunctionTests
{
    [Fact]
    public void Answers_that_came_before_the_run_was_stopped_are_told()
    {
        // Ten answers come in one piece, the eleventh never; the run is stopped at the first, when the others lie ready.
        using CancellationTokenSource cancel = new();
        using CommandValueFunction function = Start(4, "for i in 1 2 3 4 5 6 7 8 9 10; do read l; done; printf '1\\n2\\n3\\n4\\n5\\n6\\n7\\n8\\n9\\n10\\n'; exec sleep 300");
        int told = 0;
        float[] values = Evaluate(
            function,
            16,
            answered =>
            {
                told = answered;
                if (answered == 1)
                {
                    Thread.Sleep(200);
                    cancel.Cancel();
                }
            },
            cancel.Token);
        Assert.Equal(10, told);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], values[..10]);
    }

    [Fact]
    public async Task A_program_that_reads_nothing_does_not_keep_a_stopped_run_waiting()
    {
        // What is sent does not fit into a pipe: 256 lines of 5,000 characters.
        using CancellationTokenSource cancel = new(100);
        Task run = Task.Run(
            () =>
            {
                using CommandValueFunction function = Start(5000, "exec sleep 300");
                Evaluate(function, 256, _ => { }, cancel.Token);
            },
            TestContext.Current.CancellationToken);
        await run.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
    }

    private static CommandValueFunction Start(int featureCount, string script)
    {
        Assert.SkipUnless(File.Exists("/bin/sh"), "There is no /bin/sh here.");
        return new CommandValueFunction(featureCount, "/bin/sh", ["-c", script]);
    }

    private static float[] Evaluate(CommandValueFunction function, int count, Action<int> answered, CancellationToken cancel)
    {
        using CpuDevice device = new(1);
        MaskMatrix design = new UniformDesign(function.FeatureCount, 0, 0, count).ToMatrix(0, count);
        using DeviceBuffer<ulong> masks = device.Allocate<ulong>(design.Words.Length);
        using DeviceBuffer<float> values = device.Allocate<float>(count);
        masks.CopyFrom(design.Words);
        Assert.ThrowsAny<OperationCanceledException>(() => function.Evaluate(new MaskBatch(masks, count, function.FeatureCount, 0), values, answered, cancel));
        return values.Span.ToArray();
    }
}
