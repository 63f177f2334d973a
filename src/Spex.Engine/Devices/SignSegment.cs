using Spex.Core.SignMatrices;

namespace Spex.Engine.Devices;

/// <summary>The samples [First, End) of one fold in one block of <see cref="SignMatrix.BlockSamples"/>.</summary>
internal readonly record struct SignSegment(int Fold, int First, int End)
{
    /// <summary>The segments of folds given by their boundaries, in the order of the samples.</summary>
    public static SignSegment[] Of(ReadOnlySpan<int> boundaries)
    {
        List<SignSegment> segments = [];
        for (int f = 0; f < boundaries.Length - 1; f++)
        {
            for (int first = boundaries[f]; first < boundaries[f + 1];)
            {
                int end = Math.Min(boundaries[f + 1], ((first / SignMatrix.BlockSamples) + 1) * SignMatrix.BlockSamples);
                segments.Add(new SignSegment(f, first, end));
                first = end;
            }
        }

        return [.. segments];
    }
}
