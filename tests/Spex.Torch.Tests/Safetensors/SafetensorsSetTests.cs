using System.Runtime.InteropServices;
using CsCheck;
using Spex.Core;
using Spex.Core.Tests.Formats;
using Spex.Torch.Native;
using Spex.Torch.Safetensors;
using static TorchSharp.torch;

namespace Spex.Torch.Tests.Safetensors;

public sealed class SafetensorsSetTests
{
    [Fact]
    public void Every_storage_type_is_widened_exactly_and_narrowed_to_the_nearest()
    {
        TorchRuntime.EnsureLoaded();
        Gen.Float[-60000, 60000].Array[0, 2100].Sample(
            numbers =>
            {
                SafetensorsWriter writer = new();
                ushort[] upper = [.. numbers.Select(number => (ushort)(BitConverter.SingleToUInt32Bits(number) >> 16))];
                double[] doubles = [.. numbers.Select(number => number * 1.1)];
                writer.AddHalves("half", [numbers.Length], numbers);
                writer.Add("single", SafetensorsType.F32, [numbers.Length, 1], MemoryMarshal.AsBytes(numbers.AsSpan()));
                writer.Add("brain", SafetensorsType.BF16, [numbers.Length], MemoryMarshal.AsBytes(upper.AsSpan()));
                writer.Add("double", SafetensorsType.F64, [numbers.Length], MemoryMarshal.AsBytes(doubles.AsSpan()));
                using MemoryStream stream = new();
                writer.Write(stream);
                using SafetensorsFile file = SafetensorsFile.Read(stream.ToArray(), "memory");
                foreach (string name in file.Tensors.Keys)
                {
                    using Tensor single = file.ReadTensor(name), brain = file.ReadTensor(name, ScalarType.BFloat16), rounded = single.to_type(ScalarType.BFloat16);
                    Assert.Equal(file.Tensors[name].Shape, single.shape);
                    Assert.Equal(file.ReadSingles(name), MemoryMarshal.Cast<byte, float>(single.bytes).ToArray());
                    Assert.Equal(rounded.bytes.ToArray(), brain.bytes.ToArray());
                }
            },
            iter: 30);
    }

    [Fact]
    public void Whole_numbers_are_no_weights()
    {
        SafetensorsWriter writer = new();
        writer.Add("ids", SafetensorsType.I64, [1], new byte[8]);
        using MemoryStream stream = new();
        writer.Write(stream);
        using SafetensorsFile file = SafetensorsFile.Read(stream.ToArray(), "memory");
        Assert.Contains("I64", Assert.Throws<SpexInputException>(() => file.ReadTensor("ids")).Message, StringComparison.Ordinal);
        Assert.Contains("'none'", Assert.Throws<SpexInputException>(() => file.ReadTensor("none")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.ReadTensor("ids", ScalarType.Float16));
    }

    [Fact]
    public void An_index_joins_files()
    {
        using TemporaryFolder folder = new();
        Write(folder, "one.safetensors", "a", 1);
        Write(folder, "two.safetensors", "b", 2);
        string index = folder.Write("model.safetensors.index.json", """{"metadata":{"total_size":4},"weight_map":{"a":"one.safetensors","b":"two.safetensors"}}""");
        using SafetensorsSet set = SafetensorsSet.OpenIndex(index);
        using Tensor b = set.Read("b", ScalarType.Float32, 1);
        Assert.Equal(2f, b.item<float>());
        Assert.True(set.Has("a"));
        Assert.Equal(4, set.ByteLength);
        Assert.Equal(["a", "b"], set.Names.Order());
        string hash = set.Hash;
        set.Dispose();
        Write(folder, "two.safetensors", "b", 3);
        using SafetensorsSet changed = SafetensorsSet.OpenIndex(index);
        Assert.NotEqual(hash, changed.Hash);
    }

    [Theory]
    [InlineData("""{"weight_map":{"a":"one.safetensors","b":"two.safetensors"}}""", "two.safetensors")]
    [InlineData("""{"weight_map":{"c":"one.safetensors"}}""", "tensor 'c' is in 'one.safetensors', and it is not")]
    [InlineData("""{"weight_map":{"a":"../one.safetensors"}}""", "in the same folder")]
    [InlineData("""{"weight_map":{"a":7}}""", "a text is allowed")]
    [InlineData("""{"weights":{}}""", "weight_map")]
    public void An_index_that_lies_is_refused(string index, string reason)
    {
        using TemporaryFolder folder = new();
        Write(folder, "one.safetensors", "a", 1);
        string path = folder.Write("model.safetensors.index.json", index);
        Assert.Contains(reason, Assert.Throws<SpexInputException>(() => SafetensorsSet.OpenIndex(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_tensor_is_named_with_one_that_ends_alike()
    {
        using TemporaryFolder folder = new();
        Write(folder, "one.safetensors", "model.layer.0.weight", 1);
        using SafetensorsSet set = SafetensorsSet.Open(folder["one.safetensors"]);
        string message = Assert.Throws<SpexInputException>(() => set.Read("layer.0.weight", ScalarType.Float32, 1)).Message;
        Assert.Contains("'layer.0.weight'", message, StringComparison.Ordinal);
        Assert.Contains("'model.layer.0.weight'", message, StringComparison.Ordinal);
        Assert.Contains("[1]", Assert.Throws<SpexInputException>(() => set.Read("model.layer.0.weight", ScalarType.Float32, 2)).Message, StringComparison.Ordinal);
    }

    private static void Write(TemporaryFolder folder, string file, string tensor, float number)
    {
        SafetensorsWriter writer = new();
        writer.AddHalves(tensor, [1], [number]);
        writer.Save(folder[file]);
    }
}
