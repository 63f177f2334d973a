using System.Globalization;
using Spex.Core.Designs;
using Spex.Core.Masks;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.ValueFunctions;
using Spex.Torch.Images;
using static TorchSharp.torch;

namespace Spex.Benchmarks;

/// <summary>The masked path of image models beside the bare model at its best batch size: images for a second of processor time, one thread.</summary>
internal static class ImageModelTimes
{
    private const int Rounds = 5;

    private static readonly int[] BatchSizes = [1, 2, 4, 8, 16, 32, 64, 128, 256];

    public static int Run(string[] arguments)
    {
        if (arguments.Length != 2)
        {
            Console.Error.WriteLine("image-models MODEL FILE: the safetensors file of a CIFAR ResNet or the folder of a ViT, and a picture.");
            return 2;
        }

        using ImageClassifier model = Directory.Exists(arguments[0]) ? VisionTransformerClassifier.Open(arguments[0]) : CifarResNet.Open(arguments[0]);
        RgbImage seen = model.Preparation.Fit(RgbImage.Read(arguments[1]));
        Console.WriteLine($"{Benchmarks.Rounds.Machine()}; {model.Name}, {seen.Width} x {seen.Height}; medians of {Rounds} rounds, one thread, half the patches present");
        Console.WriteLine($"{"removal",-11}{"patches",8}{"ablations/s",13}{"bare images/s",15}{"its batch",11}{"share",8}");
        using var scope = NewDisposeScope();
        Tensor images = randn(BatchSizes[^1], 3, seen.Height, seen.Width);
        int best = BatchSizes.MaxBy(size => ImagesPerSecond(model, images, size));
        foreach (ImageRemoval removal in Enum.GetValues<ImageRemoval>())
        {
            using ImageValueFunction function = new(model, seen, ImageSegments.Grid(seen.Width, seen.Height, 8, 8), new ImageValueOptions(Removal: removal));
            List<(double Ablations, double Images)> rounds = [];
            for (int round = 0; round <= Rounds; round++)
            {
                rounds.Add((AblationsPerSecond(function, round), ImagesPerSecond(model, images, best)));
            }

            // The first round compiles.
            rounds.RemoveAt(0);
            double Median(Func<(double Ablations, double Images), double> number) => rounds.Select(number).Order().ElementAt(Rounds / 2);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{removal.ToString().ToLowerInvariant(),-11}{function.FeatureCount,8}{Median(one => one.Ablations),13:N0}{Median(one => one.Images),15:N0}{best,11}{Median(one => one.Ablations / one.Images),8:P0}"));
        }

        return 0;
    }

    private static double AblationsPerSecond(ImageValueFunction function, int seed)
    {
        using CpuDevice device = new(1);
        int count = function.PreferredBatchSize;
        using DeviceBuffer<ulong> packed = device.Allocate<ulong>((long)count * MaskMatrix.WordsFor(function.FeatureCount));
        using DeviceBuffer<float> values = device.Allocate<float>(count);
        UniformDesign design = new(function.FeatureCount, (ulong)seed, 0, 1 << 20);
        return PerSecond(count, done =>
        {
            packed.CopyFrom(design.ToMatrix(done, count).Words);
            function.Evaluate(new MaskBatch(packed, count, function.FeatureCount, done), values, CancellationToken.None);
        });
    }

    private static double ImagesPerSecond(ImageClassifier model, Tensor images, int batch) => PerSecond(batch, _ =>
    {
        using var grad = no_grad();
        using var scope = NewDisposeScope();
        using Tensor logits = model.Forward(images.narrow(0, 0, batch));
    });

    private static double PerSecond(int batch, Action<long> run)
    {
        long done = 0;
        TimeSpan start = Environment.CpuUsage.TotalTime;
        do
        {
            run(done);
            done += batch;
        }
        while ((Environment.CpuUsage.TotalTime - start).TotalSeconds < 0.5);
        return done / (Environment.CpuUsage.TotalTime - start).TotalSeconds;
    }
}
