namespace Spex.Engine.Devices;

/// <summary>The values of masks, where a model left them: whether all are finite, and their standardised form.</summary>
public abstract class ValuePrimitives
{
    /// <summary>The least index, in 0 … count − 1, of a value that is NaN or infinite; −1 where all are finite. The one number that the host reads of a batch.</summary>
    /// <param name="values">The values.</param>
    /// <param name="count">How many.</param>
    public abstract int FirstNotFinite(DeviceBuffer<float> values, int count);

    /// <summary>standardised[i] = (v − mean)/scale, computed in float64 and rounded to float32, with v = values[order[i]], or values[i] without an order.</summary>
    /// <param name="values">The values.</param>
    /// <param name="order">Indices in the values. Read unchecked on some devices. Null for their own order.</param>
    /// <param name="count">Number of results.</param>
    /// <param name="mean">The mean.</param>
    /// <param name="scale">A power of two.</param>
    /// <param name="standardised">Takes count numbers; another buffer than the values.</param>
    public abstract void Standardise(DeviceBuffer<float> values, DeviceBuffer<int>? order, int count, double mean, double scale, DeviceBuffer<float> standardised);

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
    private protected static void CheckStandardise(DeviceBuffer<float> values, DeviceBuffer<int>? order, int count, DeviceBuffer<float> standardised)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(standardised);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        standardised.CheckHolds(count);
        order?.CheckHolds(count);
        if (order is null)
        {
            values.CheckHolds(count);
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
