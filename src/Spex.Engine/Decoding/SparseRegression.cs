using System.Runtime.Intrinsics;
using Spex.Core.Spectra;
using Spex.Engine.Devices;

namespace Spex.Engine.Decoding;

/// <summary>
/// Sparse regression of values on Fourier characters, along a path of falling thresholds, for all samples and with each fold left out: coordinate
/// descent on the Gram matrix of the few sets that have entered, and one pass over all sets from one threshold to the next.
/// </summary>
/// <remarks>
/// <para>
/// A problem minimises ½‖y − Xβ‖² with a shrinking rule on each coefficient but the constant's. Characters have length √N, so the least-squares value of one
/// coordinate is z_j = β_j + X_jᵀ(y − Xβ)/N (Friedman, Hastie and Tibshirani, "Regularization paths for generalized linear models via coordinate descent",
/// J. Stat. Software 33, 2010). The first set is the constant. A set that a change of the others calls in enters at the next threshold.
/// </para>
/// <para>
/// The residual's products are exact at each threshold, for each problem. Between them all problems step along one Gram matrix, that of all samples scaled to
/// theirs, (1 − 1/F)XᵀX. It is never less than (1 − 1/F) times a fold's own, so the steps converge to the same fit (Böhning and Lindsay, Ann. Inst. Statist. Math. 40, 1988),
/// for a fraction of the products.
/// </para>
/// <para>
/// A fold's problem may be denied sets: those that only samples of the fold itself have suggested. The path's errors on the left-out folds then never
/// come from a fit that saw them, not even through the choice of its sets.
/// </para>
/// </remarks>
internal sealed class SparseRegression : IDisposable
{
    // Sweeps over the sets that have entered, at one threshold; the next threshold goes on where they stopped.
    private const int MaxSweeps = 5;

    // Sweeps end when no coefficient changed by this share of the threshold.
    private const double Converged = 2e-2;

    private readonly FoldedSamples _samples;
    private readonly FeatureSet[] _sets;
    private readonly double[] _weights;
    private readonly Problem[] _problems;
    private readonly DeviceBuffer<ulong> _columns;
    private readonly DeviceBuffer<double> _residuals;
    private readonly DeviceBuffer<double> _products;
    private readonly EnteredSets _entered;

    /// <summary>Prepares the problems: F with a fold left out, and the last on all samples.</summary>
    /// <param name="samples">The samples.</param>
    /// <param name="sets">The sets that may enter, the empty one first, each once.</param>
    /// <param name="weights">What λ is multiplied with for each set; 0 for the first.</param>
    /// <param name="denied">For each fold the sets that its problem may not use; null where all are allowed in all.</param>
    public SparseRegression(FoldedSamples samples, FeatureSet[] sets, double[] weights, IReadOnlyList<bool[]>? denied = null)
    {
        _samples = samples;
        _sets = sets;
        _weights = weights;
        int folds = samples.FoldCount;
        _columns = samples.ColumnsOf(sets);
        _residuals = samples.Device.Allocate<double>((folds + 1L) * samples.Count);
        _products = samples.Device.Allocate<double>((folds + 1L) * sets.Length);
        _entered = new EnteredSets(samples, _columns);
        _problems = new Problem[folds + 1];
        for (int fold = 0; fold <= folds; fold++)
        {
            _problems[fold] = new Problem(this, fold, fold < folds ? denied?[fold] : null);
        }

        Enter(double.PositiveInfinity);
        Refresh();
    }

    /// <summary>Begins the path at known coefficients instead of zero.</summary>
    /// <param name="fits">For each problem the terms of a former fit; sets that are not among these count as zero.</param>
    public void StartAt(IReadOnlyList<SpectrumTerm[]> fits)
    {
        Dictionary<FeatureSet, int> numbers = new(FeatureSetComparer.Instance);
        for (int j = 0; j < _sets.Length; j++)
        {
            numbers.Add(_sets[j], j);
        }

        for (int p = 0; p < _problems.Length; p++)
        {
            foreach (SpectrumTerm term in fits[p])
            {
                if (numbers.TryGetValue(term.Set, out int set))
                {
                    _problems[p].Set(set, term.Coefficient);
                }
            }
        }

        _entered.ComputeGram();
        Refresh();
    }

    /// <summary>The largest weighted |z| at the start: above it nothing but the constant enters.</summary>
    public double LargestThreshold => _problems[^1].LargestThreshold();

    /// <summary>Follows the path to the next threshold and gives the sum of squared errors on the left-out folds.</summary>
    public double Descend(double threshold, Shrinkage shrinkage)
    {
        Enter(threshold);
        _samples.For(_problems.Length, p => _problems[p].Solve(threshold, shrinkage));
        Refresh();
        double error = 0;
        foreach (Problem problem in _problems)
        {
            error += problem.LeftOutError;
        }

        return error;
    }

    /// <summary>The coefficients of a problem that are not 0, in the order of the sets.</summary>
    public SpectrumTerm[] Terms(int problem) => _problems[problem].Terms();

    /// <inheritdoc/>
    public void Dispose()
    {
        _entered.Dispose();
        _products.Dispose();
        _residuals.Dispose();
        _columns.Dispose();
    }

    /// <summary>Lets in what the threshold no longer holds back.</summary>
    private void Enter(double threshold)
    {
        foreach (Problem problem in _problems)
        {
            problem.Enter(threshold);
        }

        _entered.ComputeGram();
    }

