using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Spex.Core;

namespace Spex.Torch.Native;

/// <summary>Makes a copy of TorchSharp's native library that systems with libstdc++ 12 (Debian 12, Ubuntu 22.04) can load.</summary>
/// <remarks>
/// The library of TorchSharp 0.107.0 asks for version GLIBCXX_3.4.32 of libstdc++ because of one undefined symbol,
/// <c>_ZSt21ios_base_library_initv</c>: a marker that GCC 13's &lt;iostream&gt; leaves behind. No relocation uses it, so nothing ever calls it; only the
/// loader's version check fails where libstdc++ ends at 3.4.30. The repair sets VER_FLG_WEAK (System V gABI, Linux Standard Base, "Symbol
/// versioning") on that one entry of the version table, one byte, and the loader passes over the missing version. The original file is
/// never written to: output folders hold hard links into the package cache.
/// </remarks>
internal static class LibTorchSharpRepair
{
    /// <summary>SHA-256 of the file that is repaired: runtimes/linux-x64/native/libLibTorchSharp.so of the package TorchSharp 0.107.0.</summary>
    internal const string OriginalHash = "cf33b1b0bb6bbb9754a768fb5c5d04d9f498603be50e73f55621a0b40ee608b8";

    /// <summary>SHA-256 of the repaired file.</summary>
    internal const string RepairedHash = "5968efac8270eff8a2b5ca7381612ea9cc54d81cf4104a54e0e6106b7b5f11e3";

    // .gnu.version_r lies at 0x3F8F0; its entry GLIBCXX_3.4.32 at +0x140; the flags (vna_flags, 16 bits, little endian) 4 bytes into it.
    private const int FlagsOffset = 0x3F8F0 + 0x140 + 4;
    private const byte WeakFlag = 2;

    private const string MissingSymbol = "_ZSt21ios_base_library_initv";

    /// <summary>Whether this system's libstdc++ lacks the symbol, so that the library as shipped does not load.</summary>
    public static bool IsNeeded()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            return false;
        }

        // No libstdc++ at all is another trouble, which the loader tells better.
        return NativeLibrary.TryLoad("libstdc++.so.6", out nint library) && !NativeLibrary.TryGetExport(library, MissingSymbol, out _);
    }

    /// <summary>The path of the repaired copy in <paramref name="cacheDirectory"/>; makes it when it is not there or not whole.</summary>
    /// <exception cref="SpexException">The original is not the file this repair was made for, or the folder cannot be written.</exception>
    public static string RepairedCopy(string originalPath, string cacheDirectory)
    {
        string target = Path.Combine(cacheDirectory, $"libLibTorchSharp-{RepairedHash[..16]}.so");
        if (File.Exists(target) && Hash(File.ReadAllBytes(target)) == RepairedHash)
        {
            return target;
        }

        byte[] bytes = File.ReadAllBytes(originalPath);
        string hash = Hash(bytes);
        if (hash != OriginalHash)
        {
            throw new SpexException(
                $"This system's libstdc++ is older than TorchSharp's native library asks for (GLIBCXX_3.4.32), and the repair knows one file only: that of TorchSharp 0.107.0, SHA-256 {OriginalHash[..16]}…; "
                + $"'{originalPath}' has {hash[..16]}…. Restore the packages again, or use a system with GCC 13's libstdc++ or newer (Debian 13, Ubuntu 24.04).");
        }

        bytes[FlagsOffset] = WeakFlag;
        if (Hash(bytes) != RepairedHash)
        {
            throw new SpexException($"The repaired copy of '{originalPath}' has not the expected hash; it is not used.");
        }

        WriteAtomically(target, bytes);
        return target;
    }

    /// <summary>Writes beside the target and renames, so that no other process ever sees half a file.</summary>
    private static void WriteAtomically(string target, byte[] bytes)
    {
        string temporary = $"{target}.{Environment.ProcessId}.{Guid.NewGuid():N}";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.WriteAllBytes(temporary, bytes);
            File.Move(temporary, target, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            TryDelete(temporary);
            throw new SpexException(
                $"TorchSharp's native library needs a repaired copy on this system, and '{target}' cannot be written: {error.Message} Set XDG_CACHE_HOME to a folder that can.", error);
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A left-over temporary file does no harm; the first error is the one to tell.
        }
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
