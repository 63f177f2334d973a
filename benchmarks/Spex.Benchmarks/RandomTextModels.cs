using System.Runtime.InteropServices;
using System.Text;
using Spex.Core.Random;
using Spex.Torch.Safetensors;

namespace Spex.Benchmarks;

/// <summary>Models with random weights in the real file formats: as fast as trained ones of their size.</summary>
internal static class RandomTextModels
{
    /// <summary>A BERT classifier whose vocabulary holds the words of a text.</summary>
    public static void WriteEncoder(string folder, string text, int hidden, int layers, int context)
    {
        string[] vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", .. text.ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Distinct()];
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "vocab.txt"), string.Join('\n', vocabulary));
        File.WriteAllText(Path.Combine(folder, "config.json"), $$"""
            {"architectures":["BertForSequenceClassification"],"hidden_size":{{hidden}},"num_hidden_layers":{{layers}},"num_attention_heads":{{hidden / 64}},"intermediate_size":{{4 * hidden}},
             "max_position_embeddings":{{context}},"vocab_size":{{vocabulary.Length}},"type_vocab_size":2,"hidden_act":"gelu","num_labels":2}
            """);
        Weights weights = new();
        weights.Add("bert.embeddings.word_embeddings.weight", vocabulary.Length, hidden);
        weights.Add("bert.embeddings.position_embeddings.weight", context, hidden);
        weights.Add("bert.embeddings.token_type_embeddings.weight", 2, hidden);
        weights.AddNorm("bert.embeddings.LayerNorm", hidden);
        for (int layer = 0; layer < layers; layer++)
        {
            string prefix = $"bert.encoder.layer.{layer}.";
            foreach (string part in (string[])["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"])
            {
                weights.AddLinear(prefix + part, hidden, hidden);
            }

            weights.AddNorm(prefix + "attention.output.LayerNorm", hidden);
            weights.AddLinear(prefix + "intermediate.dense", 4 * hidden, hidden);
            weights.AddLinear(prefix + "output.dense", hidden, 4 * hidden);
            weights.AddNorm(prefix + "output.LayerNorm", hidden);
        }

        weights.AddLinear("bert.pooler.dense", hidden, hidden);
        weights.AddLinear("classifier", 2, hidden);
        weights.Save(folder);
    }

    /// <summary>A Llama with grouped keys whose vocabulary holds letters and the words of a text.</summary>
    public static void WriteDecoder(string folder, string text, int hidden, int layers, int context)
    {
        Directory.CreateDirectory(folder);
        string[] words = [.. text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Distinct()];

        // Byte pairs reach a word letter by letter: every beginning of a word is a piece.
        string[] pieces =
        [
            "<unk>", "<s>", "</s>", .. Enumerable.Range(' ', 95).Select(letter => ((char)letter).ToString()),
            .. words.SelectMany(word => Enumerable.Range(2, word.Length).Select(length => $" {word}"[..length])).Distinct(),
        ];
        using (BinaryWriter writer = new(File.Create(Path.Combine(folder, "tokenizer.bin"))))
        {
            writer.Write(32);
            for (int id = 0; id < pieces.Length; id++)
            {
                byte[] form = Encoding.UTF8.GetBytes(pieces[id]);
                writer.Write(-(float)id);
                writer.Write(form.Length);
                writer.Write(form);
            }
        }

        int heads = hidden / 64, keys = Math.Max(1, heads / 2) * 64, inner = 8 * hidden / 3 / 32 * 32;
        File.WriteAllText(Path.Combine(folder, "config.json"), $$"""
            {"architectures":["LlamaForCausalLM"],"hidden_size":{{hidden}},"num_hidden_layers":{{layers}},"num_attention_heads":{{heads}},"num_key_value_heads":{{keys / 64}},"intermediate_size":{{inner}},
             "max_position_embeddings":{{context}},"vocab_size":{{pieces.Length}},"rms_norm_eps":1e-5,"hidden_act":"silu","bos_token_id":1,"eos_token_id":2,"tie_word_embeddings":true}
            """);
        Weights weights = new();
        weights.Add("model.embed_tokens.weight", pieces.Length, hidden);
        weights.AddOnes("model.norm.weight", hidden);
        for (int layer = 0; layer < layers; layer++)
        {
            string prefix = $"model.layers.{layer}.";
            weights.AddOnes(prefix + "input_layernorm.weight", hidden);
            weights.AddOnes(prefix + "post_attention_layernorm.weight", hidden);
            weights.Add(prefix + "self_attn.q_proj.weight", hidden, hidden);
            weights.Add(prefix + "self_attn.k_proj.weight", keys, hidden);
            weights.Add(prefix + "self_attn.v_proj.weight", keys, hidden);
            weights.Add(prefix + "self_attn.o_proj.weight", hidden, hidden);
            weights.Add(prefix + "mlp.gate_proj.weight", inner, hidden);
            weights.Add(prefix + "mlp.up_proj.weight", inner, hidden);
            weights.Add(prefix + "mlp.down_proj.weight", hidden, inner);
        }

        weights.Save(folder);
    }

    private sealed class Weights
    {
        private readonly SafetensorsWriter _writer = new();
        private ulong _stream;

        public void Add(string name, params long[] shape)
        {
            float[] numbers = new float[shape.Aggregate(1L, (product, extent) => product * extent)];
            for (int i = 0; i < numbers.Length; i++)
            {
                numbers[i] = (float)((Philox.Uniform(1, _stream, (ulong)i) - 0.5) * 3.4 / Math.Sqrt(shape[^1]));
            }

            _stream++;
            _writer.Add(name, SafetensorsType.F32, shape, MemoryMarshal.AsBytes(numbers.AsSpan()));
        }

        public void AddOnes(string name, long size)
        {
            float[] ones = new float[size];
            Array.Fill(ones, 1);
            _writer.Add(name, SafetensorsType.F32, [size], MemoryMarshal.AsBytes(ones.AsSpan()));
        }

        public void AddNorm(string name, long size)
        {
            AddOnes($"{name}.weight", size);
            Add($"{name}.bias", size);
        }

        public void AddLinear(string name, long outputs, long inputs)
        {
            Add($"{name}.weight", outputs, inputs);
            Add($"{name}.bias", outputs);
        }

        public void Save(string folder) => _writer.Save(Path.Combine(folder, "model.safetensors"));
    }
}