    /// <summary>Computes each problem's residual, its products with all characters, and its left-out error.</summary>
    private void Refresh()
    {
        int count = _samples.Count;
        for (int p = 0; p < _problems.Length; p++)
        {
            double[] residual = _problems[p].Predict();
            for (int i = 0; i < count; i++)
            {
                residual[i] = _samples.Values[i] - residual[i];
            }

            _problems[p].TakeLeftOut(residual);
            _residuals.CopyFrom(residual, (long)p * count);
        }

        _samples.Device.SignMatrix.Project(_columns, _sets.Length, count, _residuals, _problems.Length, [0, count], _products);
        for (int p = 0; p < _problems.Length; p++)
        {
            _products.CopyTo(_problems[p].Products, (long)p * _sets.Length);
        }
    }

    /// <summary>One fit: all samples, or all but a fold.</summary>
    private sealed class Problem
    {
        private readonly SparseRegression _owner;
        private readonly int _fold;
        private readonly bool[]? _denied;
        private readonly int _first;
        private readonly int _end;
        private readonly double _size;
        private readonly bool[] _hasEntered;
        private readonly List<int> _sets = [];
        private readonly List<double> _beta = [];

        // Numbers of the problem's sets within the entered sets.
        private readonly List<int> _entered = [];

        public Problem(SparseRegression owner, int fold, bool[]? denied)
        {
            (_owner, _fold, _denied) = (owner, fold, denied);
            int[] boundaries = owner._samples.Boundaries;
            bool isFull = fold == boundaries.Length - 1;
            (_first, _end) = isFull ? (0, 0) : (boundaries[fold], boundaries[fold + 1]);
            _size = owner._samples.Count - (_end - _first);
            _hasEntered = new bool[owner._sets.Length];
            Products = new double[owner._sets.Length];
            Admit(0);
        }

        /// <summary>X_jᵀ(y − Xβ) over the problem's own samples, of every set.</summary>
        public double[] Products { get; }

        /// <summary>Σ (y − ŷ)² over the left-out fold.</summary>
        public double LeftOutError { get; private set; }

        public double LargestThreshold()
        {
            double largest = 0;
            for (int j = 1; j < Products.Length; j++)
            {
                // Characters are not quite orthogonal to the constant; a slightly larger start does no harm.
                double z = (Math.Abs(Products[j]) + Math.Abs(Products[0])) / _size;
                largest = _denied is null || !_denied[j] ? Math.Max(largest, z / _owner._weights[j]) : largest;
            }

            return largest;
        }

        public void Enter(double threshold)
        {
            double[] weights = _owner._weights;
            for (int j = 1; j < Products.Length; j++)
            {
                if (!_hasEntered[j] && Math.Abs(Products[j]) > threshold * weights[j] * _size && (_denied is null || !_denied[j]))
                {
                    Admit(j);
                }
            }
        }

        /// <summary>Gives a set a coefficient.</summary>
        public void Set(int set, double coefficient)
        {
            if (!_hasEntered[set])
            {
                Admit(set);
            }

            _beta[_sets.IndexOf(set)] = coefficient;
        }

        /// <summary>Coordinate descent over the sets that have entered.</summary>
        public void Solve(double threshold, Shrinkage shrinkage)
        {
            int m = _sets.Count;
            double[] products = new double[_owner._entered.Count];
            for (int a = 0; a < m; a++)
            {
                products[_entered[a]] = Products[_sets[a]] / _size;
            }

            for (int sweep = 0; sweep < MaxSweeps; sweep++)
            {
                double largest = 0;
                for (int a = 0; a < m; a++)
                {
                    double change = Shrink(_beta[a] + products[_entered[a]], threshold * _owner._weights[_sets[a]], shrinkage) - _beta[a];
                    if (change != 0)
                    {
                        _beta[a] += change;
                        largest = Math.Max(largest, Math.Abs(change));
                        Subtract(products, _owner._entered.Products(_entered[a]), change / _owner._samples.Count);
                    }
                }

                if (largest < Converged * threshold)
                {
                    break;
                }
            }
        }

        /// <summary>Σ_j X_ij β_j of every sample.</summary>
        public double[] Predict() => _owner._entered.Predict(_entered, _beta);

        /// <summary>Takes the left-out fold out of a residual, and its error down.</summary>
        public void TakeLeftOut(double[] residual)
        {
            LeftOutError = 0;
            for (int i = _first; i < _end; i++)
            {
                LeftOutError += residual[i] * residual[i];
                residual[i] = 0;
            }
        }

        public SpectrumTerm[] Terms() =>
            [.. Enumerable.Range(0, _sets.Count).Where(a => _beta[a] != 0).Select(a => new SpectrumTerm(_owner._sets[_sets[a]], _beta[a])).OrderBy(term => term.Set)];

        private static double Shrink(double z, double threshold, Shrinkage shrinkage)
        {
            double size = Math.Abs(z);
            return size <= threshold ? 0
                : shrinkage == Shrinkage.Soft ? Math.CopySign(size - threshold, z)
                : z * (1 - (threshold * threshold / (z * z)));
        }

        private static void Subtract(double[] target, ReadOnlySpan<float> row, double factor)
        {
            Vector256<double> f = Vector256.Create(factor);
            int j = 0;
            for (; j <= target.Length - 8; j += 8)
            {
                (Vector256<double> low, Vector256<double> high) = Vector256.Widen(Vector256.Create(row[j..]));
                (Vector256.Create<double>(target.AsSpan(j)) - (f * low)).CopyTo(target, j);
                (Vector256.Create<double>(target.AsSpan(j + 4)) - (f * high)).CopyTo(target, j + 4);
            }

            for (; j < target.Length; j++)
            {
                target[j] -= factor * row[j];
            }
        }

        private void Admit(int set)
        {
            _hasEntered[set] = true;
            _sets.Add(set);
            _beta.Add(0);
            _entered.Add(_owner._entered.NumberOf(set));
        }
    }
}
