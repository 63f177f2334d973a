using Spex.Core.Spectra;
using Spex.Reports.Drawings;

namespace Spex.Reports;

/// <summary>Names sets of features for people: never × fails.</summary>
public sealed class FeatureLabels
{
    private readonly IReadOnlyList<string>? _names;
    private readonly HashSet<string> _repeated;
    private readonly int _mostLetters;

    /// <summary>Makes labels.</summary>
    /// <param name="names">One name a feature, or null where they have none: their numbers name them then.</param>
    /// <param name="mostLetters">Longer names are cut, with an ellipsis in their middle.</param>
    public FeatureLabels(IReadOnlyList<string>? names, int mostLetters = 32)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(mostLetters, 3);
        _names = names;
        _mostLetters = mostLetters;
        _repeated = [.. (names ?? []).GroupBy(name => name).Where(group => group.Skip(1).Any()).Select(group => group.Key)];
    }

    /// <summary>The name of a feature; where several have the same, its number is added: the#3.</summary>
    public string Of(int feature)
    {
        if (_names is null)
        {
            return $"{feature}";
        }

        string name = PlainText.CutMiddle(PlainText.OneLine(_names[feature]), _mostLetters);

        return name.Length == 0 || _repeated.Contains(_names[feature]) ? $"{name}#{feature}" : name;
    }

    /// <summary>The names of a set, joined by ×.</summary>
    public string Of(FeatureSet set) => set.Count == 0 ? "(none)" : string.Join(" × ", set.Select(Of));
}
