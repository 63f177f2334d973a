using System.Buffers.Binary;
using System.Text;
using CsCheck;
using Spex.Core;
using Spex.Torch.Safetensors;

namespace Spex.Torch.Tests.Safetensors;

public sealed class SafetensorsFileTests
{
    [Fact]
    public void Gives_back_what_was_written()
    {
        Gen.Select(Gen.Float[-60000, 60000].Array[0, 40], Gen.Byte.Array[0, 40], Gen.Int[0, 3]).Sample((numbers, bytes, scalars) =>
        {
            SafetensorsWriter writer = new();
            writer.Add("b", SafetensorsType.U8, [bytes.Length], bytes);
            writer.AddHalves("h", [numbers.Length, 1], numbers);
            byte[] singles = new byte[numbers.Length * 4];
            for (int i = 0; i < numbers.Length; i++)
            {
                BinaryPrimitives.WriteSingleLittleEndian(singles.AsSpan(i * 4), numbers[i]);
            }

            writer.Add("f", SafetensorsType.F32, [1, numbers.Length], singles);
            for (int i = 0; i < scalars; i++)
            {
                writer.Add($"s{i}", SafetensorsType.I64, [], new byte[8]);
            }

            writer.AddMetadata("what", "a \"test\"\n");
            using SafetensorsFile file = SafetensorsFile.Read(Bytes(writer), "memory");
            Assert.Equal(3 + scalars, file.Tensors.Count);
            Assert.Equal("a \"test\"\n", file.Metadata["what"]);
            Assert.Equal(bytes, file.Bytes("b").ToArray());
            Assert.Equal(numbers, file.ReadSingles("f"));
            Assert.Equal([.. numbers.Select(number => (float)(Half)number)], file.ReadSingles("h"));
            Assert.Equal([1, numbers.Length], file.Tensors["f"].Shape);
        });
    }

    [Fact]
    public void Reads_bfloat16_and_double()
    {
        SafetensorsWriter writer = new();
        writer.Add("b", SafetensorsType.BF16, [2], [0x80, 0x3F, 0x40, 0xC0]);
        byte[] doubles = new byte[8];
        BinaryPrimitives.WriteDoubleLittleEndian(doubles, 0.1);
        writer.Add("d", SafetensorsType.F64, [1], doubles);
        using SafetensorsFile file = SafetensorsFile.Read(Bytes(writer), "memory");
        Assert.Equal([1f, -3f], file.ReadSingles("b"));
        Assert.Equal([0.1f], file.ReadSingles("d"));
    }

