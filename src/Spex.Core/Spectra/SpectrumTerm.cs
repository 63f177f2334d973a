namespace Spex.Core.Spectra;

/// <summary>One term of a sparse function: a set of features and its coefficient.</summary>
/// <param name="Set">The features.</param>
/// <param name="Coefficient">The coefficient, in the value function's unit.</param>
public readonly record struct SpectrumTerm(FeatureSet Set, double Coefficient)
{
    /// <summary>Checks terms, adds coefficients of equal sets in the order given, and sorts by set.</summary>
    /// <exception cref="ArgumentException">A set has a feature outside 0 … n−1, or a coefficient is not finite.</exception>
    internal static (Dictionary<FeatureSet, double> Coefficients, SpectrumTerm[] Terms) Collect(int featureCount, IEnumerable<SpectrumTerm> terms)
    {
        Dictionary<FeatureSet, double> coefficients = new(FeatureSetComparer.Instance);
        foreach (SpectrumTerm term in terms)
        {
            if (term.Set.Count > 0 && term.Set[^1] >= featureCount)
            {
                throw new ArgumentException($"Term {term.Set} has a feature outside 0 … {featureCount - 1}.", nameof(terms));
            }

            if (!double.IsFinite(term.Coefficient))
            {
                throw new ArgumentException($"The coefficient of {term.Set} is {term.Coefficient}; coefficients are finite.", nameof(terms));
            }

            coefficients[term.Set] = coefficients.GetValueOrDefault(term.Set) + term.Coefficient;
        }

        SpectrumTerm[] sorted = [.. coefficients.Select(pair => new SpectrumTerm(pair.Key, pair.Value))];
        Array.Sort(sorted, static (a, b) => a.Set.CompareTo(b.Set));
        return (coefficients, sorted);
    }
}
