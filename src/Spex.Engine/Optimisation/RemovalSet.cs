using Spex.Core.Spectra;

namespace Spex.Engine.Optimisation;

/// <summary>Features to remove together, and what a spectrum predicts of it.</summary>
/// <param name="Features">The features.</param>
/// <param name="Change">f̂(1) − f̂(m) with all of them absent in m and all others present, in the value function's unit; positive where the value falls.</param>
/// <param name="Gap">
/// By how much another set of the same size could change the prediction further in the same direction, at most, in the value function's unit; 0 where it is proven that none does, up to
/// the rounding of coefficients that <see cref="TopRemoval"/> states.
/// </param>
public sealed record RemovalSet(FeatureSet Features, double Change, double Gap)
{
    /// <summary>Whether no set is better.</summary>
    public bool IsProven => Gap == 0;
}
