using Spex.Core.Designs;
using Spex.Core.Masks;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;

namespace Spex.Engine.Explaining;

/// <summary>
/// What a run evaluates beside the masks of its method's design: the corners (all features present, none present) that the design has not,
/// then uniformly random masks that are distinct from all others.
/// </summary>
/// <remarks>The uniform masks are those of one <see cref="UniformDesign"/>, which are distinct by construction, in its order and without those that are taken.</remarks>
internal sealed class FillDesign : MaskDesign
{
    // "FILL": a stream of the seed's numbers that no method uses.
    private const ulong Stream = 0x4649_4C4C_0000_0000;

    private readonly bool[] _corners;
    private readonly UniformDesign _uniform;
    private readonly long _first;
    private readonly long[] _skips;

    private FillDesign(bool[] corners, UniformDesign uniform, long first, (long Found, long[] Skips) walk)
        : base(uniform.FeatureCount, corners.Length + walk.Found)
    {
        _corners = corners;
        _uniform = uniform;
        _first = first;
        _skips = walk.Skips;
    }

    /// <summary>Uniformly random masks; they follow the corners.</summary>
    public long UniformCount => Count - _corners.Length;

    /// <summary>Corners, which come first.</summary>
    public int CornerCount => _corners.Length;

    /// <summary>Makes the masks that fill a budget up: first the corners, then uniform masks.</summary>
    /// <param name="taken">What the method's design holds; the corners are added to it.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="count">Masks to make; fewer are made when there are no more.</param>
    public static FillDesign Create(TakenMasks taken, ulong seed, long count)
    {
        int n = taken.Design.FeatureCount;
        List<bool> corners = [];
        if (taken.OutputIndex < 0 && count > 0)
        {
            corners.Add(true);
        }

        if (taken.BaselineIndex < 0 && count > corners.Count)
        {
            corners.Add(false);
        }

        ulong[] mask = new ulong[MaskMatrix.WordsFor(n)];
        foreach (bool present in corners)
        {
            WriteCorner(present, n, mask);
            taken.Add(mask);
        }

        UniformDesign uniform = new(n, seed, Stream, n < 48 ? 1L << n : 1L << 48);
        return new FillDesign([.. corners], uniform, 0, Walk(taken, uniform, 0, count - corners.Count));
    }

    /// <summary>Makes uniform masks that neither the method's design nor this one holds.</summary>
    /// <param name="taken">What was given to <see cref="Create"/>.</param>
    /// <param name="count">Masks to make; fewer are made when there are no more.</param>
    public FillDesign CreateFurther(TakenMasks taken, long count)
    {
        long first = _first + UniformCount + _skips.Length;
        return new FillDesign([], _uniform, first, Walk(taken, _uniform, first, count));
    }

    /// <summary>The index of a corner in this design, or −1.</summary>
    public int IndexOfCorner(bool present) => Array.IndexOf(_corners, present);

    /// <inheritdoc/>
    public override void WriteMask(long index, Span<ulong> mask)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        if (index < _corners.Length)
        {
            WriteCorner(_corners[index], FeatureCount, mask);
            return;
        }

        index -= _corners.Length;
        _uniform.WriteMask(_first + index + SkipsUpTo(index), mask);
    }

    /// <summary>Writes masks [start, start + count) of any design into a device's memory.</summary>
    public static void Generate(Device device, MaskDesign design, long start, int count, DeviceBuffer<ulong> packed)
    {
        if (design is FillDesign fill && device is not CpuDevice)
        {
            fill.Generate(device, start, count, packed);
        }
        else
        {
            device.Masks.Generate(design, start, count, packed);
        }
    }

    /// <summary>Writes masks [start, start + count) into a device's memory, which makes the uniform ones itself: only the corners, and the numbers of masks that are left out, go there.</summary>
    public void Generate(Device device, long start, int count, DeviceBuffer<ulong> packed)
    {
        int words = MaskMatrix.WordsFor(FeatureCount), corners = (int)Math.Clamp(_corners.Length - start, 0, count), rest = count - corners;
        if (corners > 0)
        {
            ulong[] rows = new ulong[corners * words];
            WriteMasks(start, corners, rows);
            packed.CopyFrom(rows);
        }

        if (rest == 0)
        {
            return;
        }

        long index = start + corners - _corners.Length;
        long from = index + SkipsUpTo(index), end = index + rest + SkipsUpTo(index + rest - 1);
        if (corners == 0 && end - from == rest)
        {
            device.Masks.Generate(_uniform, _first + from, rest, packed);
            return;
        }

        using DeviceBuffer<ulong> uniform = device.Allocate<ulong>((end - from) * words);
        device.Masks.Generate(_uniform, _first + from, checked((int)(end - from)), uniform);
        if (end - from == rest)
        {
            uniform.CopyTo(packed, (long)rest * words, 0, (long)corners * words);
            return;
        }

        int[] kept = new int[rest];
        for (int i = 0; i < rest; i++)
        {
            kept[i] = (int)(index + i + SkipsUpTo(index + i) - from);
        }

        using DeviceBuffer<int> keptRows = device.Allocate<int>(rest);
        keptRows.CopyFrom(kept);
        device.Masks.Select(uniform, keptRows, rest, FeatureCount, packed, corners);
    }

    /// <summary>Writes the mask with all features, or with none.</summary>
    public static void WriteCorner(bool present, int featureCount, Span<ulong> mask)
    {
        mask.Fill(present ? ulong.MaxValue : 0);
        if (present && mask.Length > 0)
        {
            mask[^1] = MaskMatrix.LastWordMask(featureCount);
        }
    }

    /// <summary>Goes through the uniform masks until enough are found that are not taken.</summary>
    /// <returns>How many were found, and for each mask that was taken how many had been found before it.</returns>
    private static (long Found, long[] Skips) Walk(TakenMasks taken, UniformDesign uniform, long first, long count)
    {
        if (!taken.KnowsMasks)
        {
            return (Math.Min(count, uniform.Count - first), []);
        }

        List<long> skips = [];
        ulong[] mask = new ulong[MaskMatrix.WordsFor(uniform.FeatureCount)];
        long found = 0;
        for (long index = first; found < count && index < uniform.Count; index++)
        {
            uniform.WriteMask(index, mask);
            if (taken.Contains(mask))
            {
                skips.Add(found);
            }
            else
            {
                found++;
            }
        }

        return (found, [.. skips]);
    }

    // Skips stand in ascending order: the first that is larger than the index tells how many come before its mask.
    private int SkipsUpTo(long index)
    {
        int low = 0, high = _skips.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = _skips[middle] <= index ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
