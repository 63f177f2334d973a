using System.Buffers.Binary;
using Spex.Core.Masks;

namespace Spex.Core.Formats;

/// <summary>Masks and values as NumPy arrays (.npy), the form in which they travel to and from other tools.</summary>
public static class NpyFile
{
    /// <summary>
    /// Reads masks: a matrix with a row a mask, either n columns of 0 and 1 (any integer, bool or float type), or ⌈n/8⌉ columns
    /// of packed bits (uint8) as numpy.packbits(masks, axis=1) makes them: feature 0 is the highest bit of a row's first byte.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="featureCount">n; null where the matrix has a column a feature. Needed for packed bits.</param>
    /// <exception cref="SpexInputException">The file is damaged, its shape does not fit n, an element is neither 0 nor 1, or a padding bit is set.</exception>
    public static MaskMatrix ReadMasks(string path, int? featureCount = null)
    {
        NpyArray array = new(InputFile.ReadAll(path), path);
        if (array.Shape.Length != 2)
        {
            throw new SpexInputException($"{path} has {array.Shape.Length} dimensions; masks are a matrix of two, a row a mask.");
        }

        int rows = array.Shape[0], columns = array.Shape[1];
        int features = featureCount ?? columns;
        if (features is < 0 or > MaskMatrix.MaxFeatureCount)
        {
            throw new SpexInputException($"{path} has masks of {features} features; up to {MaskMatrix.MaxFeatureCount:N0} are allowed.");
        }

        // One feature has one column either way; packed, its 1 is the byte's highest bit.
        bool isOnePacked = features == 1 && array.Kind == 'u' && array.RawBytes.Contains((byte)128);
        if (columns == features && !isOnePacked)
        {
            return ReadDense(array, path, rows, features);
        }

        if (columns != (features + 7) / 8 || array.ElementSize != 1 || array.Kind != 'u')
        {
            throw new SpexInputException(
                $"{path} has {columns} columns; masks of {features} features have {features} columns of 0 and 1, or {(features + 7) / 8} columns of packed bits (uint8).");
        }

        return ReadPacked(array, path, rows, features);
    }

    /// <summary>Writes masks: uint8, rows × n of 0 and 1, or packed as <see cref="ReadMasks"/> says.</summary>
    /// <exception cref="SpexException">The file cannot be written.</exception>
    public static void WriteMasks(string path, MaskMatrix masks, bool packed = false)
    {
        ArgumentNullException.ThrowIfNull(masks);
        OutputFile.Write(path, stream =>
        {
            int columns = packed ? (masks.FeatureCount + 7) / 8 : masks.FeatureCount;
            NpyArray.WriteHeader(stream, "|u1", masks.RowCount, columns);
            byte[] line = new byte[columns];
            for (int row = 0; row < masks.RowCount; row++)
            {
                ReadOnlySpan<ulong> mask = masks.Row(row);
                Array.Clear(line);
                for (int i = 0; i < masks.FeatureCount; i++)
                {
                    int bit = (int)(mask[i >> 6] >> (i & 63)) & 1;
                    line[packed ? i >> 3 : i] |= (byte)(packed ? bit << (7 - (i & 7)) : bit);
                }

                stream.Write(line);
            }
        });
    }

    /// <summary>Reads values: a vector, or a matrix of one column or row, of any number type.</summary>
    /// <exception cref="SpexInputException">The file is damaged, has another shape, or holds NaN or infinity.</exception>
    public static double[] ReadValues(string path)
    {
        NpyArray array = new(InputFile.ReadAll(path), path);
        if (array.Shape.Count(size => size != 1) > 1)
        {
            throw new SpexInputException($"{path} has the shape ({string.Join(", ", array.Shape)}); values are a vector, one number a mask.");
        }

        return array.ToFiniteDoubles();
    }

    /// <summary>Writes values as a vector of float32.</summary>
    /// <exception cref="SpexException">The file cannot be written.</exception>
    public static void WriteValues(string path, ReadOnlySpan<float> values)
    {
        byte[] bytes = new byte[checked(values.Length * sizeof(float))];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), values[i]);
        }

        WriteVector(path, "<f4", bytes, values.Length);
    }

    /// <summary>Writes values as a vector of float64.</summary>
    /// <exception cref="SpexException">The file cannot be written.</exception>
    public static void WriteValues(string path, ReadOnlySpan<double> values) => WriteVector(path, "<f8", LittleEndian(values), values.Length);

    /// <summary>The numbers' bytes, low byte first.</summary>
    internal static byte[] LittleEndian(ReadOnlySpan<double> values)
    {
        byte[] bytes = new byte[checked(values.Length * sizeof(double))];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(i * sizeof(double)), values[i]);
        }

        return bytes;
    }

    private static void WriteVector(string path, string type, byte[] bytes, int length) => OutputFile.Write(path, stream =>
    {
        NpyArray.WriteHeader(stream, type, length);
        stream.Write(bytes);
    });

    private static MaskMatrix ReadDense(NpyArray array, string path, int rows, int features)
    {
        MaskMatrix masks = new(rows, features);
        ReadOnlySpan<byte> raw = array.RawBytes;
        for (int row = 0; row < rows; row++)
        {
            Span<ulong> mask = masks.Row(row);
            long at = (long)row * features;
            for (int i = 0; i < features; i++)
            {
                double element = raw.IsEmpty ? array[at + i] : raw[(int)at + i];
                if (element is not (0 or 1))
                {
                    throw new SpexInputException($"{path}: row {row}, column {i} is {element}; a mask holds 1 where the feature is present and 0 elsewhere.");
                }

                mask[i >> 6] |= (ulong)element << (i & 63);
            }
        }

        return masks;
    }

    private static MaskMatrix ReadPacked(NpyArray array, string path, int rows, int features)
    {
        MaskMatrix masks = new(rows, features);
        int columns = (features + 7) / 8;
        for (int row = 0; row < rows; row++)
        {
            Span<ulong> mask = masks.Row(row);
            for (int column = 0; column < columns; column++)
            {
                int bits = (int)array[((long)row * columns) + column];
                int used = Math.Min(8, features - (8 * column));
                if ((bits & (0xFF >> used)) != 0)
                {
                    throw new SpexInputException($"{path}: row {row} has bits set beyond its {features} features; is the feature count right?");
                }

                for (int i = 8 * column; i < (8 * column) + used; i++)
                {
                    mask[i >> 6] |= (ulong)((bits >> (7 - (i & 7))) & 1) << (i & 63);
                }
            }
        }

        return masks;
    }
}
