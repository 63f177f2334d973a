using System.Text.Json;
using Spex.Core;
using Spex.Core.Tests.Formats;
using Spex.Torch.Models;
using Spex.Torch.Tests.Tokenizers;
using TorchSharp;
using static TorchSharp.torch;

namespace Spex.Torch.Tests.Models;

/// <summary>BERT, DistilBERT and RoBERTa against what the reference implementation gives for the same files.</summary>
public sealed class EncoderClassifierTests
{
    private const double Strict = 1e-5;

    public static TheoryData<string> Names => ["bert", "bert-legacy", "distilbert", "distilbert-f16", "roberta"];

    [Theory]
    [MemberData(nameof(Names))]
    public void Logits_are_the_reference_s(string name)
    {
        (EncoderClassifier model, JsonElement expected) = Open(name);
        using (model)
        using (Inputs inputs = new(expected))
        {
            using Tensor logits = model.Forward(inputs.Ids, inputs.Pass);
            AssertClose(expected.GetProperty("logits"), logits, Strict);
            using Tensor first = inputs.Ids.narrow(0, 0, 1), alone = model.Forward(first);
            AssertClose(expected.GetProperty("logits_first_row_ids_only"), alone, Strict);
            Assert.Equal(expected.GetProperty("logits")[0].GetArrayLength(), model.Labels.Count);
        }
    }

