namespace Spex.Kernels;

/// <summary>Where a set's coefficient shows in the bins, and with which signs.</summary>
/// <param name="Low">Bit d is the sign at delay d.</param>
/// <param name="High">Bit d − 64 is the sign at delay d.</param>
/// <param name="Places">Bits 20c … 20c+19 are its bin in group c; bit 60 + c says whether the group turns its sign.</param>
public readonly record struct TermWords(ulong Low, ulong High, ulong Places)
{
    /// <summary>The pattern of the symmetric difference of two sets.</summary>
    public static TermWords operator ^(TermWords a, TermWords b) => new(a.Low ^ b.Low, a.High ^ b.High, a.Places ^ b.Places);

    /// <summary>Its bin in a group, numbered through all groups.</summary>
    public int Bin(int group, int log2Bins) => (group << log2Bins) + ((int)(Places >> (20 * group)) & 0xFFFFF);

    /// <summary>Whether the group turns its sign.</summary>
    public bool IsNegative(int group) => ((Places >> (60 + group)) & 1) != 0;
}
