using Spex.Core.Spectra;
using Spex.Engine.Devices.Cpu.Regression;

namespace Spex.Engine.Devices.Cpu;

/// <summary>Regression on the host.</summary>
internal sealed class CpuRegression(CpuDevice device) : RegressionPrimitives
{
    public override RegressionPath Load(
        DeviceBuffer<ulong> maskColumns, int sampleCount, int featureCount, DeviceBuffer<double> values, int[] boundaries, IReadOnlyList<RegressionProblem> functions)
    {
        CheckLoad(maskColumns, sampleCount, featureCount, values, boundaries, functions);
        return new CpuRegressionPath([.. functions.Select((problem, function) => new CpuFunctionPath(
            device, CharacterColumns.Of(maskColumns, sampleCount, featureCount, problem.Sets), values.Span.Slice(function * sampleCount, sampleCount).ToArray(), boundaries, problem))]);
    }

    public override void Residuals(
        DeviceBuffer<ulong> maskColumns,
        int sampleCount,
        int featureCount,
        DeviceBuffer<double> values,
        int[] boundaries,
        IReadOnlyList<SpectrumTerm[]> fits,
        DeviceBuffer<double> residuals,
        DeviceBuffer<double>? errors)
    {
        CheckResiduals(sampleCount, values, boundaries, fits, residuals, errors);
        using DeviceBuffer<double> predictions = device.Allocate<double>(sampleCount);
        for (int p = 0; p < fits.Count; p++)
        {
            using DeviceBuffer<ulong> columns = CharacterColumns.Of(maskColumns, sampleCount, featureCount, Array.ConvertAll(fits[p], term => term.Set));
            using DeviceBuffer<double> coefficients = device.Allocate<double>(fits[p].Length);
            coefficients.CopyFrom(Array.ConvertAll(fits[p], term => term.Coefficient));
            device.SignMatrix.Predict(columns, fits[p].Length, sampleCount, coefficients, predictions);
            (int function, int fold) = Math.DivRem(p, boundaries.Length);
            Span<double> own = residuals.Span.Slice(p * sampleCount, sampleCount), y = values.Span.Slice(function * sampleCount, sampleCount), predicted = predictions.Span;
            for (int i = 0; i < sampleCount; i++)
            {
                own[i] = y[i] - predicted[i];
            }

            if (fold < boundaries.Length - 1)
            {
                for (int i = boundaries[fold]; i < boundaries[fold + 1]; i++)
                {
                    if (errors is not null)
                    {
                        errors.Span[(function * sampleCount) + i] = own[i] * own[i];
                    }

                    own[i] = 0;
                }
            }
        }
    }

    public override int[][] Screen(
        DeviceBuffer<ulong> maskColumns,
        int sampleCount,
        int featureCount,
        IReadOnlyList<FeatureSet[]> sets,
        DeviceBuffer<double> residuals,
        IReadOnlyList<int[]?> members,
        int most,
        CancellationToken cancel)
    {
        CheckScreen(maskColumns, sampleCount, featureCount, sets, residuals, members, most);
        int problems = members.Count / sets.Count;
        List<int[]> strongest = [];
        using DeviceBuffer<double> own = device.Allocate<double>((long)problems * sampleCount);
        for (int function = 0; function < sets.Count; function++)
        {
            residuals.CopyTo(own, own.Length, function * own.Length);
            strongest.AddRange(Screen(maskColumns, sampleCount, featureCount, sets[function], own, [.. members.Skip(function * problems).Take(problems)], most, cancel));
        }

        return [.. strongest];
    }

