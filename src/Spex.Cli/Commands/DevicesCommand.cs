using System.CommandLine;
using Spex.Engine.Devices;
using Spex.Torch.Native;

namespace Spex.Cli.Commands;

/// <summary>`spex devices`: what explanations can run on here.</summary>
internal static class DevicesCommand
{
    public static Command Create(Terminal terminal)
    {
        Command command = new("devices", "Lists the devices and the model library.");
        command.SetAction(_ =>
        {
            foreach (DeviceListing device in DeviceCatalog.List())
            {
                string memory = device.MemoryBytes > 0 ? $", {device.MemoryBytes / (1 << 20):N0} MiB {(device.Name == "cpu" ? "free" : "of memory")}" : "";
                string what = $"{device.Description}{memory}";
                terminal.Output.WriteLine(device.WhyNot is null ? $"{device.Name}: {what}" : $"{device.Name}: {(what.Length == 0 ? "" : $"{what}; ")}not usable, {device.WhyNot}");
            }

            terminal.Output.WriteLine($"libtorch: {TorchRuntime.Description}");
            return SpexCommand.Done;
        });
        return command;
    }
}
