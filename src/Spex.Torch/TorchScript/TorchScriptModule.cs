using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Spex.Core;
using Spex.Core.Formats;
using Spex.Torch.Forward;
using Spex.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Spex.Torch.TorchScript;

/// <summary>A module that was saved as TorchScript: torch.jit.trace(…) or torch.jit.script(…), then .save("model.pt"). It takes one tensor and gives one.</summary>
/// <remarks>
/// It is put into evaluation mode, so that dropout is off where the module was not traced with it on. TorchScript is a small language that can compute on tensors and no more; still, open files of people whom you trust. A
/// file of torch.save is a pickle and is never read. Whoever opens a module disposes it, after the value functions that use it.
/// </remarks>
public sealed class TorchScriptModule : IDisposable
{
    private readonly jit.ScriptModule<Tensor, Tensor> _module;

    private TorchScriptModule(string path, string hash, jit.ScriptModule<Tensor, Tensor> module, Device device)
    {
        Path = path;
        Hash = hash;
        _module = module;
        Device = device;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The first 16 hexadecimal digits of the file's SHA-256.</summary>
    public string Hash { get; }

    /// <summary>Where it runs, and so where its input must be.</summary>
    public Device Device { get; }

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="device">Where it runs; null for the processor. Tensors that a traced module made as it ran stay where they were made: trace it on the kind of device that it is to run on.</param>
    /// <exception cref="SpexInputException">The file is missing, cut short, or no TorchScript.</exception>
    public static TorchScriptModule Open(string path, Device? device = null)
    {
        byte[] content = InputFile.ReadAll(path);
        CheckArchive(path, content);
        TorchRuntime.EnsureLoaded();
        try
        {
            jit.ScriptModule<Tensor, Tensor> module = jit.load<Tensor, Tensor>(path, device ?? CPU);
            module.eval();
            return new TorchScriptModule(path, Convert.ToHexStringLower(SHA256.HashData(content))[..16], module, device ?? CPU);
        }
        catch (ExternalException error)
        {
            throw new SpexInputException($"{path} cannot be loaded as TorchScript: {Reason(error)}. Save it again with torch.jit.trace or torch.jit.script and .save.", error);
        }
    }

    /// <summary>Whether a file is a zip archive, as TorchScript files and those of torch.save are; false where there is no such file.</summary>
    public static bool IsArchive(string path)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        try
        {
            using FileStream file = File.OpenRead(path);
            return file.ReadByte() == 'P' && file.ReadByte() == 'K';
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Whoever opens it tells why it cannot be read.
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _module.Dispose();

    /// <summary>Runs the module on a batch. Called on several threads at once.</summary>
    /// <param name="inputs">B × …</param>
    /// <returns>float32, B or B × C, in the caller's dispose scope.</returns>
    /// <exception cref="SpexException">The module throws, or gives something else.</exception>
    internal Tensor Run(Tensor inputs)
    {
        Tensor result;
        try
        {
            result = _module.forward(inputs);
        }
        catch (ExternalException error) when (!MemoryErrors.IsOutOfMemory(error))
        {
            string elsewhere = Device.type == DeviceType.CPU ? "" : " A module that was traced on the processor may run there alone: --device cpu.";
            throw new SpexException($"{Path} throws on {Shape(inputs)} {inputs.dtype}: {Reason(error)}.{elsewhere}", error);
        }
        catch (Exception error) when (error is InvalidCastException or InvalidOperationException or NotSupportedException or NotImplementedException)
        {
            throw new SpexException($"{Path} must give one tensor, B or B × C, of which B values can be taken; what it gives is none: {error.Message}", error);
        }

        if (result.is_complex() || !result.is_floating_point())
        {
            throw new SpexException($"{Path} gives {result.dtype} numbers; floating-point ones are needed. Let the module give logits, not classes.");
        }

        if (result.dim() is not (1 or 2) || result.shape[0] != inputs.shape[0] || result.shape[^1] == 0)
        {
            throw new SpexException($"{Path} gives {Shape(result)} for {Shape(inputs)}; one value a row, [{inputs.shape[0]}], or one row of logits a row, [{inputs.shape[0]}, classes], is needed.");
        }

        return result.to_type(ScalarType.Float32);
    }

    private static string Shape(Tensor tensor) => $"[{string.Join(", ", tensor.shape)}]";

    /// <summary>TorchScript is a zip archive with code; torch.save writes one without, which holds pickled objects of any kind.</summary>
    private static void CheckArchive(string path, byte[] content)
    {
        if (content is not [(byte)'P', (byte)'K', ..])
        {
            throw new SpexInputException($"{path} is no TorchScript file, which is a zip archive. Save the module with torch.jit.trace(module, example).save(\"model.pt\").");
        }

        try
        {
            using ZipArchive archive = new(new MemoryStream(content), ZipArchiveMode.Read);
            if (archive.Entries.Any(entry => entry.FullName.Contains("/code/", StringComparison.Ordinal)))
            {
                return;
            }
        }
        catch (InvalidDataException error)
        {
            throw new SpexInputException($"{path} is damaged or cut short: it is no whole zip archive, which a TorchScript file is. Get the file again.", error);
        }

        throw new SpexInputException(
            $"{path} has no TorchScript code in it: it was made by torch.save, and such pickle files are not read, since they can run code. Save the module with torch.jit.trace(module, example).save(\"model.pt\").");
    }

    /// <summary>What was thrown: the last line of the interpreter's traceback, otherwise the first one; without the native call stack.</summary>
    private static string Reason(Exception error)
    {
        string[] lines =
        [
            .. error.Message.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .TakeWhile(line => !line.StartsWith("Exception raised from", StringComparison.Ordinal) && !line.StartsWith("frame #", StringComparison.Ordinal)),
        ];
        bool isTraceback = lines.Any(line => line.StartsWith("Traceback", StringComparison.Ordinal));
        return (lines.Length == 0 ? error.GetType().Name : isTraceback ? lines[^1] : lines[0]).TrimEnd('.');
    }
}