    private int[][] Screen(
        DeviceBuffer<ulong> maskColumns, int sampleCount, int featureCount, FeatureSet[] sets, DeviceBuffer<double> residuals, int[]?[] members, int most, CancellationToken cancel)
    {
        int problems = members.Length;
        double[][] rounded = [.. members.Select(_ => new double[sets.Length])];
        double[] bounds = new double[problems], sums = new double[problems * Math.Min(SetsAtATime, sets.Length)];
        for (int first = 0; first < sets.Length; first += SetsAtATime)
        {
            cancel.ThrowIfCancellationRequested();
            int count = Math.Min(SetsAtATime, sets.Length - first);
            using DeviceBuffer<ulong> columns = CharacterColumns.Of(maskColumns, sampleCount, featureCount, sets.AsSpan(first, count));
            RoundedProducts.Compute(device, columns, count, sampleCount, residuals, problems, sums, bounds);
            for (int p = 0; p < problems; p++)
            {
                sums.AsSpan(p * count, count).CopyTo(rounded[p].AsSpan(first));
            }
        }

        // Only those near the last that comes in need exact products.
        int[][] strongest = new int[problems][];
        device.For(problems, p => strongest[p] = NearStrongest(rounded[p], members[p], bounds[p], most));
        int[] near = [.. strongest.SelectMany(numbers => numbers).Distinct()];
        using DeviceBuffer<ulong> nearColumns = CharacterColumns.Of(maskColumns, sampleCount, featureCount, Array.ConvertAll(near, j => sets[j]));
        using DeviceBuffer<double> products = device.Allocate<double>((long)problems * near.Length);
        device.SignMatrix.Project(nearColumns, near.Length, sampleCount, residuals, problems, [0, sampleCount], products);
        for (int p = 0; p < problems; p++)
        {
            Span<double> own = products.Span.Slice(p * near.Length, near.Length);
            for (int a = 0; a < near.Length; a++)
            {
                rounded[p][near[a]] = own[a];
            }

            double[] exact = rounded[p];
            strongest[p] = [.. strongest[p].OrderByDescending(j => Math.Abs(exact[j])).ThenBy(j => sets[j]).Take(most)];
        }

        return strongest;
    }

    public override void SumGroups(DeviceBuffer<double> numbers, int count, int rows, Span<double> sums)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        numbers.CheckHolds((long)rows * count);
        sums.Clear();
        int groups = sums.Length / Math.Max(1, rows);
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<double> own = numbers.Span.Slice(row * count, count);
            for (int i = 0; i < count; i++)
            {
                sums[(row * groups) + (int)((long)i * groups / count)] += own[i];
            }
        }
    }

    public override void SolveNormalEquations(DeviceBuffer<ulong> columns, int count, int sampleCount, DeviceBuffer<double> products, int rightSides)
    {
        CheckNormalEquations(columns, count, sampleCount, products, rightSides);
        using DeviceBuffer<int> differing = device.Allocate<int>((long)count * count);
        device.SignMatrix.Gram(columns, count, columns, count, sampleCount, [0, sampleCount], differing);
        double[] gram = new double[differing.Length];
        for (int i = 0; i < gram.Length; i++)
        {
            gram[i] = sampleCount - (2.0 * differing.Span[i]);
        }

        CholeskyFactor factor = new(gram, count, device.For);
        factor.Factor();
        device.For(rightSides, k => factor.Solve(products.Span.Slice(k * count, count)));
    }

    /// <summary>The candidates that are among the strongest, whatever within the bound their products are.</summary>
    private static int[] NearStrongest(double[] products, int[]? members, double bound, int most)
    {
        int count = members?.Length ?? products.Length;
        PriorityQueue<int, double> strongest = new(most);
        for (int a = 0; a < count; a++)
        {
            int j = members is null ? a : members[a];
            double size = Math.Abs(products[j]);
            if (strongest.Count < most)
            {
                strongest.Enqueue(j, size);
            }
            else if (strongest.TryPeek(out _, out double least) && size > least)
            {
                strongest.EnqueueDequeue(j, size);
            }
        }

        double limit = strongest.Count == most && strongest.TryPeek(out _, out double last) ? last - (2 * bound) : double.NegativeInfinity;
        List<int> near = [];
        for (int a = 0; a < count; a++)
        {
            int j = members is null ? a : members[a];
            if (Math.Abs(products[j]) >= limit)
            {
                near.Add(j);
            }
        }

        return [.. near];
    }
}
