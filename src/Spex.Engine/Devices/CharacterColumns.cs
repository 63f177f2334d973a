using Spex.Core.Masks;
using Spex.Core.Spectra;

namespace Spex.Engine.Devices;

/// <summary>The packed columns of sets over samples, on the samples' device.</summary>
internal static class CharacterColumns
{
    /// <summary>Makes the columns; the caller disposes them.</summary>
    /// <param name="maskColumns">n mask columns.</param>
    /// <param name="sampleCount">N.</param>
    /// <param name="featureCount">n.</param>
    /// <param name="sets">The sets.</param>
    public static DeviceBuffer<ulong> Of(DeviceBuffer<ulong> maskColumns, int sampleCount, int featureCount, ReadOnlySpan<FeatureSet> sets)
    {
        int[] offsets = new int[sets.Length + 1];
        for (int j = 0; j < sets.Length; j++)
        {
            offsets[j + 1] = offsets[j] + sets[j].Count;
        }

        int[] features = new int[offsets[^1]];
        for (int j = 0; j < sets.Length; j++)
        {
            sets[j].Features.CopyTo(features.AsSpan(offsets[j]));
        }

        Device device = maskColumns.Device;
        using DeviceBuffer<int> offsetBuffer = device.Allocate<int>(offsets.Length);
        using DeviceBuffer<int> featureBuffer = device.Allocate<int>(features.Length);
        offsetBuffer.CopyFrom(offsets);
        featureBuffer.CopyFrom(features);
        DeviceBuffer<ulong> columns = device.Allocate<ulong>((long)sets.Length * MaskMatrix.WordsFor(sampleCount));
        device.SignMatrix.Columns(maskColumns, sampleCount, featureCount, offsetBuffer, featureBuffer, sets.Length, columns);
        return columns;
    }
}
