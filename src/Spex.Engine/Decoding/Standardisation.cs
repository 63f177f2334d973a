namespace Spex.Engine.Decoding;

/// <summary>
/// Values without their mean and scaled by a power of two to at most 1, so that squares stay within float32 whatever the unit, and a large constant
/// does not cost the digits of what varies.
/// </summary>
internal static class Standardisation
{
    /// <summary>Standardises: value = Mean + Scale · standardised.</summary>
    public static (float[] Values, double Mean, double Scale) Of(ReadOnlySpan<float> values)
    {
        double mean = 0;
        foreach (float value in values)
        {
            mean += (double)value / values.Length;
        }

        double largest = 0;
        foreach (float value in values)
        {
            largest = Math.Max(largest, Math.Abs(value - mean));
        }

        double scale = largest == 0 ? 1 : Math.ScaleB(1, Math.ILogB(largest) + 1);
        float[] standardised = new float[values.Length];
        for (int i = 0; i < standardised.Length; i++)
        {
            standardised[i] = (float)((values[i] - mean) / scale);
        }

        return (standardised, mean, scale);
    }
}
