using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Spex.Torch.Native;

/// <summary>Where a model runs, by the device that was chosen for the explanation.</summary>
public static class ModelDevice
{
    /// <summary>CUDA where it was chosen, or may be, and this libtorch can use it; else the processor.</summary>
    /// <param name="choice">As `--device` takes it: auto, cpu, cuda[:i], opencl[:i]; of several, with commas between, the model takes the first.</param>
    /// <param name="remark">
    /// A line for people, where another accelerator than CUDA was asked for, which torch does not know; else null. That this libtorch has no CUDA is said where memory is to be shared, see <see cref="Devices.TorchMemory.Attach"/>.
    /// </param>
    public static Device Of(string choice, out string? remark)
    {
        ArgumentNullException.ThrowIfNull(choice);
        TorchRuntime.EnsureLoaded();
        string[] parts = choice.ToLowerInvariant().Split(',')[0].Split(':');
        remark = null;
        if (parts[0] is "cuda" or "auto" && cuda.is_available())
        {
            return new Device(DeviceType.CUDA, parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0);
        }

        if (parts[0] is not ("auto" or "cpu" or "cuda"))
        {
            remark = $"The model runs on the processor: {TorchRuntime.Description} cannot use {choice}.";
        }

        return CPU;
    }
}
