using System.CommandLine;
using Spex.Core;
using Spex.Torch.Models;

namespace Spex.Cli.Commands;

/// <summary>`spex convert llama2c MODEL TOKENIZER DIR`: models of other programs as folders that `--model` takes.</summary>
internal static class ConvertCommand
{
    public static Command Create(Terminal terminal) => new("convert", "Turns other programs' model files into folders that --model takes.") { Llama2c(terminal) };

    private static Command Llama2c(Terminal terminal)
    {
        Argument<string> model = new("MODEL") { Description = "The model, such as stories260K.bin." };
        Argument<string> tokenizer = new("TOKENIZER") { Description = "Its tokenizer, such as tok512.bin." };
        Argument<string> folder = new("DIR") { Description = "The folder to write; made where it is missing." };
        Command command = new("llama2c", "A model and tokenizer of llama2.c.") { model, tokenizer, folder };
        command.SetAction(parsed =>
        {
            string target = parsed.GetRequiredValue(folder), from = parsed.GetRequiredValue(tokenizer);
            if (!File.Exists(from))
            {
                throw new SpexInputException($"There is no file {from}; check the path.");
            }

            Llama2cFile.Convert(parsed.GetRequiredValue(model), target);
            try
            {
                File.Copy(from, Path.Combine(target, "tokenizer.bin"), overwrite: true);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new SpexException($"{target} cannot be written: {error.Message}", error);
            }

            terminal.Output.WriteLine($"{target}: give it as --model");
            return SpexCommand.Done;
        });
        return command;
    }
}