    [Fact]
    public void Another_setting_of_the_same_weights_is_another_function()
    {
        using TemporaryFolder folder = new();
        string json = File.ReadAllText(Path.Combine(TokenizerFixture.FolderOf("bert"), "config.json"));
        File.Copy(Path.Combine(TokenizerFixture.FolderOf("bert"), "model.safetensors"), folder["model.safetensors"]);
        string[] prints = [.. new[] { json, json, json.Replace("\"gelu\"", "\"relu\"", StringComparison.Ordinal) }.Select(configuration =>
        {
            folder.Write("config.json", configuration);
            using EncoderClassifier model = ModelFolder.Open(folder.FullName).Load<EncoderClassifier>();
            return model.Fingerprint;
        })];
        Assert.Equal(prints[0], prints[1]);
        Assert.NotEqual(prints[0], prints[2]);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void States_between_layers_are_the_reference_s(string name)
    {
        (EncoderClassifier model, JsonElement expected) = Open(name);
        using (model)
        using (Inputs inputs = new(expected))
        {
            List<float[]> states = [];
            using Tensor logits = model.Forward(inputs.Ids, inputs.Pass with { Observe = state => states.Add(state.select(0, 0).select(0, 0).data<float>().ToArray()) });
            float[][] wanted = expected.GetProperty("hidden_states_first_token_row0").Deserialize<float[][]>()!;
            Assert.Equal(wanted.Length, states.Count);
            Assert.All(wanted.Zip(states), pair => Assert.All(pair.First.Zip(pair.Second), one => Assert.Equal(one.First, one.Second, Strict)));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Masked_heads_give_the_reference_s_logits(string name)
    {
        (EncoderClassifier model, JsonElement expected) = Open(name);
        using (model)
        using (Inputs inputs = new(expected))
        {
            foreach (JsonElement ablation in expected.GetProperty("head_ablation").EnumerateArray())
            {
                float[][] mask = ablation.GetProperty("head_mask").Deserialize<float[][]>()!;
                using Tensor one = tensor([.. mask.SelectMany(row => row)], 1, mask.Length, mask[0].Length), kept = one.repeat(3, 1, 1);
                using Tensor plain = model.Forward(inputs.Ids, inputs.Pass with { Heads = new HeadMask(0, kept, false) });
                AssertClose(ablation.GetProperty("logits"), plain, Strict);
                using Tensor rescaled = model.Forward(inputs.Ids, inputs.Pass with { Heads = new HeadMask(0, kept, true) });
                AssertClose(ablation.GetProperty("logits_rescaled"), rescaled, Strict);
            }

            // One text serves many head masks, and a full mask changes nothing.
            using Tensor first = inputs.Ids.narrow(0, 0, 1), all = ones(4, 1, model.Shape.HeadCount);
            using Tensor full = model.Forward(first, new EncoderPass { Heads = new HeadMask(1, all, true) });
            JsonElement alone = expected.GetProperty("logits_first_row_ids_only")[0];
            for (int row = 0; row < 4; row++)
            {
                using Tensor logits = full.narrow(0, row, 1);
                Assert.All(alone.Deserialize<float[]>()!.Zip(logits.data<float>().ToArray()), pair => Assert.Equal(pair.First, pair.Second, Strict));
            }
        }
    }

    [Fact]
    public void Brain_floats_come_near()
    {
        using EncoderClassifier model = ModelFolder.Open(TokenizerFixture.FolderOf("bert")).Load<EncoderClassifier>(ScalarType.BFloat16);
        JsonElement expected = Expected("bert");
        using Inputs inputs = new(expected);
        using Tensor logits = model.Forward(inputs.Ids, inputs.Pass);
        Assert.Equal(ScalarType.Float32, logits.dtype);
        AssertClose(expected.GetProperty("logits"), logits, 0.1);
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using EncoderClassifier model = Open("roberta").Model;
        Assert.Equal(40, model.Shape.ContextLength);
        using Tensor longest = full([1, 40], 5, dtype: ScalarType.Int64), longer = full([1, 41], 5, dtype: ScalarType.Int64), unknown = full([1, 3], 199, dtype: ScalarType.Int64);
        using Tensor logits = model.Forward(longest);
        Assert.Contains("1 too many", Assert.Throws<SpexInputException>(() => model.Forward(longer)).Message, StringComparison.Ordinal);
        Assert.Contains("Token 199", Assert.Throws<SpexInputException>(() => model.Forward(unknown)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => model.Forward(longest, new EncoderPass { Present = ones(1, 3, dtype: ScalarType.Bool) }));
        Assert.Throws<ArgumentException>(() => model.Forward(longest, new EncoderPass { Heads = new HeadMask(1, ones(1, 2, 4), false) }));
        using EncoderClassifier typeless = Open("distilbert").Model;
        Assert.Throws<ArgumentException>(() => typeless.Forward(longest, new EncoderPass { Types = zeros_like(longest) }));
    }

    [Theory]
    [InlineData("\"vocab_size\": 199", "\"vocab_size\": 200", "[200, 32] is needed")]
    [InlineData("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", "bert.encoder.layer.2.attention.self.query.weight")]
    [InlineData("\"num_attention_heads\": 4", "\"num_attention_heads\": 5", "it must divide \"hidden_size\"")]
    [InlineData("\"absolute\"", "\"relative_key\"", "\"absolute\" is supported")]
    [InlineData("\"hidden_act\": \"gelu\"", "\"hidden_act\": \"mish\"", "\"hidden_act\" is \"mish\"")]
    [InlineData("\"hidden_size\": 32", "\"hidden_size\": \"many\"", "hidden_size")]
    public void A_configuration_that_does_not_fit_the_weights_is_told(string from, string to, string reason)
    {
        using TemporaryFolder folder = new();
        string configuration = File.ReadAllText(Path.Combine(TokenizerFixture.FolderOf("bert"), "config.json"));
        Assert.Contains(from, configuration, StringComparison.Ordinal);
        folder.Write("config.json", configuration.Replace(from, to, StringComparison.Ordinal));
        File.Copy(Path.Combine(TokenizerFixture.FolderOf("bert"), "model.safetensors"), folder["model.safetensors"]);
        SpexInputException error = Assert.Throws<SpexInputException>(() => ModelFolder.Open(folder.FullName).Load<EncoderClassifier>());
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_kind_of_model_is_told()
    {
        string message = Assert.Throws<SpexInputException>(() => ModelFolder.Open(TokenizerFixture.FolderOf("bert")).Load<DecoderModel>()).Message;
        Assert.Contains("a text classifier", message, StringComparison.Ordinal);
        Assert.Contains("GPT2LMHeadModel", message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_tensor_is_left_behind()
    {
        (EncoderClassifier model, JsonElement expected) = Open("bert");
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using (Inputs inputs = new(expected))
        {
            for (int round = 0; round < 3; round++)
            {
                using Tensor logits = model.Forward(inputs.Ids, inputs.Pass);
            }
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        model.Dispose();
    }

    private static (EncoderClassifier Model, JsonElement Expected) Open(string name) =>
        (ModelFolder.Open(TokenizerFixture.FolderOf(name)).Load<EncoderClassifier>(), Expected(name == "bert-legacy" ? "bert" : name));

    private static JsonElement Expected(string name)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(TokenizerFixture.FolderOf(name), "expected.json")));
        return document.RootElement.Clone();
    }

    private static void AssertClose(JsonElement expected, Tensor got, double tolerance)
    {
        float[] wanted = [.. expected.EnumerateArray().SelectMany(row => row.Deserialize<float[]>()!)];
        Assert.All(wanted.Zip(got.data<float>().ToArray(), (first, second) => (first, second)), pair => Assert.Equal(pair.first, pair.second, tolerance));
        Assert.Equal(wanted.Length, got.numel());
    }

    private sealed class Inputs : IDisposable
    {
        public Inputs(JsonElement expected)
        {
            Ids = Whole(expected.GetProperty("input_ids"));
            using Tensor mask = Whole(expected.GetProperty("attention_mask"));
            Pass = new EncoderPass { Present = mask.ne(0), Types = expected.TryGetProperty("token_type_ids", out JsonElement types) ? Whole(types) : null };
        }

        public Tensor Ids { get; }

        public EncoderPass Pass { get; }

        public void Dispose()
        {
            Ids.Dispose();
            Pass.Present!.Dispose();
            Pass.Types?.Dispose();
        }

        private static Tensor Whole(JsonElement rows)
        {
            long[][] numbers = rows.Deserialize<long[][]>()!;
            return tensor([.. numbers.SelectMany(row => row)], numbers.Length, numbers[0].Length);
        }
    }
}
