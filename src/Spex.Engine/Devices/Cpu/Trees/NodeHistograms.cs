namespace Spex.Engine.Devices.Cpu.Trees;

/// <summary>Sums, over a node's samples, of one digit of their gradients and of ones, for every feature.</summary>
internal abstract unsafe class NodeHistograms
{
    /// <summary>Room for the indices of a node beyond its samples: groups are filled up with the row without bits.</summary>
    public const int IndexPadding = 32;

    /// <summary>Adds a node's samples to its histogram.</summary>
    /// <param name="levels">The digit of all samples' gradients plus <see cref="Spex.Core.Trees.BoostingArithmetic.DigitLimit"/>; 0 at the row without bits.</param>
    /// <param name="indices">The node's samples, with room for <see cref="IndexPadding"/> more.</param>
    /// <param name="count">How many samples.</param>
    /// <param name="sums">A sum of the digit a feature, all chunks one after the other; set, not added to.</param>
    /// <param name="counts">A count a feature; likewise.</param>
    public abstract void Sum(byte* levels, int* indices, int count, int* sums, int* counts);

    /// <summary>As <see cref="Sum"/> for a node of all samples, held-out ones with level 0 among them, where a form is faster at that: sums of levels, not of digits.</summary>
    /// <param name="levels">Levels of all samples.</param>
    /// <param name="indices">Room for N + <see cref="IndexPadding"/> numbers.</param>
    /// <param name="sums">A sum of levels a feature; set, not added to.</param>
    /// <returns>Whether it was done.</returns>
    public virtual bool TrySumAllLevels(byte* levels, int* indices, int* sums) => false;

    /// <summary>The form that this processor runs fastest.</summary>
    /// <param name="rows">The bit matrix.</param>
    /// <param name="sixes">What the wide form reads where it is supported; null for the other form.</param>
    public static NodeHistograms Create(BitRows rows, SixBitColumns? sixes) =>
        sixes is not null ? new WideHistograms(rows, sixes) : new NibbleHistograms(rows);
}
