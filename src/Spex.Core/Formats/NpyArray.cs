using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Spex.Core.Formats;

/// <summary>One array in NumPy's .npy format, versions 1 to 3 (numpy.lib.format): a header that is a Python dictionary, then the elements.</summary>
internal sealed class NpyArray
{
    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    private readonly byte[] _bytes;
    private readonly int _start;
    private readonly bool _bigEndian;
    private readonly bool _fortranOrder;
    private readonly string _file;

    /// <summary>Reads an array.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="file">Its name for messages.</param>
    /// <exception cref="SpexInputException">The bytes are no such array, or end before its last element.</exception>
    public NpyArray(byte[] bytes, string file)
    {
        _bytes = bytes;
        _file = file;
        ReadOnlySpan<byte> all = bytes;
        if (!all.StartsWith(Magic[..Math.Min(Magic.Length, bytes.Length)]) || bytes.Length == 0)
        {
            throw new SpexInputException($"{file} is no NumPy array; a .npy file begins with the bytes \\x93NUMPY. Write it with numpy.save.");
        }

        if (bytes.Length < 12)
        {
            throw Cut();
        }

        int version = bytes[6];
        if (version is < 1 or > 3)
        {
            throw new SpexInputException($"{file} has version {version} of NumPy's format; versions 1 to 3 are read. Write it with numpy.save.");
        }

        long headerStart = version == 1 ? 10 : 12;
        long headerLength = version == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(all[8..]) : BinaryPrimitives.ReadUInt32LittleEndian(all[8..]);
        if (headerStart + headerLength > bytes.Length)
        {
            throw Cut();
        }

        _start = (int)(headerStart + headerLength);
        string header = Encoding.UTF8.GetString(all[(int)headerStart.._start]);
        string type = Text(header, "'descr'");
        _bigEndian = type[0] == '>';
        Kind = type[1];
        ElementSize = int.Parse(type.AsSpan(2), CultureInfo.InvariantCulture);
        _fortranOrder = Field(header, "'fortran_order'").StartsWith("True", StringComparison.Ordinal);
        Shape = ParseShape(header);
        Length = 1;
        foreach (int size in Shape)
        {
            Length = Length * size <= Array.MaxLength
                ? Length * size
                : throw new SpexInputException($"{file} has the shape ({string.Join(", ", Shape)}), which is more than can be read; split the file.");
        }

        if (_start + (Length * ElementSize) > bytes.Length)
        {
            throw Cut();
        }

        if (_start + (Length * ElementSize) < bytes.Length)
        {
            throw new SpexInputException(
                $"{file} has {bytes.Length - _start} bytes of elements, its header says {Length * ElementSize}; it is damaged. Write it again with numpy.save.");
        }
    }

    /// <summary>'b' for bool, 'i' and 'u' for integers, 'f' for floats.</summary>
    public char Kind { get; }

    /// <summary>Bytes an element takes.</summary>
    public int ElementSize { get; }

    /// <summary>The sizes of the dimensions; none for a single number.</summary>
    public int[] Shape { get; }

    /// <summary>Number of elements.</summary>
    public long Length { get; }

    /// <summary>An element in row-major order, as a number.</summary>
    public double this[long index]
    {
        get
        {
            ReadOnlySpan<byte> bytes = _bytes.AsSpan(checked((int)(_start + (Place(index) * ElementSize))), ElementSize);
            ulong bits = 0;
            for (int i = 0; i < ElementSize; i++)
            {
                bits |= (ulong)bytes[_bigEndian ? ElementSize - 1 - i : i] << (8 * i);
            }

            int shift = 64 - (8 * ElementSize);
            return (Kind, ElementSize) switch
            {
                ('f', 8) => BitConverter.UInt64BitsToDouble(bits),
                ('f', 4) => BitConverter.UInt32BitsToSingle((uint)bits),
                ('f', 2) => (double)BitConverter.UInt16BitsToHalf((ushort)bits),
                ('i', _) => (long)(bits << shift) >> shift,
                _ => bits,
            };
        }
    }

