using System.Runtime.Intrinsics;
namespace Spex.Engine.Devices.Cpu.Regression;

/// <summary>
/// A path on the host: coordinate descent on the Gram matrix of the few sets that have entered, and one pass over all sets from one threshold to the next.
/// </summary>
internal sealed class CpuRegressionPath : RegressionPath
{
    private readonly CpuDevice _device;
    private readonly DeviceBuffer<double> _values;
    private readonly int[] _boundaries;
    private readonly double[] _weights;
    private readonly Problem[] _problems;
    private readonly DeviceBuffer<ulong> _columns;
    private readonly DeviceBuffer<double> _residuals;
    private readonly DeviceBuffer<double> _products;
    private readonly EnteredSets _entered;
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
        _products = device.Allocate<double>((folds + 1L) * SetCount);
        _entered = new EnteredSets(device, _columns, SampleCount);
        _problems = new Problem[folds + 1];
        for (int fold = 0; fold <= folds; fold++)
        {
            _problems[fold] = new Problem(this, fold, fold < folds ? problem.Denied?[fold] : null);
        }

        Enter(double.PositiveInfinity);
        Refresh();
    }

    public override double LargestThreshold => _problems[^1].LargestThreshold();

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
            _products.Dispose();
            _residuals.Dispose();
        }
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

        _device.SignMatrix.Project(_columns, SetCount, count, _residuals, _problems.Length, [0, count], _products);
        for (int p = 0; p < _problems.Length; p++)
        {
            _products.CopyTo(_problems[p].Products, (long)p * SetCount);
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

        public Problem(CpuRegressionPath owner, int fold, bool[]? denied)
        {
            (_owner, _fold, _denied) = (owner, fold, denied);
            int[] boundaries = owner._boundaries;
            bool isFull = fold == boundaries.Length - 1;
            (_first, _end) = isFull ? (0, 0) : (boundaries[fold], boundaries[fold + 1]);
            _size = owner.SampleCount - (_end - _first);
            _hasEntered = new bool[owner.SetCount];
            Products = new double[owner.SetCount];
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

        private void Admit(int set)
        {
            _hasEntered[set] = true;
            _sets.Add(set);
            _beta.Add(0);
            _entered.Add(_owner._entered.NumberOf(set));
        }
    }
}
