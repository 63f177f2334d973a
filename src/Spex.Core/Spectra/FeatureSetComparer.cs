namespace Spex.Core.Spectra;

/// <summary>Lets dictionaries of feature sets be searched by ascending indices in a span, so that only a new set allocates.</summary>
internal sealed class FeatureSetComparer : IEqualityComparer<FeatureSet>, IAlternateEqualityComparer<ReadOnlySpan<int>, FeatureSet>
{
    public static readonly FeatureSetComparer Instance = new();

    public bool Equals(FeatureSet x, FeatureSet y) => x.Equals(y);

    public int GetHashCode(FeatureSet obj) => obj.GetHashCode();

    public bool Equals(ReadOnlySpan<int> alternate, FeatureSet other) => alternate.SequenceEqual(other.Features);

    public int GetHashCode(ReadOnlySpan<int> alternate) => FeatureSet.HashCodeOf(alternate);

    public FeatureSet Create(ReadOnlySpan<int> alternate) => FeatureSet.FromAscending(alternate.ToArray());
}
