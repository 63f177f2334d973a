using System.Runtime.Intrinsics;
using Spex.Core.Masks;

namespace Spex.Engine.Devices.Cpu.Regression;

/// <summary>
/// A path on the host: coordinate descent on the Gram matrix of the few sets that have entered, and one pass over all sets from one threshold to the next.
/// </summary>
/// <remarks>That pass takes rounded products (<see cref="RoundedProducts"/>); those that could reach the threshold are computed exactly, and decide.</remarks>
internal sealed class CpuRegressionPath : RegressionPath
{
    private readonly CpuDevice _device;
    private readonly DeviceBuffer<double> _values;
    private readonly int[] _boundaries;
    private readonly double[] _weights;
    private readonly Problem[] _problems;
    private readonly DeviceBuffer<ulong> _columns;
    private readonly DeviceBuffer<double> _residuals;
    private readonly EnteredSets _entered;

    // Rounded products of every problem's residual with all sets, as long as the residuals stay; and the most by which they differ from exact ones.
    private readonly double[] _rounded;
    private readonly double[] _bounds;
    private bool _isRounded;

    private (int Set, double Coefficient)[][] _kept = [];

    public CpuRegressionPath(CpuDevice device, RegressionProblem problem)
        : base(problem)
    {
        _device = device;
        _values = problem.Values;
        _boundaries = problem.Boundaries;
        _weights = problem.Weights;
        int folds = FoldCount;
        _columns = problem.Columns;
        _residuals = device.Allocate<double>((folds + 1L) * SampleCount);
        _entered = new EnteredSets(device, _columns, SampleCount);
        _problems = new Problem[folds + 1];
        _rounded = new double[(folds + 1) * SetCount];
        _bounds = new double[folds + 1];
        for (int fold = 0; fold <= folds; fold++)
        {
            _problems[fold] = new Problem(this, fold, fold < folds ? problem.Denied?[fold] : null);
        }

        _entered.ComputeGram();
        Refresh();
    }

    public override double LargestThreshold
    {
        get
        {
            Problem all = _problems[^1];
            int last = _problems.Length - 1;
            bool[] isCandidate = new bool[SetCount];
            all.MarkLargest(Rounded(last), _bounds[last], isCandidate);
            int[] candidates = Marked(isCandidate);
            return all.LargestThreshold(candidates, Products(candidates).AsSpan(last * candidates.Length));
        }
    }

    public override void StartAt(IReadOnlyList<IReadOnlyList<(int Set, double Coefficient)>> fits)
    {
        for (int p = 0; p < _problems.Length; p++)
        {
            foreach ((int set, double coefficient) in fits[p])
            {
                _problems[p].Set(set, coefficient);
            }
        }

        _entered.ComputeGram();
        Refresh();
    }

    public override double Descend(double threshold, Shrinkage shrinkage)
    {
        Enter(threshold);
        _device.For(_problems.Length, p => _problems[p].Solve(threshold, shrinkage));
        Refresh();
        double error = 0;
        foreach (Problem problem in _problems)
        {
            error += problem.LeftOutError;
        }

        return error;
    }

    public override void Keep() => _kept = Array.ConvertAll(_problems, problem => problem.Terms());

