using System.Buffers.Binary;
using System.Text.Json;
using Spex.Core;
using Spex.Core.Formats;
using Spex.Torch.Safetensors;

namespace Spex.Torch.Models;

/// <summary>A Llama model in the first format of llama2.c (model.bin): seven whole numbers, then float32 arrays. It is turned into a folder in Hugging Face's form.</summary>
/// <remarks>
/// <para>
/// The numbers, int32, little endian: dim, hidden, layers, heads, key/value heads, vocabulary (negative where the output has weights of its own), context. The arrays, in this order:
/// embedding; all layers' attention norms, wq, wk, wv, wo, feed-forward norms, w1, w2, w3; the final norm; two tables of cos and sin (context × size/2), which are not needed; the output, where it
/// has weights of its own.
/// </para>
/// <para>
/// llama2.c turns the neighbours (2i, 2i+1) of a head by one angle, Hugging Face the numbers i and i + size/2: rows of wq and wk change places accordingly. ε is 1e-5 and the base of
/// rotary positions 10,000, which that program takes for granted.
/// </para>
/// </remarks>
public static class Llama2cFile
{
    private const int HeaderLength = 7;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Writes config.json and model.safetensors.</summary>
    /// <param name="path">The file.</param>
    /// <param name="folder">The folder to write to; made where it is missing.</param>
    /// <exception cref="SpexInputException">The file is missing, or its length does not fit its numbers.</exception>
    /// <exception cref="SpexException">The folder cannot be written.</exception>
    public static void Convert(string path, string folder)
    {
        byte[] bytes = InputFile.ReadAll(path);
        int[] header = new int[HeaderLength];
        for (int i = 0; i < HeaderLength && bytes.Length >= HeaderLength * sizeof(int); i++)
        {
            header[i] = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(i * sizeof(int)));
        }

        (long dim, long hidden, long layers, long heads, long keyHeads, long vocabulary, long context) =
            (header[0], header[1], header[2], header[3], header[4], Math.Abs((long)header[5]), header[6]);
        bool tied = header[5] > 0;
        const int Largest = 1 << 24;
        if (header.Any(number => number == 0 || Math.Abs((long)number) > Largest) || dim < 1 || hidden < 1 || layers < 1 || heads < 1 || keyHeads < 1 || context < 1
            || dim % heads != 0 || dim / heads % 2 != 0 || heads % keyHeads != 0)
        {
            throw new SpexInputException($"{path} is no model of llama2.c: its first {HeaderLength} numbers are {string.Join(", ", header)}, which are no sizes of one.");
        }

        long size = dim / heads, keys = keyHeads * size;
        SafetensorsWriter writer = new();
        Reader reader = new(path, bytes, HeaderLength * sizeof(int));
        writer.Add("model.embed_tokens.weight", SafetensorsType.F32, [vocabulary, dim], reader.Next(vocabulary * dim));
        string[] names =
        [
            "input_layernorm", "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "post_attention_layernorm", "mlp.gate_proj", "mlp.down_proj", "mlp.up_proj",
        ];
        long[][] shapes = [[dim], [dim, dim], [keys, dim], [keys, dim], [dim, dim], [dim], [hidden, dim], [dim, hidden], [hidden, dim]];
        for (int part = 0; part < names.Length; part++)
        {
            long count = shapes[part].Aggregate(1L, (product, extent) => product * extent);
            for (int layer = 0; layer < layers; layer++)
            {
                byte[] weight = reader.Next(count);
                writer.Add($"model.layers.{layer}.{names[part]}.weight", SafetensorsType.F32, shapes[part], part is 1 or 2 ? HalvesApart(weight, (int)size, (int)dim) : weight);
            }
        }

        writer.Add("model.norm.weight", SafetensorsType.F32, [dim], reader.Next(dim));
        _ = reader.Next(context * size);
        if (!tied)
        {
            writer.Add("lm_head.weight", SafetensorsType.F32, [vocabulary, dim], reader.Next(vocabulary * dim));
        }

        reader.End();
        Dictionary<string, object> configuration = new()
        {
            ["architectures"] = new[] { LlamaModel.Llama },
            ["model_type"] = "llama",
            ["hidden_size"] = dim,
            ["intermediate_size"] = hidden,
            ["num_hidden_layers"] = layers,
            ["num_attention_heads"] = heads,
            ["num_key_value_heads"] = keyHeads,
            ["vocab_size"] = vocabulary,
            ["max_position_embeddings"] = context,
            ["rms_norm_eps"] = 1e-5,
            ["rope_theta"] = 10000.0,
            ["hidden_act"] = "silu",
            ["tie_word_embeddings"] = tied,
            ["bos_token_id"] = 1,
            ["eos_token_id"] = 2,
        };
        try
        {
            Directory.CreateDirectory(folder);
            writer.Save(Path.Combine(folder, ModelFolder.WeightsFile));
            File.WriteAllText(Path.Combine(folder, ModelFolder.ConfigurationFile), JsonSerializer.Serialize(configuration, Indented));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SpexException($"{folder} could not be written: {error.Message}", error);
        }
    }

    /// <summary>In each head the even rows, then the odd ones.</summary>
    private static byte[] HalvesApart(byte[] weight, int size, int columns)
    {
        int row = columns * sizeof(float);
        byte[] apart = new byte[weight.Length];
        for (int i = 0; i < weight.Length / row; i++)
        {
            int inHead = i % size;
            int from = i - inHead + (inHead < size / 2 ? 2 * inHead : (2 * (inHead - (size / 2))) + 1);
            weight.AsSpan(from * row, row).CopyTo(apart.AsSpan(i * row));
        }

        return apart;
    }

    private sealed class Reader(string path, byte[] bytes, long at)
    {
        private long _at = at;

        public byte[] Next(long count)
        {
            long length = count * sizeof(float);
            if (bytes.Length - _at < length)
            {
                throw new SpexInputException($"{path} is cut short: it has {bytes.Length} bytes and its sizes ask for more. Copy it again.");
            }

            byte[] part = bytes.AsSpan((int)_at, (int)length).ToArray();
            _at += length;
            return part;
        }

        public void End()
        {
            if (_at != bytes.Length)
            {
                throw new SpexInputException($"{path} has {bytes.Length} bytes and its sizes ask for {_at}: it is no model of llama2.c in the first format, or a damaged one.");
            }
        }
    }
}
