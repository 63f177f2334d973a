namespace Spex.Kernels;

/// <summary>How bins are decoded.</summary>
/// <param name="Bins">The table's sizes.</param>
/// <param name="ParityCount">P: numbers 1 … P of a column spell a word.</param>
/// <param name="FeatureCount">n.</param>
/// <param name="Errors">t, 1 to 7.</param>
/// <param name="FieldDegree">m.</param>
/// <param name="ChaseDepth">Least reliable bits that are flipped in all ways, also of the complement; 0 for the hard word alone. At most 8 and at most P.</param>
/// <param name="MostFeatures">Sets with more features are not proposed, 0 to 7.</param>
/// <param name="LeastChange">A bin is decoded when its energy changed by more than this share of what it was when last tried.</param>
public readonly record struct DecodeShape(
    BinShape Bins,
    int ParityCount,
    int FeatureCount,
    int Errors,
    int FieldDegree,
    int ChaseDepth,
    int MostFeatures,
    double LeastChange)
{
    /// <summary>Words that are tried for a bin.</summary>
    public int WordCount => ChaseDepth == 0 ? 1 : 2 << ChaseDepth;
}
