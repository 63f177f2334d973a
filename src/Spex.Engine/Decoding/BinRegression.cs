using Spex.Core.Spectra;

namespace Spex.Engine.Decoding;

/// <summary>
/// Sparse regression of the samples of a SPEX design on chosen terms, by coordinate descent in the domain of the bins: a coordinate costs
/// C columns instead of all samples, and the residual is at hand at every delay, those left out of the fit included.
/// </summary>
internal sealed class BinRegression
{
    // Far below the rounding of values of size 1: a bin that is solved to the last bit gets a large weight, not an infinite one.
    private const double LeastEnergy = 1e-20;

    private readonly SpexPattern[] _features;
    private readonly List<FeatureSet> _sets = [];
    private readonly List<SpexPattern> _patterns = [];
    private readonly List<double> _coefficients = [];
    private readonly Dictionary<FeatureSet, int> _index = [];
    private readonly double[] _weights;
    private readonly int[] _lanes;
    private readonly int _delayCount;

    /// <summary>Starts with no term.</summary>
    /// <param name="residual">What is to be explained; it becomes the residual and changes from here on.</param>
    /// <param name="features">The patterns of the single features.</param>
    /// <param name="delays">The delays that are fitted; at the others the residual is followed all the same.</param>
    public BinRegression(SpexBins residual, SpexPattern[] features, UInt128 delays)
    {
        Residual = residual;
        _features = features;
        Delays = delays;
        _delayCount = (int)UInt128.PopCount(delays);
        _lanes = residual.LanesOf(delays);
        _weights = new double[residual.BinCount];
    }

    /// <summary>The delays that are fitted.</summary>
    public UInt128 Delays { get; }

    /// <summary>What the terms leave.</summary>
    public SpexBins Residual { get; }

    /// <summary>The terms' sets.</summary>
    public IReadOnlyList<FeatureSet> Sets => _sets;

    /// <summary>The terms' coefficients; 0 for one that was shrunk away.</summary>
    public IReadOnlyList<double> Coefficients => _coefficients;

    /// <summary>Whether a set is among the terms.</summary>
    public bool Contains(FeatureSet set) => _index.ContainsKey(set);

    /// <summary>A set's coefficient; 0 for one that is no term.</summary>
    public double CoefficientOf(FeatureSet set) => _index.TryGetValue(set, out int term) ? _coefficients[term] : 0;

    /// <summary>The pattern of a term.</summary>
    public SpexPattern PatternAt(int term) => _patterns[term];

    /// <summary>Adds an amount to a set's coefficient, making the term if there is none.</summary>
    public void Add(FeatureSet set, double amount)
    {
        if (!_index.TryGetValue(set, out int term))
        {
            term = _sets.Count;
            _index.Add(set, term);
            _sets.Add(set);
            _patterns.Add(SpexPattern.Of(set, _features));
            _coefficients.Add(0);
        }

        Change(term, _coefficients[term] + amount);
    }

    /// <summary>
    /// Sets the bins' weights to the inverse of their residual variance over the fitted delays, drawn towards the mean variance by
    /// <paramref name="priorDelays"/> imagined delays: bins crowded with terms that are not found yet say less about those that are.
    /// </summary>
    public void Reweigh(double priorDelays)
    {
        double mean = 0;
        for (int bin = 0; bin < _weights.Length; bin++)
        {
            _weights[bin] = Residual.Energy(bin, _lanes);
            mean += _weights[bin];
        }

        mean /= (double)_weights.Length * _delayCount;
        for (int bin = 0; bin < _weights.Length; bin++)
        {
            _weights[bin] = (_delayCount + priorDelays) / (_weights[bin] + (priorDelays * mean) + LeastEnergy);
        }
    }

    /// <summary>One pass of weighted least squares by coordinate descent, in the terms' order.</summary>
    public void Sweep()
    {
        for (int term = 0; term < _sets.Count; term++)
        {
            Change(term, _coefficients[term] + Step(term).Change);
        }
    }

    /// <summary>
    /// One pass of shrinking coordinate descent. A least-squares coefficient g with standard error s becomes 0 when g² ≤ threshold·s², else
    /// g·(1 − s²/g²): the posterior mean under a Gaussian prior whose variance maximises the coefficient's marginal likelihood (Tipping and
    /// Faul, "Fast marginal likelihood maximisation for sparse Bayesian models", 2003), with a threshold above their 1 when there are many terms.
    /// The constant is not shrunk.
    /// </summary>
    /// <param name="threshold">At least 1.</param>
    /// <param name="activeOnly">Leave the coefficients that are 0 alone.</param>
    public void SweepShrinking(double threshold, bool activeOnly)
    {
        for (int term = 0; term < _sets.Count; term++)
        {
            double old = _coefficients[term];
            if (activeOnly && old == 0)
            {
                continue;
            }

            (double change, double s2) = Step(term);
            double g = old + change, g2 = g * g;
            double next = _sets[term].Count == 0 ? g : g2 <= threshold * s2 ? 0 : g * (1 - (s2 / g2));
            if (next != old)
            {
                Change(term, next);
            }
        }
    }

    /// <summary>The terms whose coefficient is not 0.</summary>
    public IEnumerable<SpectrumTerm> ToTerms() =>
        Enumerable.Range(0, _sets.Count).Where(term => _coefficients[term] != 0).Select(term => new SpectrumTerm(_sets[term], _coefficients[term]));

    /// <summary>The change that brings a coefficient to its least-squares value given the others, and its squared standard error.</summary>
    private (double Change, double SquaredError) Step(int term)
    {
        SpexPattern pattern = _patterns[term];
        double sum = 0, weights = 0;
        for (int c = 0; c < Residual.GroupCount; c++)
        {
            int bin = Residual.BinOf(pattern, c);
            double part = Residual.Correlate(bin, pattern.Signs, _lanes) * _weights[bin];
            sum += pattern.IsNegative(c) ? -part : part;
            weights += _weights[bin];
        }

        double information = weights * _delayCount;
        return (sum / information, 1 / information);
    }

    private void Change(int term, double next)
    {
        double old = _coefficients[term];
        _coefficients[term] = next;
        Residual.Add(_patterns[term], old - next);
    }
}
