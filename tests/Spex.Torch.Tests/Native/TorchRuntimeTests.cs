using Spex.Core;
using Spex.Torch.Native;
using TorchSharp;

namespace Spex.Torch.Tests.Native;

public sealed class TorchRuntimeTests
{
    [Fact]
    public void Loads_and_computes()
    {
        TorchRuntime.EnsureLoaded();
        TorchRuntime.EnsureLoaded();
        using torch.Tensor sum = torch.ones(3).sum();
        Assert.Equal(3f, sum.item<float>());
        Assert.StartsWith("libtorch 2.", TorchRuntime.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void Float32_is_float32_on_every_device()
    {
        TorchRuntime.EnsureLoaded();
        Assert.False(torch.backends.cudnn.allow_tf32);
        Assert.False(torch.backends.cuda.matmul.allow_tf32);
    }

    [Fact]
    public void Threads_are_set_for_torch()
    {
        TorchRuntime.EnsureLoaded();
        int before = TorchRuntime.Threads;
        try
        {
            TorchRuntime.Threads = 2;
            Assert.Equal(2, torch.get_num_threads());
        }
        finally
        {
            TorchRuntime.Threads = before;
        }

        Assert.Equal(before, torch.get_num_threads());
        Assert.Throws<ArgumentOutOfRangeException>(() => TorchRuntime.Threads = 0);
    }

    [Fact]
    public void A_folder_without_libtorch_is_refused_before_anything_is_loaded()
    {
        SpexInputException error = Assert.Throws<SpexInputException>(() => TorchRuntime.CheckLibTorchDirectory(Path.GetTempPath()));
        Assert.Contains(TorchRuntime.LibTorchVariable, error.Message, StringComparison.Ordinal);
        Assert.Contains(Path.GetTempPath(), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_libtorch_is_refused()
    {
        string own = TorchRuntime.NativeDirectories().Find(directory => Directory.Exists(directory) && Directory.EnumerateFiles(directory, "*torch_cpu*").Any()) ?? "";
        if (own.Length == 0)
        {
            Assert.Skip("This build brings no libtorch.");
        }

        TorchRuntime.CheckOnlyOne(own + Path.DirectorySeparatorChar, [own]);
        SpexInputException error = Assert.Throws<SpexInputException>(() => TorchRuntime.CheckOnlyOne(Path.GetTempPath(), [own]));
        Assert.Contains("SpexTorch=none", error.Message, StringComparison.Ordinal);
    }
}
