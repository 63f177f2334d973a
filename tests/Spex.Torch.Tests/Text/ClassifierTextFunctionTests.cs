using Spex.Core;
using Spex.Core.Masks;
using Spex.Core.Tests.Formats;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.ValueFunctions;
using Spex.Torch.Forward;
using Spex.Torch.Models;
using Spex.Torch.Text;
using Spex.Torch.Tokenizers;
using TorchSharp;
using static TorchSharp.torch;

namespace Spex.Torch.Tests.Text;

public sealed class ClassifierTextFunctionTests
{
    private const double Rounding = 2e-6;
    private const string Sentence = "Her acting never fails to impress, it was not bad at all!";

    [Theory]
    [InlineData(TextRemoval.Mask, TextUnit.Word)]
    [InlineData(TextRemoval.Neutral, TextUnit.Word)]
    [InlineData(TextRemoval.Delete, TextUnit.Word)]
    [InlineData(TextRemoval.Attention, TextUnit.Word)]
    [InlineData(TextRemoval.Mask, TextUnit.Token)]
    [InlineData(TextRemoval.Delete, TextUnit.Sentence)]
    public void Every_value_is_the_model_s_on_the_text_that_is_left(TextRemoval removal, TextUnit unit)
    {
        const string Text = $"{Sentence} The plot is dull. One two.";
        using TemporaryFolder folder = TextModels.Encoder();
        using TextModel model = TextModel.Open(folder.FullName);
        using EncoderClassifier bare = ModelFolder.Open(folder.FullName).Load<EncoderClassifier>();
        TextParts parts = TextParts.Split(Text, unit, ["never fails"]);
        using ClassifierTextFunction function = model.Classify(parts, new ClassifierTextOptions("LABEL_1", Removal: removal, Neutral: "new filler1"));
        MaskMatrix masks = TextModels.RandomMasks(40, function.FeatureCount);
        float[] values = TextModels.Evaluate(function, masks);
        IReadOnlyList<TextPiece> pieces = model.Tokenizer.Encode(Text);
        for (int row = 0; row < masks.RowCount; row++)
        {
            List<long> ids = [.. model.Tokenizer.Special.Before];
            List<bool> present = [true];
            int last = -1;
            foreach (TextPiece piece in pieces)
            {
                // The feature is the last one that begins before the token, unless the token is kept.
                int kept = Text.IndexOf("never fails", StringComparison.Ordinal);
                bool isKept = piece.Span.Start >= kept && piece.Span.Start < kept + "never fails".Length;
                int feature = isKept ? -1 : Math.Max(0, function.Features.ToList().FindLastIndex(span => span.Start <= piece.Span.Start));
                bool on = feature < 0 || masks[row, feature];
                if (on || removal == TextRemoval.Attention)
                {
                    ids.Add(piece.Id);
                    present.Add(on);
                }
                else if (removal == TextRemoval.Mask)
                {
                    ids.Add(model.Tokenizer.Special.Mask!.Value);
                    present.Add(true);
                }
                else if (removal == TextRemoval.Neutral && feature != last)
                {
                    IReadOnlyList<int> neutral = model.Tokenizer.EncodeContinuation("new filler1");
                    ids.AddRange(neutral.Select(id => (long)id));
                    present.AddRange(neutral.Select(_ => true));
                    last = feature;
                }
            }

            ids.AddRange(model.Tokenizer.Special.After.Select(id => (long)id));
            present.Add(true);
            using Tensor text = tensor(ids.ToArray(), 1, ids.Count), seen = tensor(present.ToArray(), 1, present.Count), logits = bare.Forward(text, new EncoderPass { Present = seen });
            Assert.Equal(logits.data<float>()[1], values[row], Rounding);
        }

        Assert.Equal(values[0], function.FullValue, Rounding);
        Assert.Equal(values[1], function.EmptyValue, Rounding);
    }

    [Fact]
    public void A_value_depends_on_its_mask_alone()
    {
        using TemporaryFolder folder = TextModels.Encoder("distilbert");
        using TextModel model = TextModel.Open(folder.FullName);
        foreach (TextRemoval removal in Enum.GetValues<TextRemoval>())
        {
            using ClassifierTextFunction function = model.Classify(TextParts.Split(Sentence, TextUnit.Word), new ClassifierTextOptions(Removal: removal));
            MaskMatrix masks = TextModels.RandomMasks(60, function.FeatureCount);
            float[] together = TextModels.Evaluate(function, masks), threads = TextModels.Evaluate(function, masks, threads: 2);
            Assert.Equal(together, threads);
            for (int row = 0; row < 10; row++)
            {
                MaskMatrix one = new(1, masks.FeatureCount);
                masks.Row(row).CopyTo(one.Row(0));
                Assert.Equal(together[row], TextModels.Evaluate(function, one)[0], Rounding);
            }
        }
    }

