namespace Spex.Core.Metrics;

/// <summary>Removal of the features that an explanation holds for the most important.</summary>
public static class Removal
{
    /// <summary>
    /// Rem(r) = |f(1) − f(m*)| / |f(1)|: how far the output moves when the r features are removed whose removal moves the spectrum's prediction the furthest
    /// (Kang et al., SPEX, ICML 2025).
    /// </summary>
    /// <param name="allPresent">f(1), the value with all features present.</param>
    /// <param name="removed">f(m*), the value without the r features.</param>
    /// <returns>0 or more; null where f(1) = 0, for which it is not defined.</returns>
    public static double? Rem(double allPresent, double removed) => allPresent == 0 ? null : Math.Abs(allPresent - removed) / Math.Abs(allPresent);
}