    [Fact]
    public void A_file_on_disk_is_mapped_and_every_shorter_or_longer_one_is_refused()
    {
        string path = Path.Combine(Path.GetTempPath(), $"spex-{Guid.NewGuid():N}.safetensors");
        try
        {
            SafetensorsWriter writer = new();
            writer.AddHalves("x", [3], [1, 2, 3]);
            writer.Save(path);
            using (SafetensorsFile file = SafetensorsFile.Open(path))
            {
                Assert.Equal([1f, 2f, 3f], file.ReadSingles("x"));
            }

            byte[] whole = File.ReadAllBytes(path);
            for (int length = 0; length < whole.Length; length++)
            {
                File.WriteAllBytes(path, whole[..length]);
                SpexInputException error = Assert.Throws<SpexInputException>(() => SafetensorsFile.Open(path));
                Assert.Contains(path, error.Message, StringComparison.Ordinal);
            }

            File.WriteAllBytes(path, [.. whole, 0]);
            Assert.Throws<SpexInputException>(() => SafetensorsFile.Open(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_missing_file_is_an_input_error()
    {
        Assert.Throws<SpexInputException>(() => SafetensorsFile.Open("/nowhere/at/all.safetensors"));
    }

    [Theory]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "takes 8 bytes")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 8, "8 are there")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 4, "4 are there")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "overlap or leave a gap")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"y":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "overlap or leave a gap")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "twice")]
    [InlineData("""{"x":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]}}""", 4, "impossible shape")]
    [InlineData("""{"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "0 or more")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, "data_offsets")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", 4, "0 or more")]
    [InlineData("""{"x":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}""", 4, "unknown dtype")]
    [InlineData("""{"x":{"dtype":"1","shape":[1],"data_offsets":[0,1]}}""", 1, "unknown dtype")]
    [InlineData("""{"x":{"shape":[1],"data_offsets":[0,4]}}""", 4, "lacks its dtype")]
    [InlineData("""{"x":7}""", 0, "lacks its dtype")]
    [InlineData("""{"__metadata__":{"a":1}}""", 0, "is not text")]
    [InlineData("""[]""", 0, "not a JSON object")]
    [InlineData("""{"x":""", 0, "not JSON")]
    public void A_header_that_lies_is_refused(string header, int dataBytes, string reason)
    {
        SpexInputException error = Assert.Throws<SpexInputException>(() => SafetensorsFile.Read(Raw(header, dataBytes), "lie.safetensors"));
        Assert.Contains("lie.safetensors", error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 40)]
    [InlineData(3UL)]
    public void A_header_length_beyond_the_file_is_refused(ulong length)
    {
        byte[] content = new byte[10];
        BinaryPrimitives.WriteUInt64LittleEndian(content, length);
        Assert.Throws<SpexInputException>(() => SafetensorsFile.Read(content, "lie"));
    }

    [Fact]
    public void Random_damage_is_refused_or_harmless()
    {
        SafetensorsWriter writer = new();
        writer.AddHalves("x", [3], [1, 2, 3]);
        writer.Add("y", SafetensorsType.U8, [2, 2], [1, 2, 3, 4]);
        byte[] whole = Bytes(writer);
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte).Sample((place, value) =>
        {
            byte[] damaged = (byte[])whole.Clone();
            damaged[place] = value;
            try
            {
                using SafetensorsFile file = SafetensorsFile.Read(damaged, "damaged");
                foreach (string tensor in file.Tensors.Keys)
                {
                    Assert.Equal(file.Tensors[tensor].ByteLength, file.Bytes(tensor).Length);
                }
            }
            catch (SpexInputException)
            {
                // Refused: as it should be.
            }
        });
    }

    [Fact]
    public void Requiring_a_tensor_checks_its_shape()
    {
        SafetensorsWriter writer = new();
        writer.AddHalves("x", [3, 2], new float[6]);
        using SafetensorsFile file = SafetensorsFile.Read(Bytes(writer), "memory");
        Assert.Equal(6, file.Require("x", -1, 2).Count);
        Assert.Contains("[3, 2]", Assert.Throws<SpexInputException>(() => file.Require("x", 2, 3)).Message, StringComparison.Ordinal);
        Assert.Contains("'z'", Assert.Throws<SpexInputException>(() => file.Require("z", 1)).Message, StringComparison.Ordinal);
        Assert.Throws<SpexInputException>(() => file.Bytes("z").Length);
    }

    [Fact]
    public void The_writer_refuses_what_a_reader_would()
    {
        SafetensorsWriter writer = new();
        Assert.Throws<ArgumentException>(() => writer.Add("x", SafetensorsType.F32, [2], new byte[4]));
        Assert.Throws<ArgumentException>(() => writer.AddHalves("x", [1], [1e9f]));
        Assert.Throws<ArgumentException>(() => writer.AddHalves("x", [1], [float.NaN]));
        writer.AddHalves("x", [1], [1f]);
        Assert.Throws<ArgumentException>(() => writer.AddHalves("x", [1], [1f]));
        Assert.Throws<SpexException>(() => writer.Save("/nowhere/at/all.safetensors"));
    }

    private static byte[] Bytes(SafetensorsWriter writer)
    {
        using MemoryStream stream = new();
        writer.Write(stream);
        return stream.ToArray();
    }

    private static byte[] Raw(string header, int dataBytes)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        byte[] content = new byte[8 + json.Length + dataBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(content, (ulong)json.Length);
        json.CopyTo(content, 8);
        return content;
    }
}
