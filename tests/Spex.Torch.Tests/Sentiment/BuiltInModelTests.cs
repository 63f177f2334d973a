using System.Globalization;
using System.Numerics;
using Spex.Core.Masks;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.ValueFunctions;
using Spex.Torch.Sentiment;

namespace Spex.Torch.Tests.Sentiment;

/// <summary>The weights that are shipped: they read what they should, and what they read does not change unseen.</summary>
public sealed class BuiltInModelTests : IDisposable
{
    private readonly SentimentModel _model = SentimentModel.LoadBuiltIn();

    public void Dispose() => _model.Dispose();

    [Theory]
    [InlineData("not bad", SentimentClass.Positive)]
    [InlineData("never dull", SentimentClass.Positive)]
    [InlineData("far from boring", SentimentClass.Positive)]
    [InlineData("The film is not bad.", SentimentClass.Positive)]
    [InlineData("It isn't bad at all", SentimentClass.Positive)]
    [InlineData("anything but boring", SentimentClass.Positive)]
    [InlineData("Her acting never fails to impress", SentimentClass.Positive)]
    [InlineData("great", SentimentClass.Positive)]
    [InlineData("not good", SentimentClass.Negative)]
    [InlineData("This is not a good film.", SentimentClass.Negative)]
    [InlineData("far from good", SentimentClass.Negative)]
    [InlineData("hardly a masterpiece", SentimentClass.Negative)]
    [InlineData("The plot fails to convince.", SentimentClass.Negative)]
    [InlineData("terrible", SentimentClass.Negative)]
    public void Understands_negation(string text, SentimentClass expected)
    {
        using SentimentValueFunction function = new(_model, text);
        Assert.Equal(expected, function.Predicted);
    }

    [Fact]
    public void Never_and_fails_are_the_strongest_pair()
    {
        string[] words = ["Her", "acting", "never", "fails", "to", "impress"];
        using SentimentValueFunction function = new(_model, string.Join(' ', words));
        float[] values = All(function);
        List<(double Strength, string Pair)> pairs = [];
        for (int i = 0; i < words.Length; i++)
        {
            for (int j = i + 1; j < words.Length; j++)
            {
                // The faithful Banzhaf interaction of order 2 of a pair is four times its Fourier coefficient.
                double coefficient = 0;
                for (int mask = 0; mask < values.Length; mask++)
                {
                    int sign = (BitOperations.PopCount((uint)(mask & ((1 << i) | (1 << j)))) & 1) == 0 ? 1 : -1;
                    coefficient += sign * (double)values[mask] / values.Length;
                }

                pairs.Add((4 * coefficient, $"{words[i]} {words[j]}"));
            }
        }

        (double strength, string strongest) = pairs.MaxBy(pair => Math.Abs(pair.Strength));
        Assert.Equal("never fails", strongest);
        Assert.True(strength > 1, $"{strength}");
    }

    [Fact]
    public void Classifies_the_SST_2_test_sentences_as_the_card_says()
    {
        string? data = SharedFolder.Find("data", "sst2_test.tsv");
        if (data is null)
        {
            Assert.Skip("No ../shared/data with sst2_test.tsv above this folder.");
        }

        List<LabelledText> test = [.. File.ReadLines(Path.Combine(data, "sst2_test.tsv"))
            .Select(line => new LabelledText(line[..line.LastIndexOf('\t')], line[^1] - '0'))];
        double accuracy = SentimentTrainer.Accuracy(_model, test);
        Assert.True(accuracy >= 84, accuracy.ToString(CultureInfo.InvariantCulture));
    }

    private static float[] All(SentimentValueFunction function)
    {
        using CpuDevice device = new(1);
        int count = 1 << function.FeatureCount;
        using DeviceBuffer<ulong> packed = device.Allocate<ulong>(count * MaskMatrix.WordsFor(function.FeatureCount));
        using DeviceBuffer<float> values = device.Allocate<float>(count);
        for (int mask = 0; mask < count; mask++)
        {
            packed.Span[mask] = (ulong)mask;
        }

        function.Evaluate(new MaskBatch(packed, count, function.FeatureCount, 0), values, TestContext.Current.CancellationToken);
        return values.Span.ToArray();
    }
}
