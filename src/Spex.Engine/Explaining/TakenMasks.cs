using Spex.Core.Designs;
using Spex.Core.Masks;

namespace Spex.Engine.Explaining;

/// <summary>The masks that a method's design holds, as far as a run must know them: where the corners are and, for n ≤ 64, every mask.</summary>
/// <remarks>For larger n a uniformly random mask meets one of N masks with a probability of at most N·2^−65, so they are not kept.</remarks>
internal sealed class TakenMasks
{
    private readonly MaskLookup? _masks;

    /// <summary>Reads a design once through.</summary>
    /// <param name="design">The design.</param>
    /// <param name="keepMasks">Whether <see cref="Contains"/> will be asked.</param>
    public TakenMasks(MaskDesign design, bool keepMasks)
    {
        Design = design;
        if (design is ExhaustiveDesign)
        {
            BaselineIndex = 0;
            OutputIndex = design.Count - 1;
            return;
        }

        if (keepMasks && design.FeatureCount <= 64)
        {
            _masks = new MaskLookup(design.FeatureCount, checked((int)design.Count));
        }

        ulong[] mask = new ulong[MaskMatrix.WordsFor(design.FeatureCount)];
        ulong last = MaskMatrix.LastWordMask(design.FeatureCount);
        for (long index = 0; index < design.Count; index++)
        {
            design.WriteMask(index, mask);
            _masks?.Add(mask, out _);
            if (BaselineIndex < 0 && !mask.AsSpan().ContainsAnyExcept(0UL))
            {
                BaselineIndex = index;
            }

            if (OutputIndex < 0 && mask[^1] == last && !mask.AsSpan(0, mask.Length - 1).ContainsAnyExcept(ulong.MaxValue))
            {
                OutputIndex = index;
            }
        }
    }

    /// <summary>The design.</summary>
    public MaskDesign Design { get; }

    /// <summary>Index of the mask with all features, or −1.</summary>
    public long OutputIndex { get; } = -1;

    /// <summary>Index of the mask without features, or −1.</summary>
    public long BaselineIndex { get; } = -1;

    /// <summary>Whether <see cref="Contains"/> can be true for some mask.</summary>
    public bool KnowsMasks => _masks is not null || Design is ExhaustiveDesign;

    /// <summary>Whether a mask is taken, as far as that is known.</summary>
    public bool Contains(ReadOnlySpan<ulong> mask) => Design is ExhaustiveDesign || _masks?.Find(mask) >= 0;

    /// <summary>Takes one mask more.</summary>
    public void Add(ReadOnlySpan<ulong> mask) => _masks?.Add(mask, out _);
}