    public override (int Set, double Coefficient)[][] Kept() => _kept;

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _entered.Dispose();
            _residuals.Dispose();
        }
    }

    /// <summary>Lets in what the threshold no longer holds back.</summary>
    private void Enter(double threshold)
    {
        int[] candidates = Candidates(threshold);
        double[] products = Products(candidates);
        for (int p = 0; p < _problems.Length; p++)
        {
            _problems[p].Enter(threshold, candidates, products.AsSpan(p * candidates.Length, candidates.Length));
        }

        _entered.ComputeGram();
    }

    /// <summary>The sets whose products may exceed the threshold in a problem that lacks them.</summary>
    private int[] Candidates(double threshold)
    {
        bool[] isCandidate = new bool[SetCount];
        for (int p = 0; p < _problems.Length; p++)
        {
            _problems[p].MarkCandidates(threshold, Rounded(p), _bounds[p], isCandidate);
        }

        return Marked(isCandidate);
    }

    private static int[] Marked(bool[] isMarked) => [.. Enumerable.Range(0, isMarked.Length).Where(j => isMarked[j])];

    /// <summary>A problem's products with all sets, up to its bound.</summary>
    private ReadOnlySpan<double> Rounded(int problem)
    {
        if (!_isRounded)
        {
            RoundedProducts.Compute(_device, _columns, SetCount, SampleCount, _residuals, _problems.Length, _rounded, _bounds);
            _isRounded = true;
        }

        return _rounded.AsSpan(problem * SetCount, SetCount);
    }

    /// <summary>X_jᵀ(y − Xβ) of some sets, for each problem over its own samples.</summary>
    private double[] Products(int[] sets)
    {
        double[] products = new double[_problems.Length * sets.Length];
        if (sets.Length > 0)
        {
            int words = MaskMatrix.WordsFor(SampleCount);
            using DeviceBuffer<ulong> columns = _device.Allocate<ulong>((long)sets.Length * words);
            using DeviceBuffer<double> sums = _device.Allocate<double>(products.Length);
            for (int c = 0; c < sets.Length; c++)
            {
                _columns.CopyTo(columns, words, (long)sets[c] * words, (long)c * words);
            }

            _device.SignMatrix.Project(columns, sets.Length, SampleCount, _residuals, _problems.Length, [0, SampleCount], sums);
            sums.CopyTo(products);
        }

        return products;
    }

    /// <summary>Computes each problem's residual, its products with the characters that have entered, and its left-out error.</summary>
    private void Refresh()
    {
        _isRounded = false;
        int count = SampleCount;
        for (int p = 0; p < _problems.Length; p++)
        {
            double[] residual = _problems[p].Predict();
            ReadOnlySpan<double> values = _values.Span[..count];
            for (int i = 0; i < count; i++)
            {
                residual[i] = values[i] - residual[i];
            }

            _problems[p].TakeLeftOut(residual);
            _residuals.CopyFrom(residual, (long)p * count);
        }

        double[] products = _entered.Project(_residuals, _problems.Length);
        for (int p = 0; p < _problems.Length; p++)
        {
            _problems[p].TakeProducts(products.AsSpan(p * _entered.Count, _entered.Count));
        }
    }

    /// <summary>One fit: all samples, or all but a fold.</summary>
    private sealed class Problem
    {
        private readonly CpuRegressionPath _owner;
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

        // X_jᵀ(y − Xβ) of its sets, over its own samples.
        private readonly List<double> _products = [];

        public Problem(CpuRegressionPath owner, int fold, bool[]? denied)
        {
            (_owner, _fold, _denied) = (owner, fold, denied);
            int[] boundaries = owner._boundaries;
            bool isFull = fold == boundaries.Length - 1;
            (_first, _end) = isFull ? (0, 0) : (boundaries[fold], boundaries[fold + 1]);
            _size = owner.SampleCount - (_end - _first);
            _hasEntered = new bool[owner.SetCount];
            Admit(0, 0);
        }

        /// <summary>Σ (y − ŷ)² over the left-out fold.</summary>
        public double LeftOutError { get; private set; }

        /// <summary>Marks the sets that may have the largest |z|, given their products up to a bound.</summary>
        public void MarkLargest(ReadOnlySpan<double> products, double bound, bool[] isCandidate)
        {
            double largest = 0;
            for (int j = 1; j < products.Length; j++)
            {
                largest = Math.Max(largest, Threshold(j, Math.Abs(products[j]) - bound));
            }

            for (int j = 1; j < products.Length; j++)
            {
                isCandidate[j] = Threshold(j, Math.Abs(products[j]) + bound) >= largest;
            }
        }

        /// <summary>The largest threshold, given the products of the sets that may come to it.</summary>
        public double LargestThreshold(int[] candidates, ReadOnlySpan<double> products)
        {
            double largest = 0;
            for (int c = 0; c < candidates.Length; c++)
            {
                largest = Math.Max(largest, Threshold(candidates[c], Math.Abs(products[c])));
            }

            return largest;
        }

        /// <summary>Marks the sets that may enter at a threshold, given their products up to a bound.</summary>
        public void MarkCandidates(double threshold, ReadOnlySpan<double> products, double bound, bool[] isCandidate)
        {
            double[] weights = _owner._weights;
            for (int j = 1; j < products.Length; j++)
            {
                isCandidate[j] |= Math.Abs(products[j]) + bound > threshold * weights[j] * _size && MayEnter(j);
            }
        }

        /// <summary>Lets in those of some sets whose products exceed the threshold.</summary>
        public void Enter(double threshold, int[] candidates, ReadOnlySpan<double> products)
        {
            double[] weights = _owner._weights;
            for (int c = 0; c < candidates.Length; c++)
            {
                int j = candidates[c];
                if (Math.Abs(products[c]) > threshold * weights[j] * _size && MayEnter(j))
                {
                    Admit(j, products[c]);
                }
            }
        }

        /// <summary>Takes the products of the entered sets, by their numbers there.</summary>
        public void TakeProducts(ReadOnlySpan<double> products)
        {
            for (int a = 0; a < _entered.Count; a++)
            {
                _products[a] = products[_entered[a]];
            }
        }

        /// <summary>Gives a set a coefficient.</summary>
        public void Set(int set, double coefficient)
        {
            if (!_hasEntered[set])
            {
                Admit(set, 0);
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
                products[_entered[a]] = _products[a] / _size;
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
                        Subtract(products, _owner._entered.Products(_entered[a]), change / _owner.SampleCount);
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

        public (int Set, double Coefficient)[] Terms() =>
            [.. Enumerable.Range(0, _sets.Count).Where(a => _beta[a] != 0).Select(a => (_sets[a], _beta[a])).OrderBy(term => term.Item1)];

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

        // The threshold at which a set may enter. Characters are not quite orthogonal to the constant; a slightly larger start does no harm.
        private double Threshold(int set, double product) => MayEnter(set) ? (product + Math.Abs(_products[0])) / _size / _owner._weights[set] : 0;

        private bool MayEnter(int set) => !_hasEntered[set] && (_denied is null || !_denied[set]);

        private void Admit(int set, double product)
        {
            _hasEntered[set] = true;
            _sets.Add(set);
            _beta.Add(0);
            _products.Add(product);
            _entered.Add(_owner._entered.NumberOf(set));
        }
    }
}
