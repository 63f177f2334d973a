namespace Spex.Engine.Optimisation;

/// <summary>The best removals of both directions.</summary>
/// <param name="Fall">The features whose removal makes the predicted value fall the furthest.</param>
/// <param name="Rise">The features whose removal makes the predicted value rise the furthest.</param>
public sealed record RemovalOptimum(RemovalSet Fall, RemovalSet Rise)
{
    /// <summary>m* of Rem(r): the removal that moves the prediction further, whichever way; the fall where both move it as far.</summary>
    public RemovalSet Strongest => Math.Abs(Fall.Change) >= Math.Abs(Rise.Change) ? Fall : Rise;

    /// <summary>By how much another removal could move the prediction further than <see cref="Strongest"/>, at most; 0 where it is proven that none does.</summary>
    public double Gap
    {
        get
        {
            double found = Math.Abs(Strongest.Change);
            double bound = Math.Max(Possible(Fall, Fall.Change), Possible(Rise, -Rise.Change));
            return Math.Max(0, bound - found);

            static double Possible(RemovalSet set, double change) => set.IsProven ? double.NegativeInfinity : change + set.Gap;
        }
    }
}
