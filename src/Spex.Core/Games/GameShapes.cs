using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Spex.Core.Games;

/// <summary>Shape checks and the one sum that the network games share.</summary>
internal static class GameShapes
{
    /// <summary>The vector itself when it has the length and finite numbers.</summary>
    public static double[] Vector(string name, double[] numbers, int length)
    {
        if (numbers.Length != length)
        {
            throw new SpexInputException($"\"{name}\" has {numbers.Length} numbers; {length} fit the game's other shapes.");
        }

        for (int i = 0; i < numbers.Length; i++)
        {
            if (!double.IsFinite(numbers[i]))
            {
                throw new SpexInputException($"\"{name}\"[{i}] is {numbers[i]}; a game's numbers are finite.");
            }
        }

        return numbers;
    }

    /// <summary>The matrix itself when it has the shape and finite numbers.</summary>
    public static double[][] Matrix(string name, double[][] rows, int rowCount, int columnCount)
    {
        if (rows.Length != rowCount)
        {
            throw new SpexInputException($"\"{name}\" has {rows.Length} rows; {rowCount} fit the game's other shapes.");
        }

        for (int i = 0; i < rows.Length; i++)
        {
            Vector($"{name}[{i}]", rows[i], columnCount);
        }

        return rows;
    }

    /// <summary>sums += row; lanes are independent, so the bits do not depend on the vectors' width.</summary>
    public static void Add(ReadOnlySpan<double> row, Span<double> sums)
    {
        ref double target = ref MemoryMarshal.GetReference(sums);
        ref double source = ref MemoryMarshal.GetReference(row);
        int i = 0;
        for (; i + Vector256<double>.Count <= sums.Length; i += Vector256<double>.Count)
        {
            (Vector256.LoadUnsafe(ref target, (nuint)i) + Vector256.LoadUnsafe(ref source, (nuint)i)).StoreUnsafe(ref target, (nuint)i);
        }

        for (; i < sums.Length; i++)
        {
            sums[i] += row[i];
        }
    }
}
