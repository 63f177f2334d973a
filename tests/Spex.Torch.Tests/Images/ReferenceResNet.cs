using Spex.Torch.Images;
using Spex.Torch.Safetensors;

namespace Spex.Torch.Tests.Images;

/// <summary>A small residual network with random weights, written down loop by loop in float64: convolution, normalisation, ReLU, shortcut.</summary>
internal sealed class ReferenceResNet
{
    private const int Classes = 5;
    private static readonly double[] Mean = [0.485, 0.456, 0.406], Deviation = [0.229, 0.224, 0.225];
    private readonly int _blocks;
    private readonly Dictionary<string, (long[] Shape, double[] Numbers)> _weights = [];

    public ReferenceResNet(int blocks)
    {
        _blocks = blocks;
        AddConvolution("conv1", "bn1", 3, 4);
        int channels = 4;
        for (int stage = 1; stage <= 3; stage++)
        {
            for (int k = 0; k < blocks; k++)
            {
                int planes = 2 << stage;
                AddConvolution($"layer{stage}.{k}.conv1", $"layer{stage}.{k}.bn1", channels, planes);
                AddConvolution($"layer{stage}.{k}.conv2", $"layer{stage}.{k}.bn2", planes, planes);
                channels = planes;
            }
        }

        AddNumbers("linear.weight", [Classes, channels], () => Normal());
        AddNumbers("linear.bias", [Classes], () => Normal());
    }

    public string Save(string path, Action<SafetensorsWriter>? more = null, string? without = null)
    {
        SafetensorsWriter writer = new();
        foreach ((string name, (long[] shape, double[] numbers)) in _weights.Where(entry => entry.Key != without))
        {
            Add(writer, name, shape, numbers);
        }

        more?.Invoke(writer);
        writer.Save(path);
        return path;
    }

    public static void Add(SafetensorsWriter writer, string name, long[] shape, double[] numbers) =>
        writer.Add(name, SafetensorsType.F32, shape, [.. numbers.SelectMany(number => BitConverter.GetBytes((float)number))]);

    public double[] Logits(RgbImage image) => Logits(Array.ConvertAll(image.Pixels.ToArray(), level => level / 255.0), image.Width, image.Height);

    /// <summary>The logits of a picture whose pixels are numbers from 0 to 1, row after row, three channels each.</summary>
    public double[] Logits(double[] pixels, int width, int height)
    {
        double[,,] x = new double[3, height, width];
        for (int i = 0; i < pixels.Length; i++)
        {
            x[i % 3, i / 3 / width, i / 3 % width] = (pixels[i] - Mean[i % 3]) / Deviation[i % 3];
        }

        x = Relu(Convolve(x, "conv1", "bn1", 1));
        for (int stage = 1; stage <= 3; stage++)
        {
            for (int k = 0; k < _blocks; k++)
            {
                int stride = stage > 1 && k == 0 ? 2 : 1;
                double[,,] y = Convolve(Relu(Convolve(x, $"layer{stage}.{k}.conv1", $"layer{stage}.{k}.bn1", stride)), $"layer{stage}.{k}.conv2", $"layer{stage}.{k}.bn2", 1);
                int before = (y.GetLength(0) - x.GetLength(0)) / 2;
                for (int c = 0; c < x.GetLength(0); c++)
                {
                    for (int row = 0; row < y.GetLength(1); row++)
                    {
                        for (int column = 0; column < y.GetLength(2); column++)
                        {
                            y[c + before, row, column] += x[c, row * stride, column * stride];
                        }
                    }
                }

                x = Relu(y);
            }
        }

        double[] logits = [.. _weights["linear.bias"].Numbers];
        double places = x.GetLength(1) * x.GetLength(2);
        for (int label = 0; label < Classes; label++)
        {
            for (int c = 0; c < x.GetLength(0); c++)
            {
                double sum = 0;
                for (int at = 0; at < places; at++)
                {
                    sum += x[c, at / x.GetLength(2), at % x.GetLength(2)];
                }

                logits[label] += _weights["linear.weight"].Numbers[(label * x.GetLength(0)) + c] * sum / places;
            }
        }

        return logits;
    }

    private double[,,] Convolve(double[,,] x, string convolution, string norm, int stride)
    {
        (long[] shape, double[] weight) = _weights[$"{convolution}.weight"];
        int planes = (int)shape[0], channels = (int)shape[1], height = x.GetLength(1) / stride, width = x.GetLength(2) / stride;
        double[,,] y = new double[planes, height, width];
        for (int at = 0; at < y.Length; at++)
        {
            int plane = at / (height * width), row = at / width % height, column = at % width;
            double sum = 0;
            for (int tap = 0; tap < channels * 9; tap++)
            {
                int from = (row * stride) + (tap / 3 % 3) - 1, across = (column * stride) + (tap % 3) - 1;
                if (from >= 0 && from < x.GetLength(1) && across >= 0 && across < x.GetLength(2))
                {
                    sum += weight[(plane * channels * 9) + tap] * x[tap / 9, from, across];
                }
            }

            double Of(string part) => _weights[$"{norm}.{part}"].Numbers[plane];
            y[plane, row, column] = ((sum - Of("running_mean")) / Math.Sqrt(Of("running_var") + 1e-5) * Of("weight")) + Of("bias");
        }

        return y;
    }

    private static double[,,] Relu(double[,,] x)
    {
        for (int c = 0; c < x.GetLength(0); c++)
        {
            for (int row = 0; row < x.GetLength(1); row++)
            {
                for (int column = 0; column < x.GetLength(2); column++)
                {
                    x[c, row, column] = Math.Max(0, x[c, row, column]);
                }
            }
        }

        return x;
    }

    private void AddConvolution(string convolution, string norm, int channels, int planes)
    {
        AddNumbers($"{convolution}.weight", [planes, channels, 3, 3], () => Normal() / Math.Sqrt(channels * 9));
        AddNumbers($"{norm}.weight", [planes], () => 0.5 + System.Random.Shared.NextDouble());
        AddNumbers($"{norm}.bias", [planes], () => 0.3 * Normal());
        AddNumbers($"{norm}.running_mean", [planes], () => 0.3 * Normal());
        AddNumbers($"{norm}.running_var", [planes], () => 0.5 + System.Random.Shared.NextDouble());
    }

    // As they are stored: float32.
    private void AddNumbers(string name, long[] shape, Func<double> draw) =>
        _weights[name] = (shape, [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (product, extent) => product * extent)).Select(_ => (double)(float)draw())]);

    private static double Normal() => Math.Sqrt(-2 * Math.Log(1 - System.Random.Shared.NextDouble())) * Math.Cos(2 * Math.PI * System.Random.Shared.NextDouble());
}
