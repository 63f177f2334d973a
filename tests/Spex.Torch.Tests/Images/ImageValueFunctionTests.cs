using Spex.Core;
using Spex.Core.Masks;
using Spex.Core.Tests.Formats;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.ValueFunctions;
using Spex.Torch.Forward;
using Spex.Torch.Images;

namespace Spex.Torch.Tests.Images;

public sealed class ImageValueFunctionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ReferenceResNet _reference = new(1);
    private readonly CifarResNet _model;
    private readonly RgbImage _image = TestImages.Noise(32, 32);

    public ImageValueFunctionTests() => _model = CifarResNet.Open(_reference.Save(_folder["model.safetensors"]));

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(ClassMeasure.Logit)]
    [InlineData(ClassMeasure.Margin)]
    [InlineData(ClassMeasure.Probability)]
    public void A_value_is_the_models_on_the_picture_with_grey_patches(ClassMeasure measure)
    {
        using ImageValueFunction function = new(_model, _image, ImageSegments.Grid(32, 32, 4, 4), new ImageValueOptions("3", measure, ImageRemoval.Grey));
        MaskMatrix masks = RandomMasks(6, 16);
        float[] values = Evaluate(function, masks);
        for (int row = 0; row < masks.RowCount; row++)
        {
            // Grey lies between two levels of a byte.
            double[] pixels = Array.ConvertAll(_image.Pixels.ToArray(), level => level / 255.0);
            for (int at = 0; at < 32 * 32; at++)
            {
                if (!masks[row, function.Segments.Labels[at]])
                {
                    pixels.AsSpan(at * 3, 3).Fill(0.5);
                }
            }

            double[] logits = _reference.Logits(pixels, 32, 32);
            double others = logits.Where((_, label) => label != 3).Max(), expected = measure switch
            {
                ClassMeasure.Logit => logits[3],
                ClassMeasure.Margin => logits[3] - others,
                _ => 1 / logits.Sum(logit => Math.Exp(logit - logits[3])),
            };
            Assert.Equal(expected, values[row], 1e-4);
        }
    }

    [Theory]
    [InlineData(ImageRemoval.Blur)]
    [InlineData(ImageRemoval.Mean)]
    [InlineData(ImageRemoval.Grey)]
    public void With_all_patches_it_is_the_models_logit_whatever_replaces_them(ImageRemoval removal)
    {
        using ImageValueFunction function = new(_model, _image, ImageSegments.Superpixels(_image, 12), new ImageValueOptions(Removal: removal));
        double[] logits = _reference.Logits(_image);
        Assert.Equal(Array.IndexOf(logits, logits.Max()), function.Predicted);
        Assert.Equal(function.Predicted, function.Target);
        Assert.Equal(logits.Max(), function.FullValue, 1e-4);
        Assert.Equal(1 / logits.Sum(logit => Math.Exp(logit - logits.Max())), function.PredictedProbability, 1e-4);
        Assert.NotEqual(function.FullValue, function.EmptyValue);
    }

    [Fact]
    public void A_picture_of_one_colour_is_its_own_blur_and_mean()
    {
        RgbImage plain = TestImages.Of(32, 32, (_, _) => (90, 200, 30));
        foreach (ImageRemoval removal in (ImageRemoval[])[ImageRemoval.Blur, ImageRemoval.Mean])
        {
            using ImageValueFunction function = new(_model, plain, ImageSegments.Grid(32, 32, 2, 2), new ImageValueOptions(Removal: removal));
            Assert.Equal(function.FullValue, function.EmptyValue, 1e-5);
        }
    }

    [Theory]
    [InlineData(40, 30)]
    [InlineData(600, 450)]
    [InlineData(513, 2)]
    public void A_blur_keeps_large_areas_and_wipes_out_stripes(int width, int height)
    {
        // Left dark, right light, with stripes of one pixel everywhere: the halves stay apart, the stripes do not.
        RgbImage picture = TestImages.Of(width, height, (x, _) => ((x < width / 2 ? 20 : 180) + (x % 2 * 50), 0, 0));
        float[] blurred = RemovedImage.Of(picture, ImageRemoval.Blur);
        float At(int x) => 255 * blurred[((height / 2 * width) + x) * 3];
        Assert.True(At(width / 8) < 80 && At(width * 7 / 8) > 170, $"{At(width / 8)} {At(width * 7 / 8)}");
        for (int x = 1; x < width; x++)
        {
            Assert.Equal(At(x - 1), At(x), 20.0 * Math.Max(1, 40.0 / width));
        }
    }

    [Fact]
    public void A_value_has_the_same_bits_in_every_batch_and_on_every_number_of_threads()
    {
        using ImageValueFunction function = new(_model, _image, ImageSegments.Grid(32, 32, 8, 8));
        MaskMatrix masks = RandomMasks(77, 64);
        float[] together = Evaluate(function, masks);
        Assert.Equal(together, Evaluate(function, masks, threads: 3));
        Assert.Equal(together, Evaluate(function, masks, batch: 7));
        Assert.Equal(together[..5], Evaluate(function, masks, batch: 1)[..5]);
    }

    [Fact]
    public void Fingerprints_tell_what_matters()
    {
        ImageSegments grid = ImageSegments.Grid(32, 32, 4, 4);
        HashSet<string> seen = [];
        foreach ((RgbImage image, ImageSegments segments, ImageValueOptions options) in ((RgbImage, ImageSegments, ImageValueOptions)[])
        [
            (_image, grid, new("1")),
            (TestImages.Noise(32, 32), grid, new("1")),
            (_image, ImageSegments.Grid(32, 32, 4, 5), new("1")),
            (_image, grid, new("2")),
            (_image, grid, new("1", ClassMeasure.Margin)),
            (_image, grid, new("1", Removal: ImageRemoval.Mean)),
        ])
        {
            using ImageValueFunction function = new(_model, image, segments, options);
            Assert.True(seen.Add(function.Fingerprint), function.Fingerprint);
        }
    }

    [Fact]
    public void A_class_that_is_not_there_is_refused()
    {
        ImageSegments grid = ImageSegments.Grid(32, 32, 2, 2);
        Assert.Contains("a number from 0 to 4", Assert.Throws<SpexInputException>(() => new ImageValueFunction(_model, _image, grid, new ImageValueOptions("5"))).Message);
        Assert.Contains("has no class frog", Assert.Throws<SpexInputException>(() => new ImageValueFunction(_model, _image, grid, new ImageValueOptions("frog"))).Message);
    }

    private static MaskMatrix RandomMasks(int rows, int features)
    {
        MaskMatrix masks = new(rows, features);
        for (int row = 0; row < rows; row++)
        {
            for (int feature = 0; feature < features; feature++)
            {
                masks[row, feature] = System.Random.Shared.Next(2) == 1;
            }
        }

        return masks;
    }

    private static float[] Evaluate(ImageValueFunction function, MaskMatrix masks, int batch = int.MaxValue, int threads = 1)
    {
        using CpuDevice device = new(threads);
        float[] all = new float[masks.RowCount];
        for (int start = 0; start < all.Length; start += Math.Min(batch, all.Length))
        {
            int count = Math.Min(batch, all.Length - start);
            using DeviceBuffer<ulong> packed = device.Allocate<ulong>(count * masks.WordsPerRow);
            using DeviceBuffer<float> values = device.Allocate<float>(count);
            packed.CopyFrom(masks.Words.AsSpan(start * masks.WordsPerRow, count * masks.WordsPerRow));
            function.Evaluate(new MaskBatch(packed, count, masks.FeatureCount, start), values, TestContext.Current.CancellationToken);
            values.Span[..count].CopyTo(all.AsSpan(start));
        }

        return all;
    }
}
