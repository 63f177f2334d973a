using Spex.GpuCheck;

return CheckCommand.Run(args, Console.Out, Console.Error);
