namespace Spex.Engine.Devices;

/// <summary>Batched Walsh-Hadamard transforms in place.</summary>
public abstract class HadamardPrimitives
{
    /// <summary>
    /// Replaces each of the first <paramref name="rowCount"/> rows x of 2^b numbers by scale · Σ_l x_l (−1)^{⟨j,l⟩}.
    /// Additions run in the order of the radix-2 butterfly from stride 1 up, then the scaling, so that every device gives the same bits.
    /// </summary>
    /// <param name="rows">rowCount × 2^b numbers, row after row.</param>
    /// <param name="rowCount">Number of rows.</param>
    /// <param name="log2Length">b, 0 to 30.</param>
    /// <param name="scale">Factor on every result; a power of two keeps it exact.</param>
    /// <exception cref="ArgumentException">The buffer holds fewer than rowCount × 2^b numbers.</exception>
    public abstract void Transform(DeviceBuffer<float> rows, int rowCount, int log2Length, float scale);

    /// <summary>Checks what every device's form is given.</summary>
    private protected static void CheckArguments(DeviceBuffer<float> rows, int rowCount, int log2Length)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(rowCount);
        ArgumentOutOfRangeException.ThrowIfNegative(log2Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(log2Length, 30);
        rows.CheckHolds((long)rowCount << log2Length);
    }
}
