using System.Text;
using CsCheck;
using Spex.Core.Designs;
using Spex.Core.Formats;
using Spex.Core.Masks;

namespace Spex.Core.Tests.Formats;

public class NpyFileTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Masks_are_read_back_the_same(bool packed) =>
        Gen.Select(Gen.Int[1, 200], Gen.Int[0, 30], Gen.ULong).Sample(
            (featureCount, rows, seed) =>
            {
                MaskMatrix masks = new UniformDesign(featureCount, seed, 0, Math.Min(rows, featureCount < 6 ? 1 << featureCount : rows)).ToMatrix(
                    0,
                    Math.Min(rows, featureCount < 6 ? 1 << featureCount : rows));
                using TemporaryFolder folder = new();
                NpyFile.WriteMasks(folder["m.npy"], masks, packed);
                MaskMatrix read = NpyFile.ReadMasks(folder["m.npy"], packed ? featureCount : null);
                Assert.Equal(masks.RowCount, read.RowCount);
                Assert.Equal(masks.FeatureCount, read.FeatureCount);
                Assert.Equal(masks.Words, read.Words);
            },
            iter: 50);

    [Fact]
    public void Packed_bits_are_numpys()
    {
        // numpy.packbits([[1,0,0,0,0,0,0,1, 0,1]], axis=1) is [[129, 64]].
        using TemporaryFolder folder = new();
        MaskMatrix masks = new(1, 10) { [0, 0] = true, [0, 7] = true, [0, 9] = true };
        NpyFile.WriteMasks(folder["m.npy"], masks, packed: true);
        byte[] bytes = File.ReadAllBytes(folder["m.npy"]);
        Assert.Equal([129, 64], bytes[^2..]);
        Assert.Equal("{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2), }", Encoding.ASCII.GetString(bytes[10..^2]).TrimEnd());
    }

    [Fact]
    public void Values_are_read_back_the_same() =>
        Gen.Double[-1e6, 1e6].Array[0, 50].Sample(values =>
        {
            using TemporaryFolder folder = new();
            NpyFile.WriteValues(folder["d.npy"], values);
            Assert.Equal(values, NpyFile.ReadValues(folder["d.npy"]));
            float[] singles = [.. values.Select(value => (float)value)];
            NpyFile.WriteValues(folder["f.npy"], singles);
            Assert.Equal(singles.Select(value => (double)value), NpyFile.ReadValues(folder["f.npy"]));
        });

    [Theory]
    [InlineData("<f8", "(2,)", new byte[] { 0, 0, 0, 0, 0, 0, 0xF8, 0x3F, 0, 0, 0, 0, 0, 0, 0, 0xC0 }, new[] { 1.5, -2 })]
    [InlineData(">f8", "(1,)", new byte[] { 0x3F, 0xF8, 0, 0, 0, 0, 0, 0 }, new[] { 1.5 })]
    [InlineData("<f4", "(1, 1)", new byte[] { 0, 0, 0xC0, 0x3F }, new[] { 1.5 })]
    [InlineData("<f2", "(1,)", new byte[] { 0, 0x3E }, new[] { 1.5 })]
    [InlineData("<i8", "()", new byte[] { 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF }, new[] { -2.0 })]
    [InlineData(">i4", "(1,)", new byte[] { 0xFF, 0xFF, 0xFF, 0xFE }, new[] { -2.0 })]
    [InlineData("<i2", "(2,)", new byte[] { 0xFE, 0xFF, 3, 1 }, new[] { -2.0, 259 })]
    [InlineData("|i1", "(1,)", new byte[] { 0xFE }, new[] { -2.0 })]
    [InlineData("|u1", "(1,)", new byte[] { 0xFE }, new[] { 254.0 })]
    [InlineData("<u4", "(1,)", new byte[] { 0, 0, 0, 0x80 }, new[] { 2147483648.0 })]
    [InlineData("|b1", "(2,)", new byte[] { 0, 1 }, new[] { 0.0, 1 })]
    public void Every_number_type_is_read(string type, string shape, byte[] elements, double[] expected)
    {
        using TemporaryFolder folder = new();
        foreach (byte version in new byte[] { 1, 2, 3 })
        {
            Assert.Equal(expected, NpyFile.ReadValues(folder.Write("v.npy", Make(type, shape, elements, version: version))));
        }
    }

    [Fact]
    public void Column_major_masks_are_read()
    {
        using TemporaryFolder folder = new();
        MaskMatrix masks = NpyFile.ReadMasks(folder.Write("m.npy", Make("|b1", "(2, 3)", [1, 0, 0, 1, 1, 0], fortran: true)));
        Assert.Equal([0b101UL, 0b010UL], masks.Words);
    }

    [Fact]
    public void Masks_of_other_number_types_are_read()
    {
        using TemporaryFolder folder = new();
        MaskMatrix masks = NpyFile.ReadMasks(folder.Write("m.npy", Make("<i2", "(2, 2)", [1, 0, 0, 0, 1, 0, 1, 0])), 2);
        Assert.Equal([0b01UL, 0b11UL], masks.Words);
    }

    [Fact]
    public void Wrong_files_are_refused_with_their_reason()
    {
        using TemporaryFolder folder = new();
        AssertMasks("0 or 1", Make("|u1", "(1, 2)", [1, 2]), null, "row 0, column 1 is 2");
        AssertMasks("dimensions", Make("|u1", "(2,)", [1, 1]), null, "has 1 dimensions");
        AssertMasks("columns", Make("|u1", "(1, 2)", [1, 1]), 3, "has 2 columns; masks of 3 features have 3 columns of 0 and 1, or 1 columns of packed bits");
        AssertMasks("padding", Make("|u1", "(1, 2)", [1, 1]), 10, "bits set beyond its 10 features");
        AssertMasks("packed floats", Make("<f4", "(1, 1)", [0, 0, 0, 0]), 8, "has 1 columns");
        AssertMasks("text", Make("<U3", "(1, 1)", new byte[12]), null, "NumPy's type <U3");
        AssertMasks("objects", Make("|O", "(1, 1)", new byte[8]), null, "NumPy's type |O");
        AssertMasks("magic", "hello world, no array"u8.ToArray(), null, "is no NumPy array");
        AssertMasks("version", Make("|u1", "(1, 1)", [1], version: 9), null, "version 9");
        AssertMasks("long", Make("|u1", "(1, 1)", [1, 1]), null, "has 2 bytes of elements, its header says 1");
        AssertMasks("huge", Make("|u1", "(100000, 100000, 100000)", [1]), null, "more than can be read");
        AssertMasks("shape", Make("|u1", "(-1, 3)", [1]), null, "no NumPy header");
        Assert.Contains("element 1 is NaN", Refused(() => NpyFile.ReadValues(folder.Write("n.npy", Make("<f4", "(2,)", [0, 0, 0, 0, 0, 0, 0xC0, 0x7F])))));
        Assert.Contains("(2, 2); values are a vector", Refused(() => NpyFile.ReadValues(folder.Write("n.npy", Make("|u1", "(2, 2)", [0, 0, 0, 0])))));

        void AssertMasks(string what, byte[] bytes, int? featureCount, string reason)
        {
            string message = Refused(() => NpyFile.ReadMasks(folder.Write("w.npy", bytes), featureCount));
            Assert.True(message.Contains(reason, StringComparison.Ordinal), $"{what}: {message}");
            Assert.Contains(folder["w.npy"], message);
        }
    }

    [Fact]
    public void A_file_cut_anywhere_is_refused()
    {
        using TemporaryFolder folder = new();
        foreach (byte version in new byte[] { 1, 2 })
        {
            byte[] whole = Make("<f8", "(2,)", new byte[16], version: version);
            for (int length = 0; length < whole.Length; length++)
            {
                string path = folder.Write("cut.npy", whole[..length]);
                Assert.Contains(path, Refused(() => NpyFile.ReadValues(path)));
            }
        }
    }

    private static string Refused(Func<object> read) => Assert.Throws<SpexInputException>(read).Message;

    private static byte[] Make(string type, string shape, byte[] elements, bool fortran = false, byte version = 1)
    {
        byte[] header = Encoding.ASCII.GetBytes($"{{'descr': '{type}', 'fortran_order': {(fortran ? "True" : "False")}, 'shape': {shape}, }}   \n");
        byte[] length = version == 1 ? [(byte)header.Length, 0] : [(byte)header.Length, 0, 0, 0];
        return [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', version, 0, .. length, .. header, .. elements];
    }
}
