using System.CommandLine;
using System.Globalization;
using Spex.Core;
using Spex.Reports;
using Spex.Torch.Devices;
using Spex.Torch.Images;

namespace Spex.Cli.Commands;

/// <summary>`spex explain image FILE --model …`: what an image classifier says about a picture.</summary>
internal static class ExplainImageCommand
{
    // A result holds the picture; what people look at needs no more pixels than this on its longer side.
    private const int LongestShown = 1024;

    public static Command Create(Terminal terminal, CancellationToken cancel)
    {
        Argument<string> file = new("FILE") { Description = "A picture: PNG or JPEG." };
        ImageModelOptions model = new();
        Option<(int Columns, int Rows)?> grid = ImageModelOptions.Sides("--grid", "COLUMNSxROWS", "Features are the patches of a grid. [default: 8x8]");
        Option<int?> patch = OptionKinds.OptionalNumber("--patch", "PIXELS", "Features are square patches of so many pixels of the image that the model sees.", 1, 1 << 20);
        Option<int?> superpixels = OptionKinds.OptionalNumber("--superpixels", "N", "Features are about N superpixels: regions of like colour (SLIC).", 2, 1 << 20);
        Option<string> removal = OptionKinds.Choice("--removal", "HOW", "What stands in the place of a feature that is switched off: the picture blurred, its mean colour, or grey.", ["blur", "mean", "grey"]);
        ClassOptions classes = new("by name or number");
        Option<string?> overlay = OptionKinds.FileName("--overlay", "Draws the picture with coloured features and the strongest pairs as lines: PNG. Blue and + raise the value; orange, − and dashes lower it.");
        ExplainOptions options = new();
        Command command = new("image", "Explains what an image classifier says about a picture: which patches, and which patches together.")
        {
            file, grid, patch, superpixels, removal, overlay,
        };
        model.AddTo(command);
        classes.AddTo(command);
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(file);
            RgbImage picture = RgbImage.Read(path);
            ImageValueOptions chosen = new(classes.Target(parsed), classes.Measure(parsed), Enum.Parse<ImageRemoval>(parsed.GetRequiredValue(removal), ignoreCase: true));
            ImageValueFunction Explain(ImageClassifier classifier)
            {
                RgbImage seen = classifier.Preparation.Fit(picture);
                return new ImageValueFunction(classifier, seen, Cut(seen, parsed.GetValue(grid), parsed.GetValue(patch), parsed.GetValue(superpixels)), chosen);
            }

            using ReplicableModel<ImageClassifier, ImageValueFunction> explained = ChosenDevices.Explained(device => model.Open(parsed, device), Explain, options, parsed, terminal);
            Subject subject = Describe(path, picture, explained.Model, explained.Function);
            return ExplainRun.Invoke(subject, explained, options, parsed, terminal, cancel, (parsed.GetValue(overlay), (drawing, explanation) => ImageOverlay.Write(drawing, subject, explanation)));
        });
        return command;
    }

    private static ImageSegments Cut(RgbImage seen, (int Columns, int Rows)? grid, int? patch, int? superpixels)
    {
        if (new object?[] { grid, patch, superpixels }.Count(given => given is not null) > 1)
        {
            throw new SpexInputException("Of --grid, --patch and --superpixels give one: each says what a feature is.");
        }

        if (patch is { } pixels)
        {
            return ImageSegments.Patches(seen.Width, seen.Height, pixels);
        }

        (int columns, int rows) = grid ?? (8, 8);
        return superpixels is { } wanted ? ImageSegments.Superpixels(seen, wanted) : ImageSegments.Grid(seen.Width, seen.Height, columns, rows);
    }

    private static Subject Describe(string path, RgbImage picture, ImageClassifier classifier, ImageValueFunction function)
    {
        string measure = function.Measure.ToString().ToLowerInvariant();
        string value = string.Create(
            CultureInfo.InvariantCulture,
            $"the {measure} of {classifier.NameOf(function.Target)}; {classifier.Name} says {classifier.NameOf(function.Predicted)} with probability {function.PredictedProbability:0.000}");
        double shrink = Math.Min(1, (double)LongestShown / Math.Max(picture.Width, picture.Height));
        RgbImage shown = picture.Resize(Math.Max(1, (int)(picture.Width * shrink)), Math.Max(1, (int)(picture.Height * shrink)));
        return new Subject("image", path, value, function.Segments.Kind, function.Segments.Names)
        {
            Image = new SubjectImage(shown.EncodePng(), shown.Width, shown.Height, function.Segments.LabelsAt(shown.Width, shown.Height)),
        };
    }
}
