using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Spex.Core.Designs;
using Spex.Core.Spectra;

namespace Spex.Engine.Devices;

/// <summary>
/// Where and with which signs a set's coefficient shows in the bins of a <see cref="SpexDesign"/>: one bin a group, one sign a delay, and the
/// sign that each group's offset gives. All three are linear over F₂, so the pattern of a union of disjoint sets is the exclusive or of theirs.
/// </summary>
/// <remarks>Three words without padding, as kernels read them.</remarks>
/// <param name="LowSigns">Bit d = ⟨D_d, S⟩, the first 64 delays.</param>
/// <param name="HighSigns">Bit d − 64 = ⟨D_d, S⟩, the others.</param>
/// <param name="Places">Bits 20c … 20c+19 = M_cᵀS; bit 60 + c = ⟨o_c, S⟩; three groups.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct SpexPattern(ulong LowSigns, ulong HighSigns, ulong Places)
{
    /// <summary>The most bits a bin's number may have.</summary>
    public const int BinBits = 20;

    /// <summary>The pattern of the symmetric difference of two sets.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static SpexPattern operator ^(SpexPattern a, SpexPattern b) => new(a.LowSigns ^ b.LowSigns, a.HighSigns ^ b.HighSigns, a.Places ^ b.Places);

    /// <summary>The bin within a group.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Bin(int group) => (int)(Places >> (BinBits * group)) & ((1 << BinBits) - 1);

    /// <summary>Whether the group's offset turns its sign.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsNegative(int group) => ((Places >> (60 + group)) & 1) != 0;

    /// <summary>The patterns of all single features.</summary>
    public static SpexPattern[] OfFeatures(SpexDesign design)
    {
        ArgumentNullException.ThrowIfNull(design);
        SpexPattern[] patterns = new SpexPattern[design.FeatureCount];
        for (int i = 0; i < patterns.Length; i++)
        {
            ulong places = 0;
            for (int c = 0; c < design.GroupCount; c++)
            {
                places |= (ulong)design.FeatureBins(c)[i] << (BinBits * c);
                places |= design.Offsets[c, i] ? 1UL << (60 + c) : 0;
            }

            UInt128 signs = design.FeatureSigns[i];
            patterns[i] = new SpexPattern((ulong)signs, (ulong)(signs >> 64), places);
        }

        return patterns;
    }

    /// <summary>The pattern of a set, from those of its features.</summary>
    public static SpexPattern Of(FeatureSet set, ReadOnlySpan<SpexPattern> features)
    {
        SpexPattern pattern = default;
        foreach (int feature in set.Features)
        {
            pattern ^= features[feature];
        }

        return pattern;
    }
}
