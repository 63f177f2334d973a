using Spex.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Spex.Torch.Tests.Native;

public sealed class TensorArithmeticTests
{
    [Fact]
    public void Sums_and_products_are_those_of_the_operators()
    {
        TorchRuntime.EnsureLoaded();
        using DisposeScope scope = NewDisposeScope();
        using Generator generator = new(5);
        Tensor x = randn(50, generator: generator), y = randn(50, generator: generator);
        AssertSame(x + y, x.Plus(y));
        AssertSame(x + 0.1, x.Plus(0.1));
        AssertSame(x * 0.1, x.Times(0.1));
        AssertSame(x + y, x.clone().Add(y));
        Tensor whole = TensorArithmetic.Range(3, 7, CPU);
        Assert.Equal([3L, 4, 5, 6], whole.data<long>());
        Assert.Equal(ScalarType.Int64, whole.Plus(2).dtype);
        Assert.Equal([5L, 6, 7, 8], whole.Plus(2).data<long>());
        Assert.Equal([0L], TensorArithmetic.Range(2, 2, CPU).shape);
        Assert.Same(TensorArithmetic.Number(0.1), TensorArithmetic.Number(0.1));
        Assert.Same(TensorArithmetic.Number(3), TensorArithmetic.Number(3));
    }

    private static void AssertSame(Tensor expected, Tensor got) => Assert.Equal(expected.data<float>().ToArray(), got.data<float>().ToArray());

    [Fact]
    public void Threads_and_the_garbage_collector_do_not_meet()
    {
        TorchRuntime.EnsureLoaded();
        using CancellationTokenSource done = new();
        Thread collector = new(() =>
        {
            while (!done.IsCancellationRequested)
            {
                GC.Collect(0);
                GC.WaitForPendingFinalizers();
            }
        });
        collector.Start();
        Parallel.For(0, 2, thread =>
        {
            for (int i = 0; i < 2000; i++)
            {
                using DisposeScope scope = NewDisposeScope();
                Tensor x = ones(8).Plus(ones(8)).Plus(1.5).Times(2);
                Assert.Equal(7, x.data<float>()[7]);
            }
        });
        done.Cancel();
        collector.Join();
    }
}
