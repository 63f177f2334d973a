using System.Text.Json;
using Spex.Core;
using Spex.Core.Tests.Formats;
using Spex.Torch.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Spex.Torch.Tests.Models;

public sealed class DecoderModelTests
{
    // What the issue of the reference allows; the reference differs from itself in float64 by up to 4e-6.
    private const double Tolerance = 1e-5;

    public static TheoryData<string> Fixtures => [.. DecoderFixture.Names];

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Logits_and_hidden_states_agree_with_the_reference(string name)
    {
        using DecoderFixture fixture = DecoderFixture.Open(name);
        List<float[]> seen = [];
        for (int row = 0; row < fixture.Sequences.Length; row++)
        {
            using Tensor ids = fixture.Model.Tokens(fixture.Sequences[row]);
            using Tensor logits = fixture.Model.Forward(ids, new DecoderPass { Observe = row > 0 ? null : states => seen.Add(Last(states)) });
            AssertClose(fixture.Logits[row].SelectMany(position => position), Numbers(logits));
        }

        float[][] expected = fixture.Expected.GetProperty("hidden_states_last_token_row0").Deserialize<float[][]>()!;
        Assert.Equal(expected.Length, seen.Count);
        Assert.All(expected.Zip(seen), pair => AssertClose(pair.First, pair.Second));

        static float[] Last(Tensor states) => Numbers(states.select(1, -1));
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Padding_on_either_side_changes_nothing(string name)
    {
        using DecoderFixture fixture = DecoderFixture.Open(name);
        using DisposeScope scope = NewDisposeScope();
        int length = fixture.Padded[0].Length;
        long[,] left = new long[3, length], positions = new long[3, length];
        bool[,] present = new bool[3, length];
        for (int row = 0; row < 3; row++)
        {
            int[] sequence = fixture.Sequences[row];
            for (int i = 0; i < length; i++)
            {
                int place = i - (length - sequence.Length);
                left[row, i] = place >= 0 ? sequence[place] : 5;
                positions[row, i] = Math.Max(0, place);
                present[row, i] = place >= 0;
            }
        }

        Tensor right = tensor([.. fixture.Padded.SelectMany(ids => ids).Select(id => (long)id)], 3, length);
        float[] padded = Numbers(fixture.Model.Forward(right));
        float[] turned = Numbers(fixture.Model.Forward(tensor(left), new DecoderPass { Positions = tensor(positions), Present = tensor(present) }));
        int vocabulary = fixture.Model.Shape.VocabularySize;
        for (int row = 0; row < 3; row++)
        {
            int count = fixture.Sequences[row].Length * vocabulary, start = row * length * vocabulary;
            float[] expected = [.. fixture.Logits[row].SelectMany(position => position)];
            AssertClose(expected, padded.AsSpan(start, count));
            AssertClose(expected, turned.AsSpan(start + ((length * vocabulary) - count), count));
        }
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Continuations_are_scored_in_one_pass_with_and_without_a_cached_prefix(string name)
    {
        using DecoderFixture fixture = DecoderFixture.Open(name);
        DecoderModel model = fixture.Model;
        int[][] all = [.. fixture.Continuations.Select(one => one.Tokens), [7], [1, 2, 3]];
        foreach (DecoderFixture.Continuation one in fixture.Continuations)
        {
            double[] together = Score(one.Prompt, all, null);
            for (int i = 0; i < all.Length; i++)
            {
                // One after the other, each as a text of its own: what the branches of one pass must give.
                Assert.Equal(Score(one.Prompt, [all[i]], null)[0], together[i], Tolerance);
            }

            Assert.Equal(one.LogProbability, together[Array.IndexOf(all, one.Tokens)], Tolerance);
            for (int length = 1; length < one.Prompt.Length; length += 3)
            {
                using KeyValueCache prefix = model.Prefix(one.Prompt[..length]);
                Assert.Equal(length, prefix.Length);
                Assert.All(together.Zip(Score(one.Prompt[length..], all, prefix)), pair => Assert.Equal(pair.First, pair.Second, Tolerance));
            }
        }

        double[] Score(int[] prompt, int[][] continuations, KeyValueCache? prefix)
        {
            using Tensor ids = model.Tokens(prompt);
            using Tensor scores = model.LogProbabilities(ids, new ContinuationTree(continuations), new DecoderPass { Prefix = prefix });
            return [.. scores.data<double>()];
        }
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void The_models_own_continuation_is_the_references(string name)
    {
        using DecoderFixture fixture = DecoderFixture.Open(name);
        JsonElement greedy = fixture.Expected.GetProperty("greedy");
        int[] prompt = greedy.GetProperty("prompt_ids").Deserialize<int[]>()!, expected = greedy.GetProperty("generated_ids").Deserialize<int[]>()!;
        Assert.Equal(expected, fixture.Model.Greedy(prompt, expected.Length));
        Assert.Equal(expected[..Array.IndexOf(expected, expected[^1])], fixture.Model.Greedy(prompt, expected.Length, [expected[^1]]));
        Assert.Empty(fixture.Model.Greedy(prompt, 0));
        int context = fixture.Model.Shape.ContextLength;
        if (context < 100)
        {
            Assert.Equal(context - prompt.Length, fixture.Model.Greedy(prompt, 2 * context).Count);
        }
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Ablated_heads_give_what_the_reference_gives_many_masks_in_one_batch(string name)
    {
        using DecoderFixture fixture = DecoderFixture.Open(name);
        using DisposeScope scope = NewDisposeScope();
        DecoderModel model = fixture.Model;
        int layers = model.Shape.LayerCount, heads = model.Shape.HeadCount;
        JsonElement[] cases = [.. fixture.Expected.GetProperty("head_ablation").EnumerateArray()];
        float[][][] masks = [.. cases.Select(one => one.GetProperty("head_mask").Deserialize<float[][]>()!)];

        // All of them in one batch, and a mask with all heads between them.
        float[] kept = [.. masks[0].SelectMany(layer => layer), .. Enumerable.Repeat(1f, layers * heads), .. masks[1].SelectMany(layer => layer)];
        Tensor batch = tensor(kept, 3, layers, heads);
        foreach (string form in (string[])["plain", "rescaled"])
        {
            HeadMask mask = new(0, batch, form == "rescaled");
            for (int row = 0; row < fixture.Sequences.Length; row++)
            {
                Tensor ids = model.Tokens(fixture.Sequences[row]);
                float[] last = Numbers(model.Forward(ids, new DecoderPass { Heads = mask, Outputs = [fixture.Sequences[row].Length - 1] }));
                int vocabulary = model.Shape.VocabularySize;
                for (int i = 0; i < 2; i++)
                {
                    AssertClose(cases[i].GetProperty(form).GetProperty("last_position_logits")[row].Deserialize<float[]>()!, last.AsSpan(2 * i * vocabulary, vocabulary));
                }

                AssertClose(fixture.Logits[row][^1], last.AsSpan(vocabulary, vocabulary));
            }

            for (int c = 0; c < fixture.Continuations.Length; c++)
            {
                Tensor ids = model.Tokens(fixture.Continuations[c].Prompt);
                double[] scores = [.. model.LogProbabilities(ids, new ContinuationTree([fixture.Continuations[c].Tokens]), new DecoderPass { Heads = mask }).data<double>()];
                Assert.Equal(cases[0].GetProperty(form).GetProperty("continuation_log_probs")[c].GetDouble(), scores[0], Tolerance);
                Assert.Equal(fixture.Continuations[c].LogProbability, scores[1], Tolerance);
                Assert.Equal(cases[1].GetProperty(form).GetProperty("continuation_log_probs")[c].GetDouble(), scores[2], Tolerance);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void A_pass_that_starts_at_the_ablated_layer_gives_the_same(string name)
    {
        using DecoderFixture fixture = DecoderFixture.Open(name);
        using DisposeScope scope = NewDisposeScope();
        DecoderModel model = fixture.Model;
        int last = model.Shape.LayerCount - 1;
        Tensor ids = model.Tokens(fixture.Sequences[0]);
        Tensor kept = (rand(5, 1, model.Shape.HeadCount, generator: new Generator(3)) > 0.5).to_type(ScalarType.Float32);
        DecoderPass pass = new() { Heads = new HeadMask(last, kept, false), Outputs = [4, 2] };
        float[] whole = Numbers(model.Forward(ids, pass));
        Assert.Equal(whole, Numbers(model.Forward(ids, pass with { Start = new DecoderStart(last, model.StatesBefore(last, ids)) })));

        // One mask at a time, the rows of tokens as many as masks, and all tokens wanted: the same numbers, up to how sums are ordered.
        float[] all = Numbers(model.Forward(ids.expand(5, -1), pass with { Outputs = null }));
        int vocabulary = model.Shape.VocabularySize, length = fixture.Sequences[0].Length;
        for (int row = 0; row < 5; row++)
        {
            AssertClose(all.AsSpan(((row * length) + 4) * vocabulary, vocabulary), whole.AsSpan(2 * row * vocabulary, vocabulary));
            AssertClose(all.AsSpan(((row * length) + 2) * vocabulary, vocabulary), whole.AsSpan(((2 * row) + 1) * vocabulary, vocabulary));
        }
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama3")]
    [InlineData("qwen2-bf16")]
    public void In_bfloat16_logits_stay_near(string name)
    {
        using DecoderFixture fixture = DecoderFixture.Open(name, ScalarType.BFloat16);
        using Tensor ids = fixture.Model.Tokens(fixture.Sequences[0]);
        using Tensor logits = fixture.Model.Forward(ids);
        Assert.Equal(ScalarType.Float32, logits.dtype);
        float[] got = Numbers(logits), expected = [.. fixture.Logits[0].SelectMany(position => position)];
        double error = Math.Sqrt(got.Zip(expected, (a, b) => (double)(a - b) * (a - b)).Average());
        double spread = Math.Sqrt(expected.Average(value => (double)value * value));
        Assert.InRange(error / spread, 1e-6, 0.05);
    }

    [Fact]
    public void Tensors_on_the_way_are_freed()
    {
        using DecoderFixture fixture = DecoderFixture.Open("llama");
        using Tensor ids = fixture.Model.Tokens(fixture.Sequences[0]), kept = ones(3, 2, 4);
        long before = 0;
        for (int round = 0; round < 3; round++)
        {
            fixture.Model.Greedy([1, 2, 3], 4);
            using KeyValueCache prefix = fixture.Model.Prefix([4, 5]);
            fixture.Model.Forward(ids, new DecoderPass { Prefix = prefix }).Dispose();
            fixture.Model.LogProbabilities(ids, new ContinuationTree([[1, 2], [3, 4, 5]]), new DecoderPass { Heads = new HeadMask(0, kept, true) }).Dispose();
            fixture.Model.StatesBefore(1, ids).Dispose();
            long now = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            Assert.True(round < 2 || now == before, $"{now} tensors; {before} before");
            before = now;
        }
    }

    [Fact]
    public void What_does_not_fit_is_told()
    {
        using DecoderFixture fixture = DecoderFixture.Open("gpt2");
        DecoderModel model = fixture.Model;
        using Tensor longText = model.Tokens([.. Enumerable.Repeat(1, 50)]), ids = model.Tokens([1, 2]);
        Assert.Contains("has 50 tokens and the model takes 48: 2 too many", Assert.Throws<SpexInputException>(() => model.Forward(longText)).Message);
        Assert.Contains("2 too many", Assert.Throws<SpexInputException>(() => model.LogProbabilities(ids, new ContinuationTree([[.. Enumerable.Repeat(1, 49)]]))).Message);
        Assert.Contains("not in the model's vocabulary of 128", Assert.Throws<SpexInputException>(() => model.Tokens([1, 128])).Message);
        Assert.Contains("There are no tokens", Assert.Throws<SpexInputException>(() => model.Tokens([])).Message);
        using Tensor kept = ones(1, 1, 4);
        Assert.Throws<ArgumentException>(() => model.Forward(ids, new DecoderPass { Heads = new HeadMask(2, kept, false) }));
        using KeyValueCache prefix = model.Prefix([1]);
        Assert.Throws<ArgumentException>(() => model.Forward(ids, new DecoderPass { Heads = new HeadMask(1, kept, false), Prefix = prefix }));
        Assert.Throws<ArgumentException>(() => new ContinuationTree([[1], []]));
    }

    [Theory]
    [InlineData("gpt2", "\"gelu_new\"", "\"mish\"", "\"activation_function\" is \"mish\"")]
    [InlineData("gpt2", "\"n_head\": 4", "\"n_head\": 5", "\"n_head\" is 5; it must divide \"n_embd\"")]
    [InlineData("gpt2", "\"vocab_size\": 128", "\"vocab_size\": 100", "wte.weight")]
    [InlineData("llama3", "\"llama3\"", "\"yarn\"", "\"rope_scaling\" is of the kind \"yarn\"")]
    [InlineData("llama3", "\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3", "\"num_key_value_heads\" is 3; it must divide")]
    [InlineData("llama3", "\"tie_word_embeddings\": true", "\"tie_word_embeddings\": false", "lm_head.weight")]
    public void A_configuration_that_cannot_be_run_is_told(string name, string old, string wrong, string message)
    {
        using TemporaryFolder folder = new();
        File.Copy(Path.Combine(DecoderFixture.FolderOf(name), "model.safetensors"), folder["model.safetensors"]);
        string json = File.ReadAllText(Path.Combine(DecoderFixture.FolderOf(name), "config.json"));
        Assert.Contains(old, json);
        folder.Write("config.json", json.Replace(old, wrong));
        string model = Path.GetDirectoryName(folder["x"])!;
        Assert.Contains(message, Assert.Throws<SpexInputException>(() => ModelFolder.Open(model).Load<DecoderModel>()).Message);
    }

    internal static float[] Numbers(Tensor tensor)
    {
        using Tensor flat = tensor.to_type(ScalarType.Float32).contiguous();
        return [.. flat.data<float>()];
    }

    internal static void AssertClose(IEnumerable<float> expected, ReadOnlySpan<float> got) => AssertClose(expected.ToArray().AsSpan(), got);

    internal static void AssertClose(ReadOnlySpan<float> expected, ReadOnlySpan<float> got)
    {
        Assert.Equal(expected.Length, got.Length);
        float worst = 0;
        for (int i = 0; i < got.Length; i++)
        {
            worst = Math.Max(worst, Math.Abs(expected[i] - got[i]));
        }

        Assert.True(worst <= Tolerance, $"off by {worst}");
    }
}
