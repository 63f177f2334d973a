using System.Text.Json;
using Spex.Core;
using Spex.Core.Masks;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.ValueFunctions;
using Spex.Torch.Heads;
using Spex.Torch.Models;
using Spex.Torch.Questions;
using Spex.Torch.Tests.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Spex.Torch.Tests.Heads;

public sealed class HeadValueFunctionTests
{
    [Theory]
    [InlineData("gpt2", true)]
    [InlineData("gpt2-untied", false)]
    [InlineData("llama3", true)]
    [InlineData("mistral-sliding", false)]
    public void Values_are_the_references_log_probabilities(string name, bool rescaled)
    {
        using DecoderFixture fixture = DecoderFixture.Open(name);
        DecoderModel model = fixture.Model;
        int layers = model.Shape.LayerCount, heads = model.Shape.HeadCount;
        JsonElement[] cases = [.. fixture.Expected.GetProperty("head_ablation").EnumerateArray()];
        float[][] kept = [.. cases.Select(one => one.GetProperty("head_mask").Deserialize<float[][]>()!.SelectMany(layer => layer).ToArray())];
        for (int c = 0; c < fixture.Continuations.Length; c++)
        {
            // What the reference says of its continuation, against another answer of another length.
            DecoderFixture.Continuation one = fixture.Continuations[c];
            QuestionSet questions = new([new PreparedQuestion(one.Prompt, new ContinuationTree([[5, 6], one.Tokens]), 1)], "one");
            using HeadValueFunction function = new(model, questions, new HeadValueOptions([.. Enumerable.Range(0, layers)], HeadMeasure.Margin, rescaled));
            Assert.Equal(layers * heads, function.FeatureCount);
            Assert.Equal((1, heads - 1), function.HeadOf((2 * heads) - 1));
            float[] values = Evaluate(function, [.. kept, [.. Enumerable.Repeat(1f, layers * heads)]]);
            for (int i = 0; i < 2; i++)
            {
                double expected = cases[i].GetProperty(rescaled ? "rescaled" : "plain").GetProperty("continuation_log_probs")[c].GetDouble() / one.Tokens.Length;
                Assert.Equal(expected - Other(one.Prompt, new HeadMask(0, tensor(kept[i], 1, layers, heads), rescaled)), values[i], 1e-5);
            }

            Assert.Equal((one.LogProbability / one.Tokens.Length) - Other(one.Prompt, null), values[2], 1e-5);
        }

        double Other(int[] prompt, HeadMask? mask)
        {
            using DisposeScope scope = NewDisposeScope();
            return model.LogProbabilities(model.Tokens(prompt), new ContinuationTree([[5, 6]]), new DecoderPass { Heads = mask }).item<double>() / 2;
        }
    }

    [Fact]
    public void A_value_does_not_depend_on_its_batch_nor_on_threads()
    {
        using DecoderFixture fixture = DecoderFixture.Open("llama3");
        using HeadValueFunction function = new(fixture.Model, Questions(fixture, 4), new HeadValueOptions([1, 2], HeadMeasure.Margin));
        float[][] masks = Masks(function.FeatureCount, 150);
        float[] all = Evaluate(function, masks);
        Assert.Equal(all, Evaluate(function, masks, threads: 2));
        Assert.Equal(all[37..41], Evaluate(function, masks[37..41]));
        Assert.Equal(all.Reverse(), Evaluate(function, [.. masks.Reverse()]));
    }

    [Fact]
    public void Layers_that_were_not_chosen_are_whole()
    {
        using DecoderFixture fixture = DecoderFixture.Open("llama3");
        QuestionSet questions = Questions(fixture, 4);
        using HeadValueFunction all = new(fixture.Model, questions, new HeadValueOptions([0, 1, 2], HeadMeasure.Margin));
        using HeadValueFunction outer = new(fixture.Model, questions, new HeadValueOptions([0, 2], HeadMeasure.Margin)), last = new(fixture.Model, questions, new HeadValueOptions([2], HeadMeasure.Margin));
        float[] whole = [1, 1, 1, 1], some = [0, 1, 1, 0], other = [1, 0, 0, 0];
        Assert.Equal(Evaluate(all, [[.. some, .. whole, .. other]])[0], Evaluate(outer, [[.. some, .. other]])[0], 1e-6);
        Assert.Equal(Evaluate(all, [[.. whole, .. whole, .. other]])[0], Evaluate(last, [other])[0], 1e-6);
        Assert.Equal(3, new HashSet<string>([all.Fingerprint, outer.Fingerprint, last.Fingerprint]).Count);
    }

