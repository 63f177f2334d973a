using System.CommandLine;
using Spex.Engine.Devices.Cpu;
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
            using CpuDevice cpu = new();
            terminal.Output.WriteLine($"{cpu.Name}: {cpu.Description}, {cpu.FreeBytes / (1 << 20):N0} MiB free");
            terminal.Output.WriteLine($"libtorch: {TorchRuntime.Description}");
            return SpexCommand.Done;
        });
        return command;
    }
}
