using Spex.Core;
using Spex.Core.Masks;
using Spex.Core.Random;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.ValueFunctions;
using Spex.Torch.Sentiment;
using Spex.Torch.Text;
using TorchSharp;

namespace Spex.Torch.Tests.Sentiment;

public sealed class SentimentValueFunctionTests : IDisposable
{
    // Of the logits, which are of the order of 1: float32 sums in another order.
    private const double Rounding = 2e-5;

    private readonly SentimentModel _model = TestModels.Random();

    public void Dispose() => _model.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(61)]
    [InlineData(130)]
    [InlineData(700)]
    public void Equals_the_plain_forward_pass_on_the_text_with_mask_tokens(int words)
    {
        string text = TestModels.Text(words);
        using SentimentValueFunction function = new(_model, text, new SentimentValueOptions(SentimentClass.Positive));
        MaskMatrix masks = RandomMasks(40, function.FeatureCount);
        float[] values = Evaluate(function, masks);
        int[] ids = _model.Vocabulary.Encode(function.Text.Tokens);
        for (int row = 0; row < masks.RowCount; row++)
        {
            int[] masked = [.. ids.Select((id, token) => masks[row, token] ? id : Vocabulary.Mask)];
            Assert.Equal(_model.Logits(masked).Positive, values[row], Rounding);
        }

        Assert.Equal(_model.Logits(ids).Positive, function.FullValue, Rounding);
        Assert.Equal(function.FullValue, values[0], Rounding);
        Assert.Equal(function.EmptyValue, values[1], Rounding);
    }

    [Fact]
    public void A_feature_of_several_tokens_is_switched_off_as_one()
    {
        const string Text = "w1 w2-w3, w4's (w5!) w6";
        using SentimentValueFunction function = new(_model, Text, new SentimentValueOptions(SentimentClass.Negative));
        Assert.Equal(5, function.FeatureCount);
        int[] ids = _model.Vocabulary.Encode(function.Text.Tokens);
        MaskMatrix masks = new(1 << 5, 5);
        for (int row = 0; row < masks.RowCount; row++)
        {
            masks.Row(row)[0] = (ulong)row;
        }

        float[] values = Evaluate(function, masks);
        for (int row = 0; row < masks.RowCount; row++)
        {
            int[] masked = (int[])ids.Clone();
            for (int feature = 0; feature < 5; feature++)
            {
                TextFeature group = function.Text.Features[feature];
                if (!masks[row, feature])
                {
                    masked.AsSpan(group.FirstToken, group.TokenCount).Fill(Vocabulary.Mask);
                }
            }

            Assert.Equal(_model.Logits(masked).Negative, values[row], Rounding);
        }
    }

    [Fact]
    public void A_value_has_the_same_bits_in_every_batch_and_on_any_number_of_threads()
    {
        using SentimentValueFunction function = new(_model, TestModels.Text(90));
        MaskMatrix masks = RandomMasks(700, function.FeatureCount);
        float[] whole = Evaluate(function, masks);
        Assert.Equal(whole, Evaluate(function, masks, threads: 2));
        Assert.All(whole, value => Assert.True(float.IsFinite(value)));
        foreach (int size in new[] { 1, 7, 256, 300 })
        {
            for (int first = 0; first < (size == 1 ? 30 : masks.RowCount); first += size)
            {
                int count = Math.Min(size, masks.RowCount - first);
                MaskMatrix part = new(count, masks.FeatureCount);
                masks.Words.AsSpan(first * masks.WordsPerRow, count * masks.WordsPerRow).CopyTo(part.Words);
                Assert.Equal(whole.AsSpan(first, count).ToArray(), Evaluate(function, part));
            }
        }
    }

    [Fact]
    public void The_target_is_the_predicted_class_unless_told()
    {
        string text = TestModels.Text(9);
        using SentimentValueFunction predicted = new(_model, text);
        Assert.Equal(predicted.Predicted, predicted.Target);
        Assert.Equal(Math.Max(predicted.NegativeLogit, predicted.PositiveLogit), predicted.FullValue);
        SentimentClass other = 1 - predicted.Predicted;
        using SentimentValueFunction told = new(_model, text, new SentimentValueOptions(other));
        Assert.Equal(Math.Min(predicted.NegativeLogit, predicted.PositiveLogit), told.FullValue);
        Assert.Equal(1 / (1 + Math.Exp(predicted.NegativeLogit - predicted.PositiveLogit)), predicted.PositiveProbability, 1e-6);
    }

    [Fact]
    public void The_fingerprint_tells_functions_apart()
    {
        using SentimentModel second = TestModels.Random(words: 51);
        List<string> prints = [];
        foreach ((SentimentModel model, string text, SentimentValueOptions options) in new[]
        {
            (_model, "w1 w2", new SentimentValueOptions(SentimentClass.Positive)),
            (_model, "w1  w2", new SentimentValueOptions(SentimentClass.Positive)),
            (_model, "w1 w2", new SentimentValueOptions(SentimentClass.Negative)),
            (_model, "w1 w2", new SentimentValueOptions(SentimentClass.Positive, TextUnit.Token)),
            (second, "w1 w2", new SentimentValueOptions(SentimentClass.Positive)),
        })
        {
            using SentimentValueFunction function = new(model, text, options);
            using SentimentValueFunction again = new(model, text, options);
            Assert.Equal(function.Fingerprint, again.Fingerprint);
            prints.Add(function.Fingerprint);
        }

        Assert.Equal(prints.Count, prints.Distinct().Count());
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \n\t")]
    [InlineData("... !!! --")]
    public void A_text_without_words_is_refused(string text)
    {
        SpexInputException error = Assert.Throws<SpexInputException>(() => new SentimentValueFunction(_model, text));
        Assert.Contains("no words", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_word_has_two_values()
    {
        using SentimentValueFunction function = new(_model, "w3");
        MaskMatrix masks = new(2, 1);
        masks[1, 0] = true;
        Assert.Equal([function.EmptyValue, function.FullValue], Evaluate(function, masks));
        Assert.NotEqual(function.EmptyValue, function.FullValue);
    }

    [Fact]
    public void Ten_thousand_words_are_explained_by_the_same_function()
    {
        string text = TestModels.Text(10_000);
        using SentimentValueFunction function = new(_model, text, new SentimentValueOptions(SentimentClass.Positive));
        MaskMatrix masks = RandomMasks(4, function.FeatureCount);
        float[] values = Evaluate(function, masks);
        int[] ids = _model.Vocabulary.Encode(function.Text.Tokens);
        int[] masked = [.. ids.Select((id, token) => masks[3, token] ? id : Vocabulary.Mask)];
        Assert.Equal(_model.Logits(masked).Positive, values[3], Rounding);
        Assert.All(values, value => Assert.True(float.IsFinite(value)));
        Assert.InRange(function.PreferredBatchSize, 256, 1024);
    }

    [Fact]
    public void More_words_than_the_table_may_hold_are_refused()
    {
        SpexInputException error = Assert.Throws<SpexInputException>(() => new SentimentValueFunction(_model, TestModels.Text(AblationTable.MostTokens + 1)));
        Assert.Contains("120000", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Masks_of_another_length_and_too_little_room_are_refused()
    {
        using CpuDevice device = new(1);
        using SentimentValueFunction function = new(_model, "w1 w2 w3");
        using DeviceBuffer<ulong> packed = device.Allocate<ulong>(2);
        using DeviceBuffer<float> one = device.Allocate<float>(1);
        Assert.Throws<ArgumentException>(() => function.Evaluate(new MaskBatch(packed, 1, 4, 0), one, CancellationToken.None));
        Assert.Throws<ArgumentException>(() => function.Evaluate(new MaskBatch(packed, 2, 3, 0), one, CancellationToken.None));
    }

    [Fact]
    public void Stops_when_cancelled()
    {
        using SentimentValueFunction function = new(_model, TestModels.Text(20));
        Assert.ThrowsAny<OperationCanceledException>(() => Evaluate(function, RandomMasks(10, 20), cancelled: true));
        Assert.ThrowsAny<OperationCanceledException>(() => Evaluate(function, RandomMasks(600, 20), threads: 2, cancelled: true));
    }

    [Fact]
    public void Leaves_no_tensor_behind()
    {
        _ = Evaluate(new SentimentValueFunction(_model, "w1 w2"), RandomMasks(3, 2));
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using (torch.ones(1))
        {
            Assert.Equal(before + 1, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        }

        for (int round = 0; round < 20; round++)
        {
            using SentimentValueFunction function = new(_model, TestModels.Text(40));
            _ = Evaluate(function, RandomMasks(300, 40));
            _ = _model.Logits([3, 4, 5]);
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    /// <summary>Masks of mixed densities; the first has all features, the second none.</summary>
    private static MaskMatrix RandomMasks(int rows, int features)
    {
        MaskMatrix masks = new(rows, features);
        for (int row = 0; row < rows; row++)
        {
            for (int feature = 0; feature < features; feature++)
            {
                double density = row == 0 ? 1 : row == 1 ? 0 : Philox.Uniform(3, 0, (ulong)row);
                masks[row, feature] = Philox.Uniform(3, (ulong)row + 1, (ulong)feature) < density;
            }
        }

        return masks;
    }

    private static float[] Evaluate(SentimentValueFunction function, MaskMatrix masks, int threads = 1, bool cancelled = false)
    {
        using CpuDevice device = new(threads);
        using DeviceBuffer<ulong> packed = device.Allocate<ulong>(masks.Words.Length);
        using DeviceBuffer<float> values = device.Allocate<float>(masks.RowCount);
        packed.CopyFrom(masks.Words);
        function.Evaluate(new MaskBatch(packed, masks.RowCount, masks.FeatureCount, 0), values, new CancellationToken(cancelled));
        float[] result = new float[masks.RowCount];
        values.CopyTo(result);
        return result;
    }
}
