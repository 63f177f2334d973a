using System.CommandLine;
using System.Globalization;
using Spex.Core;
using Spex.Core.Formats;
using Spex.Torch.Images;
using Spex.Torch.TorchScript;
using TorchSharp;

namespace Spex.Cli.Commands;

/// <summary>Which image model, and what a TorchScript file does not tell of itself.</summary>
internal sealed class ImageModelOptions
{
    private const int Channels = 3;

    public Option<string?> Model { get; } = new("--model")
    {
        HelpName = "FILE|DIR",
        Description = "The model: the safetensors file of a CIFAR ResNet, the folder of a ViT (config.json), or a TorchScript file that takes images.",
    };

    public Option<(int Width, int Height)?> Size { get; } = Sides(
        "--size", "WIDTHxHEIGHT", "Of a TorchScript model: the size that pictures are brought to. [default: their own]");

    public Option<double[]?> Mean { get; } = Colours("--mean", "Of a TorchScript model: what is taken away from red, green and blue of 0 to 1. [default: 0,0,0]", double.IsFinite, "three numbers");

    public Option<double[]?> Deviation { get; } = Colours(
        "--sd", "Of a TorchScript model: what they are divided by. [default: 1,1,1]", number => number > 0 && double.IsFinite(number), "three numbers above 0");

    public Option<string?> Classes { get; } = OptionKinds.FileName("--classes", "Of a TorchScript model: a text file with the classes' names, one a line, in the order of the logits.");

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[Model, Size, Mean, Deviation, Classes])
        {
            command.Add(option);
        }
    }

    /// <summary>Opens the model that was given.</summary>
    /// <param name="parsed">What was given.</param>
    /// <param name="device">Where it runs.</param>
    public ImageClassifier Open(ParseResult parsed, torch.Device device)
    {
        string path = parsed.GetValue(Model) ?? throw new SpexInputException("There is no model: give --model FILE or DIR.");
        if (TorchScriptModule.IsArchive(path))
        {
            (int Width, int Height)? size = parsed.GetValue(Size);
            ImagePreparation preparation = new(size?.Width, size?.Height, ResampleFilter.Bilinear, Given(parsed, Mean) ?? [0, 0, 0], Given(parsed, Deviation) ?? [1, 1, 1]);
            string[]? names = parsed.GetValue(Classes) is { } file ? [.. CsvFile.Read(file).Select(line => string.Join(',', line.Fields))] : null;
            return new TorchScriptClassifier(TorchScriptModule.Open(path, device), preparation, names);
        }

        Option? misplaced = new Option[] { Size, Mean, Deviation, Classes }.FirstOrDefault(option => parsed.GetResult(option) is not null);
        if (misplaced is not null)
        {
            throw new SpexInputException($"{misplaced.Name} is for TorchScript models; {path} says itself what it takes.");
        }

        return Directory.Exists(path) ? VisionTransformerClassifier.Open(path, device) : CifarResNet.Open(path, device);
    }

    /// <summary>Two whole numbers with an x between them, each 1 or more.</summary>
    public static Option<(int Width, int Height)?> Sides(string name, string helpName, string description) => new(name)
    {
        HelpName = helpName,
        Description = description,
        CustomParser = argument =>
        {
            string given = argument.Tokens[^1].Value;
            string[] sides = given.Split('x', 'X');
            if (sides.Length == 2 && TryWhole(sides[0], out int width) && TryWhole(sides[1], out int height))
            {
                return (width, height);
            }

            argument.AddError($"{name} takes {helpName.Replace("x", " and ", StringComparison.Ordinal).ToLowerInvariant()}, such as 8x8; got {given}.");
            return null;
        },
    };

    /// <summary>A list that was given; one that was not comes as an empty one.</summary>
    private static double[]? Given(ParseResult parsed, Option<double[]?> option) => parsed.GetResult(option) is null ? null : parsed.GetValue(option);

    private static bool TryWhole(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number is >= 1 and <= 1 << 14;

    private static Option<double[]?> Colours(string name, string description, Func<double, bool> allowed, string what) => new(name)
    {
        HelpName = "R,G,B",
        Description = description,
        CustomParser = argument =>
        {
            string given = argument.Tokens[^1].Value;
            List<double> numbers = [];
            foreach (string part in given.Split(','))
            {
                if (double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && allowed(number))
                {
                    numbers.Add(number);
                }
            }

            if (numbers.Count == Channels && given.Split(',').Length == Channels)
            {
                return [.. numbers];
            }

            argument.AddError($"{name} takes {what} with commas between them; got {given}.");
            return null;
        },
    };
}
