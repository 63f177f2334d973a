namespace Spex.Engine.Devices.Cpu.Trees;

/// <summary>Sums, over a node's samples, of gradients and of ones, for every feature.</summary>
internal abstract unsafe class NodeHistograms
{
    /// <summary>Room for the indices of a node beyond its samples: groups are filled up with the row without bits.</summary>
    public const int IndexPadding = 32;

    /// <summary>Adds a node's samples to its histogram.</summary>
    /// <param name="levels">Gradients of all samples plus <see cref="Spex.Core.Trees.BoostingArithmetic.GradientLimit"/>; 0 at the row without bits.</param>
    /// <param name="indices">The node's samples, with room for <see cref="IndexPadding"/> more.</param>
    /// <param name="count">How many samples.</param>
    /// <param name="sums">A sum of gradients a feature, all chunks one after the other; set, not added to.</param>
    /// <param name="counts">A count a feature; likewise.</param>
    public abstract void Sum(byte* levels, int* indices, int count, int* sums, int* counts);

    /// <summary>The form that this processor runs fastest.</summary>
    /// <param name="rows">The bit matrix.</param>
    /// <param name="wide">Whether 512-bit vectors may be used.</param>
    public static NodeHistograms Create(BitRows rows, bool wide) =>
        wide && WideHistograms.IsSupported ? new WideHistograms(rows) : new NibbleHistograms(rows);
}
