using Spex.Core.Spectra;
using Spex.Reports.Drawings;

namespace Spex.Reports.Figures;

/// <summary>Names of sets that fit a width: names are cut shorter step by step, and then the whole.</summary>
internal sealed class SetLabels
{
    private static readonly int[] NameLengths = [40, 28, 20, 14, 9, 6];

    private readonly FeatureLabels[] _labels;

    /// <summary>Makes the labels of a result's features.</summary>
    public SetLabels(Subject subject) => _labels = [.. NameLengths.Select(length => new FeatureLabels(subject.FeatureNames, length))];

    /// <summary>The whole name, for tips.</summary>
    public string Of(FeatureSet set) => _labels[0].Of(set);

    /// <summary>A set's name that is at most so wide.</summary>
    public string Fit(FeatureSet set, double size, double width)
    {
        string shown = _labels.Select(labels => labels.Of(set)).FirstOrDefault(label => FontMetrics.Width(label, size) <= width) ?? _labels[^1].Of(set);
        return FontMetrics.Fit(shown, size, width);
    }

    /// <summary>A feature's name that is at most so wide.</summary>
    public string Fit(int feature, double size, double width) => Fit(FeatureSet.FromAscending([feature]), size, width);
}
