using System.Security.Cryptography;
using Spex.Core;
using Spex.Torch.Native;

namespace Spex.Torch.Tests.Native;

public sealed class LibTorchSharpRepairTests : IDisposable
{
    private readonly string _cache = Path.Combine(Path.GetTempPath(), $"spex-{Guid.NewGuid():N}");

    public void Dispose()
    {
        if (Directory.Exists(_cache))
        {
            Directory.Delete(_cache, recursive: true);
        }
    }

    [Fact]
    public void The_copy_differs_in_one_byte_and_the_original_in_none()
    {
        string original = Original();
        byte[] before = File.ReadAllBytes(original);
        string copy = LibTorchSharpRepair.RepairedCopy(original, _cache);
        byte[] repaired = File.ReadAllBytes(copy);
        Assert.StartsWith(_cache, copy, StringComparison.Ordinal);
        Assert.Equal(LibTorchSharpRepair.RepairedHash, Hash(repaired));
        Assert.Equal(before, File.ReadAllBytes(original));
        Assert.Equal(1, before.Zip(repaired).Count(pair => pair.First != pair.Second));
        Assert.Single(Directory.GetFiles(_cache));
    }

    [Fact]
    public void A_whole_copy_is_used_again_and_a_damaged_one_replaced()
    {
        string original = Original();
        string copy = LibTorchSharpRepair.RepairedCopy(original, _cache);
        DateTime written = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(copy, written);
        Assert.Equal(copy, LibTorchSharpRepair.RepairedCopy(original, _cache));
        Assert.Equal(written, File.GetLastWriteTimeUtc(copy));
        byte[] half = File.ReadAllBytes(copy)[..1000];
        File.WriteAllBytes(copy, half);
        Assert.Equal(copy, LibTorchSharpRepair.RepairedCopy(original, _cache));
        Assert.Equal(LibTorchSharpRepair.RepairedHash, Hash(File.ReadAllBytes(copy)));
    }

    [Fact]
    public void Another_file_is_refused_and_nothing_written()
    {
        Directory.CreateDirectory(_cache);
        string other = Path.Combine(_cache, "libLibTorchSharp.so");
        byte[] bytes = File.ReadAllBytes(Original());
        bytes[^1] ^= 1;
        File.WriteAllBytes(other, bytes);
        SpexException error = Assert.Throws<SpexException>(() => LibTorchSharpRepair.RepairedCopy(other, Path.Combine(_cache, "inner")));
        Assert.Contains(other, error.Message, StringComparison.Ordinal);
        Assert.Contains(LibTorchSharpRepair.OriginalHash[..16], error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_cache, "inner")));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_told()
    {
        string original = Original();
        File.WriteAllText(_cache, "a file where the folder should be");
        try
        {
            SpexException error = Assert.Throws<SpexException>(() => LibTorchSharpRepair.RepairedCopy(original, _cache));
            Assert.Contains("XDG_CACHE_HOME", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(_cache);
        }
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static string Original()
    {
        string? path = TorchRuntime.NativeDirectories().ConvertAll(directory => Path.Combine(directory, "libLibTorchSharp.so")).Find(File.Exists);
        if (path is null)
        {
            Assert.Skip("TorchSharp's library for Linux x64 is not beside this program.");
        }

        return path;
    }
}
