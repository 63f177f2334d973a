namespace Spex.Engine.Devices;

/// <summary>The values of masks, where a model left them: whether all are finite, and their standardised form.</summary>
public abstract class ValuePrimitives
{
    /// <summary>The least index, in 0 … count − 1, of a value that is NaN or infinite; −1 where all are finite. The one number that the host reads of a batch.</summary>
    /// <param name="values">The values.</param>
    /// <param name="count">How many.</param>
    public abstract int FirstNotFinite(DeviceBuffer<float> values, int count);

    /// <summary>
    /// For each function f: standardised[f · count + i] = (v − mean)/scale, computed in float64 and rounded to float32, with v = values[start + order[i]], or values[start + i] without an order.
    /// </summary>
    /// <param name="values">The values of the functions.</param>
    /// <param name="order">Indices in a function's values. Read unchecked on some devices. Null for their own order.</param>
    /// <param name="count">Number of results a function.</param>
    /// <param name="functions">Where each function's values start, and their mean and scale.</param>
    /// <param name="standardised">Takes functions × count numbers; another buffer than the values.</param>
    public abstract void Standardise(DeviceBuffer<float> values, DeviceBuffer<int>? order, int count, ReadOnlySpan<ValueScale> functions, DeviceBuffer<float> standardised);

    /// <summary>The first <paramref name="count"/> numbers in double precision.</summary>
    public abstract void Widen(DeviceBuffer<float> values, int count, DeviceBuffer<double> wide);

    /// <summary>Checks what every device's form of <see cref="FirstNotFinite"/> is given.</summary>
    private protected static void CheckFirstNotFinite(DeviceBuffer<float> values, int count)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        values.CheckHolds(count);
    }

    /// <summary>Checks what every device's form of <see cref="Standardise"/> is given.</summary>
    private protected static void CheckStandardise(DeviceBuffer<float> values, DeviceBuffer<int>? order, int count, ReadOnlySpan<ValueScale> functions, DeviceBuffer<float> standardised)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(standardised);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        standardised.CheckHolds((long)functions.Length * count);
        order?.CheckHolds(count);
        foreach (ValueScale function in functions)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(function.Start, nameof(functions));
            values.CheckHolds(function.Start + (order is null ? count : 0));
        }
    }

    /// <summary>Checks what every device's form of <see cref="Widen"/> is given.</summary>
    private protected static void CheckWiden(DeviceBuffer<float> values, int count, DeviceBuffer<double> wide)
    {
        CheckFirstNotFinite(values, count);
        ArgumentNullException.ThrowIfNull(wide);
        wide.CheckHolds(count);
    }
}