    /// <summary>All elements as finite numbers, in row-major order.</summary>
    /// <exception cref="SpexInputException">An element is NaN or infinite.</exception>
    public double[] ToFiniteDoubles()
    {
        double[] numbers = new double[Length];
        for (long i = 0; i < Length; i++)
        {
            double number = this[i];
            if (!double.IsFinite(number))
            {
                throw new SpexInputException($"{_file}: element {i} is {number}; finite numbers are allowed. Correct or leave out the element.");
            }

            numbers[i] = number;
        }

        return numbers;
    }

    /// <summary>The bytes of a C-ordered array of single bytes, without a copy; empty where the array is not so.</summary>
    public ReadOnlySpan<byte> RawBytes => ElementSize == 1 && !_fortranOrder ? _bytes.AsSpan(_start) : [];

    /// <summary>Writes the header of an array in C order, as numpy.save does: version 1, padded so that the elements begin at a multiple of 64.</summary>
    /// <param name="stream">Takes the header.</param>
    /// <param name="type">NumPy's type text: &lt;f8, |u1, |b1.</param>
    /// <param name="shape">The sizes of the dimensions.</param>
    public static void WriteHeader(Stream stream, string type, params ReadOnlySpan<long> shape)
    {
        StringBuilder header = new($"{{'descr': '{type}', 'fortran_order': False, 'shape': (");
        for (int i = 0; i < shape.Length; i++)
        {
            header.Append(CultureInfo.InvariantCulture, $"{(i == 0 ? "" : " ")}{shape[i]}{(i == shape.Length - 1 && i > 0 ? "" : ",")}");
        }

        header.Append("), }");
        int length = ((10 + header.Length + 1 + 63) / 64 * 64) - 10;
        header.Append(' ', length - header.Length - 1).Append('\n');
        stream.Write(Magic);
        stream.Write([1, 0, (byte)length, (byte)(length >> 8)]);
        stream.Write(Encoding.ASCII.GetBytes(header.ToString()));
    }

    // The text after a key of the header, up to the header's end.
    private ReadOnlySpan<char> Field(string header, string key)
    {
        int at = header.IndexOf(key, StringComparison.Ordinal);
        int colon = at < 0 ? -1 : header.IndexOf(':', at);
        return colon < 0 ? throw Unreadable(header) : header.AsSpan(colon + 1).TrimStart();
    }

    private string Text(string header, string key)
    {
        ReadOnlySpan<char> field = Field(header, key);
        int end = field.Length > 1 && field[0] is '\'' or '"' ? field[1..].IndexOf(field[0]) : -1;
        string type = end < 0 ? throw Unreadable(header) : field.Slice(1, end).ToString();
        bool known = type is "|b1" or "|u1" or "|i1"
            || (type.Length == 3 && type[0] is '<' or '>' && (type[1..] is "u2" or "u4" or "u8" or "i2" or "i4" or "i8" or "f2" or "f4" or "f8"));
        return known
            ? type
            : throw new SpexInputException($"{_file} holds elements of NumPy's type {type}; bool, integers and floats of up to 64 bits are read. Convert it with astype.");
    }

    private int[] ParseShape(string header)
    {
        ReadOnlySpan<char> field = Field(header, "'shape'");
        int close = field.IndexOf(')');
        if (close < 1 || field[0] != '(')
        {
            throw Unreadable(header);
        }

        List<int> shape = [];
        foreach (Range part in field[1..close].Split(','))
        {
            ReadOnlySpan<char> size = field[1..close][part].Trim();
            if (size.IsEmpty)
            {
                continue;
            }

            if (!int.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            {
                throw Unreadable(header);
            }

            shape.Add(number);
        }

        return [.. shape];
    }

    // Where an element of row-major number `index` is stored.
    private long Place(long index)
    {
        if (!_fortranOrder || Shape.Length < 2)
        {
            return index;
        }

        long place = 0, stride = Length;
        for (int dimension = Shape.Length - 1; dimension >= 0; dimension--)
        {
            stride /= Shape[dimension];
            place += index % Shape[dimension] * stride;
            index /= Shape[dimension];
        }

        return place;
    }

    private SpexInputException Cut() => new($"{_file} ends before its last element: it was cut short. Make or copy it again.");

    private SpexInputException Unreadable(string header) =>
        new($"{_file} has a header that is no NumPy header: {header.TrimEnd()}. Write the file again with numpy.save.");
}