    [Fact]
    public void Measures_and_targets()
    {
        using TemporaryFolder folder = TextModels.Encoder();
        using TextModel model = TextModel.Open(folder.FullName);
        TextParts parts = TextParts.Split(Sentence, TextUnit.Word);
        using ClassifierTextFunction logit = model.Classify(parts);
        double[] logits = [.. logit.Logits.Select(value => (double)value)];
        Assert.Equal(logits.Max(), logit.FullValue, Rounding);
        Assert.Equal(Array.IndexOf(logits, logits.Max()), logit.Target);
        using ClassifierTextFunction margin = model.Classify(parts, new ClassifierTextOptions("2", ClassMeasure.Margin));
        Assert.Equal(logits[2] - Math.Max(logits[0], logits[1]), margin.FullValue, Rounding);
        using ClassifierTextFunction probability = model.Classify(parts, new ClassifierTextOptions("label_0", ClassMeasure.Probability));
        Assert.Equal(Math.Exp(logits[0]) / logits.Sum(Math.Exp), probability.FullValue, Rounding);
        Assert.Equal(3, new[] { logit.Fingerprint, margin.Fingerprint, probability.Fingerprint }.Distinct().Count());
        Assert.Contains("LABEL_0", probability.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Windows_average_the_logits()
    {
        using TemporaryFolder folder = TextModels.Encoder();
        using TextModel model = TextModel.Open(folder.FullName);
        using EncoderClassifier bare = ModelFolder.Open(folder.FullName).Load<EncoderClassifier>();
        string text = string.Join(' ', Enumerable.Repeat("the film was not bad", 10));
        SpexInputException tooLong = Assert.Throws<SpexInputException>(() => model.Classify(TextParts.Split(text, TextUnit.Word)));
        Assert.Contains("52 tokens and the model takes 40: 12 too many", tooLong.Message, StringComparison.Ordinal);
        Assert.Contains("--window 38", tooLong.Message, StringComparison.Ordinal);
        using ClassifierTextFunction function = model.Classify(TextParts.Split(text, TextUnit.Word), new ClassifierTextOptions("0", Window: 30));
        IReadOnlyList<int> ids = model.Tokenizer.EncodeWhole(text);
        double sum = 0;
        foreach (int[] window in ids.Skip(1).SkipLast(1).Chunk(30))
        {
            long[] whole = [ids[0], .. window.Select(id => (long)id), ids[^1]];
            using Tensor tokens = tensor(whole, 1, whole.Length), logits = bare.Forward(tokens);
            sum += logits.data<float>()[0];
        }

        Assert.Equal(sum / 2, function.FullValue, Rounding);
        Assert.Contains("1 to 38", Refused(() => model.Classify(TextParts.Split(text, TextUnit.Word), new ClassifierTextOptions(Window: 39))), StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_explained_is_told()
    {
        using TemporaryFolder folder = TextModels.Encoder(), maskless = TextModels.Encoder(hasMask: false);
        using TextModel model = TextModel.Open(folder.FullName), without = TextModel.Open(maskless.FullName);
        TextParts parts = TextParts.Split(Sentence, TextUnit.Word);
        Assert.Contains("no class good; its classes are LABEL_0, LABEL_1, LABEL_2", Refused(() => model.Classify(parts, new ClassifierTextOptions("good"))), StringComparison.Ordinal);
        Assert.Contains("without a mask token", Refused(() => without.Classify(parts, new ClassifierTextOptions(Removal: TextRemoval.Mask))), StringComparison.Ordinal);
        Assert.Contains("neutral word is empty", Refused(() => model.Classify(parts, new ClassifierTextOptions(Removal: TextRemoval.Neutral, Neutral: " "))), StringComparison.Ordinal);
        Assert.Contains("is a classifier", Refused(() => model.Answer(parts)), StringComparison.Ordinal);
        Assert.Contains("all of it is kept", Refused(() => model.Classify(TextParts.Split("the film", TextUnit.Token, ["the film"]))), StringComparison.Ordinal);
        folder.Write("vocab.txt", File.ReadAllText(folder["vocab.txt"]) + "\nhuge");
        using TextModel mismatched = TextModel.Open(folder.FullName);
        Assert.Contains("Token 199 is not in the model's vocabulary of 199", Refused(() => mismatched.Classify(TextParts.Split("huge film", TextUnit.Word))), StringComparison.Ordinal);
        File.Delete(folder["vocab.txt"]);
        Assert.Contains("has no tokenizer", Refused(() => TextModel.Open(folder.FullName)), StringComparison.Ordinal);
    }

    [Fact]
    public void Masks_of_another_length_and_too_little_room_are_refused()
    {
        using TemporaryFolder folder = TextModels.Encoder();
        using TextModel model = TextModel.Open(folder.FullName);
        using ClassifierTextFunction function = model.Classify(TextParts.Split("One two three", TextUnit.Word, null), new ClassifierTextOptions());
        using CpuDevice device = new(1);
        using DeviceBuffer<ulong> packed = device.Allocate<ulong>(2);
        using DeviceBuffer<float> one = device.Allocate<float>(1);
        string wrong = Assert.Throws<ArgumentException>(() => function.Evaluate(new MaskBatch(packed, 1, 4, 0), one, CancellationToken.None)).Message;
        Assert.StartsWith("The masks have 4 features; the value function has 3.", wrong, StringComparison.Ordinal);
        wrong = Assert.Throws<ArgumentException>(() => function.Evaluate(new MaskBatch(packed, 2, 3, 0), one, CancellationToken.None)).Message;
        Assert.StartsWith("2 masks give as many values; there is room for 1.", wrong, StringComparison.Ordinal);
    }

    [Fact]
    public void Leaves_no_tensor_behind()
    {
        using TemporaryFolder folder = TextModels.Encoder();
        using TextModel model = TextModel.Open(folder.FullName);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using (ClassifierTextFunction function = model.Classify(TextParts.Split(Sentence, TextUnit.Word), new ClassifierTextOptions(Removal: TextRemoval.Delete)))
        {
            _ = TextModels.Evaluate(function, TextModels.RandomMasks(100, function.FeatureCount));
            Assert.True(function.MeasurePeak(seconds: 0.01) > 0);
            Assert.Equal(100, function.Done.Ablations);
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    private static string Refused(Action action) => Assert.Throws<SpexInputException>(action).Message;
}