    [Fact]
    public void Accuracy_counts_right_answers_and_the_first_of_equal_ones()
    {
        using DecoderFixture fixture = DecoderFixture.Open("gpt2");
        DecoderModel model = fixture.Model;
        int[] prompt = fixture.Sequences[0];
        int best = model.Greedy(prompt, 1)[0], other = best == 3 ? 4 : 3;

        // Right; wrong; the same answer twice, of which the first one counts.
        PreparedQuestion[] questions =
        [
            new(prompt, new ContinuationTree([[other], [best]]), 1), new(prompt, new ContinuationTree([[other], [best]]), 0),
            new(prompt, new ContinuationTree([[best], [best]]), 0), new(prompt, new ContinuationTree([[best], [best]]), 1),
        ];
        using HeadValueFunction function = new(model, new QuestionSet(questions, "four"), new HeadValueOptions([0, 1]));
        float[] full = [.. Enumerable.Repeat(1f, 8)];
        Assert.Equal([0.5f], Evaluate(function, [full]));
        MaskMatrix mask = new(1, 8);
        for (int i = 0; i < 8; i++)
        {
            mask[0, i] = true;
        }

        HeadScore score = function.Score(mask, TestContext.Current.CancellationToken)[0];
        Assert.Equal(0.5, score.Accuracy);
        Assert.Equal(0, score.Margin, 1e-9);
    }

    [Fact]
    public void Wrong_layers_and_a_cancelled_run_are_told_and_nothing_leaks()
    {
        using DecoderFixture fixture = DecoderFixture.Open("llama");
        QuestionSet questions = Questions(fixture, 2);
        foreach (int[] layers in (int[][])[[], [2], [1, 0], [0, 0], [-1]])
        {
            Assert.Contains("among the model's 0 to 1", Assert.Throws<SpexInputException>(() => new HeadValueFunction(fixture.Model, questions, new HeadValueOptions(layers))).Message);
        }

        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using (HeadValueFunction function = new(fixture.Model, questions, new HeadValueOptions([1])))
        {
            Evaluate(function, Masks(4, 16));
            using CancellationTokenSource cancel = new();
            cancel.Cancel();
            Assert.ThrowsAny<OperationCanceledException>(() => Evaluate(function, Masks(4, 16), cancel: cancel.Token));
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    private static QuestionSet Questions(DecoderFixture fixture, int count) => new(
        [.. Enumerable.Range(0, count).Select(i => new PreparedQuestion(fixture.Sequences[i % 3][..(6 + (i % 2))], new ContinuationTree([[i, 3], [9], [20 + i, 4, 7]]), i % 3))], $"made of {count}");

    private static float[][] Masks(int n, int count)
    {
        Random random = new(8);
        return [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, n).Select(_ => (float)random.Next(2)).ToArray())];
    }

    private static float[] Evaluate(HeadValueFunction function, float[][] kept, int threads = 1, CancellationToken? cancel = null)
    {
        using CpuDevice device = new(threads);
        MaskMatrix masks = new(kept.Length, function.FeatureCount);
        for (int row = 0; row < kept.Length; row++)
        {
            for (int i = 0; i < function.FeatureCount; i++)
            {
                masks[row, i] = kept[row][i] == 1;
            }
        }

        using DeviceBuffer<ulong> packed = device.Allocate<ulong>(masks.Words.Length);
        using DeviceBuffer<float> values = device.Allocate<float>(kept.Length);
        packed.CopyFrom(masks.Words);
        function.Evaluate(new MaskBatch(packed, kept.Length, function.FeatureCount, 0), values, cancel ?? TestContext.Current.CancellationToken);
        return values.Span.ToArray();
    }
}
