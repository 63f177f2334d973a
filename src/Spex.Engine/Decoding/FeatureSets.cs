using Spex.Core.Spectra;

namespace Spex.Engine.Decoding;

/// <summary>Families of feature sets.</summary>
internal static class FeatureSets
{
    /// <summary>All sets of 0 … <paramref name="order"/> of n features, in ascending order.</summary>
    public static IEnumerable<FeatureSet> UpTo(int order, int featureCount)
    {
        List<int[]> last = [[]];
        yield return FeatureSet.Empty;
        for (int size = 1; size <= order; size++)
        {
            List<int[]> next = [];
            foreach (int[] set in last)
            {
                for (int feature = set.Length == 0 ? 0 : set[^1] + 1; feature < featureCount; feature++)
                {
                    int[] larger = [.. set, feature];
                    next.Add(larger);
                    yield return FeatureSet.FromAscending(larger);
                }
            }

            last = next;
        }
    }
}
