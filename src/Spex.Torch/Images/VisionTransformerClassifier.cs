using Spex.Core;
using Spex.Torch.Models;
using static TorchSharp.torch;

namespace Spex.Torch.Images;

/// <summary>A folder with a <see cref="VisionTransformer"/>, whose preprocessor_config.json says how images are prepared.</summary>
public sealed class VisionTransformerClassifier : ImageClassifier
{
    private const string PreparationFile = "preprocessor_config.json";

    // 1 / 255 as these files have it, to the digits that their writers print.
    private const double RescaleTolerance = 1e-6;

    private readonly VisionTransformer _model;

    private VisionTransformerClassifier(VisionTransformer model, ImagePreparation preparation)
    {
        _model = model;
        Preparation = preparation;
    }

    /// <inheritdoc/>
    public override string Name => "ViT";

    /// <inheritdoc/>
    public override string Hash => _model.Fingerprint;

    /// <inheritdoc/>
    public override IReadOnlyList<string>? ClassNames => _model.Labels;

    /// <inheritdoc/>
    public override ImagePreparation Preparation { get; }

    /// <inheritdoc/>
    public override Device Device => _model.Device;

    /// <summary>Opens a folder: config.json, weights, and preprocessor_config.json where there is one (otherwise: bilinear, mean and deviation 0.5, as the reference implementation's default).</summary>
    /// <param name="path">The folder.</param>
    /// <param name="device">Where it runs; null for the processor.</param>
    /// <exception cref="SpexInputException">The folder or a file in it is missing or malformed, or holds another kind of model.</exception>
    public static VisionTransformerClassifier Open(string path, Device? device = null)
    {
        ModelFolder folder = ModelFolder.Open(path);
        VisionTransformer model = folder.Load<VisionTransformer>(device: device);
        try
        {
            return new VisionTransformerClassifier(model, ReadPreparation(folder, model.ImageSize));
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor images) => _model.Forward(images);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _model.Dispose();

    private static ImagePreparation ReadPreparation(ModelFolder folder, int size)
    {
        if (!folder.Has(PreparationFile))
        {
            return new ImagePreparation(size, size, ResampleFilter.Bilinear, [0.5, 0.5, 0.5], [0.5, 0.5, 0.5]);
        }

        ModelConfiguration file = ModelConfiguration.Read(folder.FileOf(PreparationFile));
        CheckSize(file, size);
        int filter = file.WholeNumber("resample", 0, 5, (int)ResampleFilter.Bilinear);
        if (!Enum.IsDefined((ResampleFilter)filter))
        {
            throw file.Wrong("resample", $"{filter}", "0 (nearest), 1 (Lanczos), 2 (bilinear), 3 (bicubic) or 4 (box) are allowed");
        }

        double factor = file.Number("rescale_factor", 1 / 255.0);
        if (!file.Flag("do_rescale", true) || Math.Abs(factor - (1 / 255.0)) > RescaleTolerance)
        {
            throw new SpexInputException($"{file.Path}: pixels are rescaled by 1/255 here; \"do_rescale\" must be true and \"rescale_factor\" 0.00392156862745098.");
        }

        if (!file.Flag("do_normalize", true))
        {
            return new ImagePreparation(size, size, (ResampleFilter)filter, [0, 0, 0], [1, 1, 1]);
        }

        IReadOnlyList<double> mean = Channels(file, "image_mean"), deviation = Channels(file, "image_std");
        return deviation.All(value => value > 0)
            ? new ImagePreparation(size, size, (ResampleFilter)filter, mean, deviation)
            : throw file.Wrong("image_std", $"[{string.Join(", ", deviation)}]", "three numbers above 0 are allowed");
    }

    /// <summary>The size that images are brought to must be the model's.</summary>
    private static void CheckSize(ModelConfiguration file, int size)
    {
        if (!file.Flag("do_resize", true) || !file.Has("size"))
        {
            return;
        }

        (int height, int width) = file.IsObject("size") && file.Section("size") is { } section
            ? (section.WholeNumber("height"), section.WholeNumber("width"))
            : (file.WholeNumber("size"), file.WholeNumber("size"));
        if (height != size || width != size)
        {
            throw file.Wrong("size", $"{height} × {width}", $"the model takes {size} × {size}, \"image_size\" of its config.json");
        }
    }

    private static IReadOnlyList<double> Channels(ModelConfiguration file, string key) => file.Numbers(key) switch
    {
        { Count: 0 } => [0.5, 0.5, 0.5],
        { Count: 3 } numbers => numbers,
        { } numbers => throw file.Wrong(key, $"{numbers.Count} numbers", "3, one a channel, are allowed"),
    };
}
