using Spex.Core;
using Spex.Core.Masks;
using Spex.Core.Tests.Formats;
using Spex.Torch.Models;
using Spex.Torch.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Spex.Torch.Tests.Text;

public sealed class AnswerTextFunctionTests
{
    private const double Rounding = 1e-5;
    private const string Prompt = "A is in the. Q a the?";

    [Theory]
    [InlineData("llama", TextRemoval.Delete, "A is")]
    [InlineData("llama", TextRemoval.Delete, null)]
    [InlineData("llama", TextRemoval.Neutral, "A is")]
    [InlineData("llama", TextRemoval.Attention, "?")]
    [InlineData("gpt2", TextRemoval.Delete, null)]
    [InlineData("qwen2", TextRemoval.Neutral, null)]
    [InlineData("mistral-sliding", TextRemoval.Delete, "A is")]
    public void Every_value_is_the_answer_s_log_probability_after_what_is_left(string fixture, TextRemoval removal, string? keep)
    {
        using TemporaryFolder folder = TextModels.Decoder(fixture);
        using TextModel model = TextModel.Open(folder.FullName);
        using DecoderModel bare = ModelFolder.Open(folder.FullName).Load<DecoderModel>();
        TextParts parts = TextParts.Split(Prompt, TextUnit.Word, keep is null ? null : [keep]);
        using AnswerTextFunction function = model.Answer(parts, new AnswerTextOptions("answer", Removal: removal, Neutral: "an"));
        MaskMatrix masks = TextModels.RandomMasks(30, function.FeatureCount);
        float[] values = TextModels.Evaluate(function, masks);
        MaskedText masked = MaskedText.Make(model.Tokenizer, parts, removal, "an");
        IReadOnlyList<int> answer = model.Tokenizer.EncodeContinuation(" answer");
        int start = ModelFolder.Open(folder.FullName).Configuration.WholeNumber("bos_token_id", 0, int.MaxValue, 0);
        for (int row = 0; row < masks.RowCount; row++)
        {
            TextRow left = masked.Row(masks.Row(row));
            Assert.Equal(LogProbability(bare, left.Tokens.Length == 0 ? [start] : left.Tokens, left.Absent, answer), values[row], Rounding);
        }

        Assert.Equal(values[0], function.FullValue, Rounding);
        Assert.Equal(values[1], function.EmptyValue, Rounding);
        Assert.Equal(values, TextModels.Evaluate(function, masks, threads: 2));
    }

    [Fact]
    public void The_model_s_own_answer_and_the_difference_of_two()
    {
        using TemporaryFolder folder = TextModels.Decoder();
        using TextModel model = TextModel.Open(folder.FullName);
        using DecoderModel bare = ModelFolder.Open(folder.FullName).Load<DecoderModel>();
        TextParts parts = TextParts.Split(Prompt, TextUnit.Word, ["A"]);
        IReadOnlyList<int> whole = model.Tokenizer.EncodeWhole(Prompt);
        using AnswerTextFunction own = model.Answer(parts, new AnswerTextOptions(AnswerTokens: 3));
        IReadOnlyList<int> greedy = bare.Greedy(whole, 3, bare.EndTokens);
        Assert.Equal(model.Tokenizer.Decode(greedy, continues: true).Trim(), own.Answer);
        Assert.Equal(LogProbability(bare, [.. whole], null, greedy), own.FullValue, Rounding);

        using AnswerTextFunction difference = model.Answer(parts, new AnswerTextOptions("True", "False"));
        double yes = LogProbability(bare, [.. whole], null, model.Tokenizer.EncodeContinuation(" True")), no = LogProbability(bare, [.. whole], null, model.Tokenizer.EncodeContinuation(" False"));
        Assert.Equal(yes - no, difference.FullValue, Rounding);
        Assert.NotEqual(own.Fingerprint, difference.Fingerprint);
        Assert.Contains("\"True\"", difference.Value, StringComparison.Ordinal);
        Assert.True(difference.SharedTokens > 0);
    }

    [Fact]
    public void What_cannot_be_explained_is_told()
    {
        using TemporaryFolder folder = TextModels.Decoder();
        using TextModel model = TextModel.Open(folder.FullName);
        TextParts parts = TextParts.Split(Prompt, TextUnit.Word);
        Assert.Contains("answer is empty", Refused(() => model.Answer(parts, new AnswerTextOptions(" "))), StringComparison.Ordinal);
        Assert.Contains("are the same", Refused(() => model.Answer(parts, new AnswerTextOptions("True", "True"))), StringComparison.Ordinal);
        Assert.Contains("--keep", Refused(() => model.Answer(parts, new AnswerTextOptions("True", Removal: TextRemoval.Attention))), StringComparison.Ordinal);
        Assert.Contains("without a mask token", Refused(() => model.Answer(parts, new AnswerTextOptions("True", Removal: TextRemoval.Mask))), StringComparison.Ordinal);
        Assert.Contains("has no classes", Refused(() => model.Classify(parts)), StringComparison.Ordinal);
        string tooLong = string.Concat(Enumerable.Repeat("b", 70));
        Assert.Contains("the model takes 64: ", Refused(() => model.Answer(TextParts.Split(tooLong, TextUnit.Word), new AnswerTextOptions("True"))), StringComparison.Ordinal);
    }

    [Fact]
    public void Leaves_no_tensor_behind()
    {
        using TemporaryFolder folder = TextModels.Decoder();
        using TextModel model = TextModel.Open(folder.FullName);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using (AnswerTextFunction function = model.Answer(TextParts.Split(Prompt, TextUnit.Word), new AnswerTextOptions("a")))
        {
            _ = TextModels.Evaluate(function, TextModels.RandomMasks(100, function.FeatureCount));
            Assert.True(function.MeasurePeak(seconds: 0.01) > 0);
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Stories260K_explains_its_own_answer()
    {
        if (SharedFolder.Find("weights", "stories260K.bin") is not { } weights)
        {
            Assert.Skip("The weights of stories260K are not here.");
            return;
        }

        using TemporaryFolder folder = new();
        Llama2cFile.Convert(Path.Combine(weights, "stories260K.bin"), folder.FullName);
        File.Copy(Path.Combine(weights, "tok512.bin"), folder["tokenizer.bin"]);
        using TextModel model = TextModel.Open(folder.FullName);
        using AnswerTextFunction function = model.Answer(TextParts.Split("Once upon a time", TextUnit.Word), new AnswerTextOptions(AnswerTokens: 30));
        Assert.StartsWith(", there was a little girl named Lily.", function.Answer, StringComparison.Ordinal);
        Assert.True(function.FullValue > function.EmptyValue);
    }

    /// <summary>The mean log-probability of the answer's tokens, one plain pass over text and answer.</summary>
    private static double LogProbability(DecoderModel model, int[] text, bool[]? absent, IReadOnlyList<int> answer)
    {
        int[] all = [.. text, .. answer];
        using Tensor ids = model.Tokens(all);
        using Tensor? present = absent is null ? null : tensor([.. absent.Select(gone => !gone), .. answer.Select(_ => true)], 1, all.Length);
        using Tensor logits = model.Forward(ids, new DecoderPass { Present = present }), logs = logits.to_type(ScalarType.Float64).log_softmax(-1);
        double sum = 0;
        for (int i = 0; i < answer.Count; i++)
        {
            using Tensor one = logs[0, text.Length - 1 + i, answer[i]];
            sum += one.item<double>();
        }

        return sum / answer.Count;
    }

    private static string Refused(Action action) => Assert.Throws<SpexInputException>(action).Message;
}
