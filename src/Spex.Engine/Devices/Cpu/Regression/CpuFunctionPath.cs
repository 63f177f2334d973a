using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Spex.Core.Masks;

namespace Spex.Engine.Devices.Cpu.Regression;

/// <summary>
/// One function's path on the host: coordinate descent on the Gram matrix of the few sets that have entered, and one pass over all sets from one threshold to the next.
/// </summary>
/// <remarks>That pass takes rounded products (<see cref="RoundedProducts"/>); those that could reach the threshold are computed exactly, and decide.</remarks>
internal sealed class CpuFunctionPath : IDisposable
{
    private readonly CpuDevice _device;
    private readonly ReadOnlyMemory<double> _values;
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

    /// <summary>Loads a function.</summary>
    /// <param name="device">Where the loops run.</param>
    /// <param name="columns">The columns of its sets, which are disposed with the path.</param>
    /// <param name="values">N values y.</param>
    /// <param name="boundaries">The folds' boundaries.</param>
    /// <param name="problem">What is fitted.</param>
    public CpuFunctionPath(CpuDevice device, DeviceBuffer<ulong> columns, double[] values, int[] boundaries, RegressionProblem problem)
    {
        (_device, _columns, _values, _boundaries, _weights) = (device, columns, values, boundaries, problem.Weights);
        (SetCount, SampleCount) = (problem.Sets.Length, values.Length);
        int folds = boundaries.Length - 1;
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

    private int SetCount { get; }

    private int SampleCount { get; }

    /// <summary>The sum of squared errors on the left-out folds.</summary>
    public double Error
    {
        get
        {
            double error = 0;
            foreach (Problem problem in _problems)
            {
                error += problem.LeftOutError;
            }

            return error;
        }
    }

    public double LargestThreshold
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

    public void StartAt(IEnumerable<IReadOnlyList<(int Set, double Coefficient)>> fits)
    {
        foreach ((Problem problem, IReadOnlyList<(int Set, double Coefficient)> fit) in _problems.Zip(fits))
        {
            foreach ((int set, double coefficient) in fit)
            {
                problem.Set(set, coefficient);
            }
        }

        _entered.ComputeGram();
        Refresh();
    }

    public double Descend(double threshold, Shrinkage shrinkage)
    {
        Enter(threshold);
        _device.For(_problems.Length, p => _problems[p].Solve(threshold, shrinkage));
        Refresh();
        return Error;
    }

    public void Keep() => _kept = Array.ConvertAll(_problems, problem => problem.Terms());

    public (int Set, double Coefficient)[][] Kept() => _kept;

    public void Dispose()
    {
        _entered.Dispose();
        _residuals.Dispose();
        _columns.Dispose();
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
    private double[] Products(int[] sets) => Project(sets, _residuals, _problems.Length);

    /// <summary>X_jᵀr of some sets, for each of several right-hand sides r of N numbers.</summary>
    private double[] Project(ReadOnlySpan<int> sets, DeviceBuffer<double> values, int rightSides)
    {
        double[] products = new double[rightSides * sets.Length];
        if (sets.Length > 0)
        {
            using DeviceBuffer<ulong> columns = Gather(sets);
            using DeviceBuffer<double> sums = _device.Allocate<double>(products.Length);
            _device.SignMatrix.Project(columns, sets.Length, SampleCount, values, rightSides, [0, SampleCount], sums);
            sums.CopyTo(products);
        }

        return products;
    }

    /// <summary>Σ_j X_ij β_j of every sample.</summary>
    private void Predict(ReadOnlySpan<int> sets, ReadOnlySpan<double> beta, DeviceBuffer<double> predictions)
    {
        using DeviceBuffer<ulong> columns = Gather(sets);
        using DeviceBuffer<double> coefficients = _device.Allocate<double>(sets.Length);
        coefficients.CopyFrom(beta);
        _device.SignMatrix.Predict(columns, sets.Length, SampleCount, coefficients, predictions);
    }

    /// <summary>The columns of some sets, side by side.</summary>
    private DeviceBuffer<ulong> Gather(ReadOnlySpan<int> sets)
    {
        int words = MaskMatrix.WordsFor(SampleCount);
        DeviceBuffer<ulong> columns = _device.Allocate<ulong>((long)sets.Length * words);
        for (int c = 0; c < sets.Length; c++)
        {
            _columns.CopyTo(columns, words, (long)sets[c] * words, (long)c * words);
        }

        return columns;
    }

    /// <summary>Computes each problem's residual, its products with the problem's sets, and its left-out error.</summary>
    private void Refresh()
    {
        _isRounded = false;
        _device.For(_problems.Length, p =>
        {
            using DeviceBuffer<double> residual = _device.Allocate<double>(SampleCount);
            _problems[p].Refresh(residual);
            residual.CopyTo(_residuals, SampleCount, 0, (long)p * SampleCount);
        });
    }

    /// <summary>One fit: all samples, or all but a fold.</summary>
    private sealed class Problem
    {
        private readonly CpuFunctionPath _owner;
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

        // The blocks of entered sets that these are in: the steps need no products of others.
        private readonly List<int> _blocks = [];

        // X_jᵀ(y − Xβ) of its sets, over its own samples.
        private readonly List<double> _products = [];

        public Problem(CpuFunctionPath owner, int fold, bool[]? denied)
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
            double[] products = new double[EnteredSets.Padded(_owner._entered.Count)];
            for (int a = 0; a < m; a++)
            {
                products[_entered[a]] = _products[a] / _size;
            }

            for (int sweep = 0; sweep < RegressionPath.MaxSweeps; sweep++)
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

                if (largest < RegressionPath.Converged * threshold)
                {
                    break;
                }
            }
        }

        /// <summary>Computes the residual, 0 on the left-out fold, the fold's error, and the products of the residual with the problem's sets.</summary>
        /// <param name="residual">Takes N numbers.</param>
        public void Refresh(DeviceBuffer<double> residual)
        {
            (int Set, double Coefficient)[] terms = Terms();
            _owner.Predict(Array.ConvertAll(terms, term => term.Set), Array.ConvertAll(terms, term => term.Coefficient), residual);
            Span<double> r = residual.Span;
            ReadOnlySpan<double> values = _owner._values.Span;
            for (int i = 0; i < r.Length; i++)
            {
                r[i] = values[i] - r[i];
            }

            LeftOutError = 0;
            for (int i = _first; i < _end; i++)
            {
                LeftOutError += r[i] * r[i];
                r[i] = 0;
            }

            _owner.Project(CollectionsMarshal.AsSpan(_sets), residual, 1).CopyTo(CollectionsMarshal.AsSpan(_products));
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

        private void Subtract(double[] target, ReadOnlySpan<float> row, double factor)
        {
            Vector512<double> f = Vector512.Create(factor);
            foreach (int block in CollectionsMarshal.AsSpan(_blocks))
            {
                int first = block * EnteredSets.BlockSize;
                (Vector512<double> low, Vector512<double> high) = Vector512.Widen(Vector512.Create(row[first..]));
                Span<double> own = target.AsSpan(first, EnteredSets.BlockSize);
                (Vector512.Create<double>(own) - (f * low)).CopyTo(own);
                (Vector512.Create<double>(own[8..]) - (f * high)).CopyTo(own[8..]);
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
            int number = _owner._entered.NumberOf(set), block = number / EnteredSets.BlockSize;
            _entered.Add(number);
            if (!_blocks.Contains(block))
            {
                _blocks.Add(block);
            }
        }
    }
}
