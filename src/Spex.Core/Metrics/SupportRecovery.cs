using Spex.Core.Spectra;

namespace Spex.Core.Metrics;

/// <summary>How far a spectrum's support agrees with the true one. The empty set, a spectrum's mean, is left out on both sides.</summary>
/// <param name="Found">Sets found.</param>
/// <param name="True">Sets that are true.</param>
/// <param name="Correct">Sets that are both.</param>
public sealed record SupportRecovery(int Found, int True, int Correct)
{
    /// <summary>The share of the found sets that are true; 1 where nothing was found and nothing is true, 0 where nothing was found but something is.</summary>
    public double Precision => Found == 0 ? (True == 0 ? 1 : 0) : (double)Correct / Found;

    /// <summary>The share of the true sets that were found; 1 where nothing is true.</summary>
    public double Recall => True == 0 ? 1 : (double)Correct / True;

    /// <summary>The harmonic mean of precision and recall; 0 where both are 0.</summary>
    public double F1 => Found + True == 0 ? 1 : 2.0 * Correct / (Found + True);

    /// <summary>Compares two supports; sets given twice count once.</summary>
    public static SupportRecovery Compare(IEnumerable<FeatureSet> found, IEnumerable<FeatureSet> truth)
    {
        HashSet<FeatureSet> foundSets = [.. found.Where(set => set.Count > 0)], trueSets = [.. truth.Where(set => set.Count > 0)];
        return new SupportRecovery(foundSets.Count, trueSets.Count, foundSets.Count(trueSets.Contains));
    }
}
