using ILGPU;
using ILGPU.Runtime;
using Spex.Core.Masks;
using Spex.Core.Spectra;
using Spex.Kernels;

namespace Spex.Engine.Devices.Ilgpu;

/// <summary>Regression on an accelerator.</summary>
internal sealed class IlgpuRegression(IlgpuDevice device, IlgpuSignMatrix signMatrix, IlgpuCholesky cholesky) : RegressionPrimitives, IDisposable
{
    private readonly IlgpuScratch<double> _number = new(device);
    private readonly IlgpuScratch<double> _groups = new(device);
    private readonly IlgpuScratch<byte> _members = new(device);
    private readonly IlgpuScratch<int> _strongest = new(device);
    private readonly IlgpuScratch<int> _counts = new(device);
    private Action<KernelConfig, ArrayView<ulong>, ArrayView<double>, ArrayView<int>, ArrayView<int>, ArrayView<double>, ArrayView<int>, ArrayView<double>, ArrayView<double>, RegressionShape>? _residuals;
    private Action<KernelConfig, ArrayView<double>, int, ArrayView<double>>? _sum;
    private Action<KernelConfig, ArrayView<double>, int, int, ArrayView<double>, int>? _sumGroups;
    private Action<KernelConfig, ArrayView<double>, ArrayView<byte>, int, int, ArrayView<int>, ArrayView<int>>? _selectStrongest;

    private IlgpuRegressionPath.Kernels? _path;

    /// <summary>The columns of characters.</summary>
    public IlgpuSignMatrix SignMatrix => signMatrix;

    public override RegressionPath Load(
        DeviceBuffer<ulong> maskColumns, int sampleCount, int featureCount, DeviceBuffer<double> values, int[] boundaries, IReadOnlyList<RegressionProblem> functions)
    {
        CheckLoad(maskColumns, sampleCount, featureCount, values, boundaries, functions);
        RegressionShape shape = new(functions.Max(problem => problem.Sets.Length), sampleCount, MaskMatrix.WordsFor(sampleCount), boundaries.Length, functions.Count);
        DeviceBuffer<ulong> columns = ColumnsOf(maskColumns, sampleCount, featureCount, [.. functions.Select(problem => problem.Sets)], shape.Sets);
        return new IlgpuRegressionPath(device, this, shape, columns, values, boundaries, functions);
    }

    /// <summary>The launchers of paths.</summary>
    public IlgpuRegressionPath.Kernels KernelsOf() => _path ??= new IlgpuRegressionPath.Kernels(device);

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

        // A function's fits on the columns of all their sets, each by a list of its own; every function has room for as many sets as any.
        int problems = boundaries.Length, functions = fits.Count / problems;
        FeatureSet[][] own = [.. Enumerable.Range(0, functions).Select(function => SetsOf(fits.Skip(function * problems).Take(problems)))];
        int sets = Math.Max(1, own.Max(all => all.Length));
        int[] lists = new int[(long)fits.Count * sets], counts = new int[fits.Count];
        double[] coefficients = new double[lists.Length];
        for (int function = 0; function < functions; function++)
        {
            Dictionary<FeatureSet, int> numbers = new(FeatureSetComparer.Instance);
            foreach (FeatureSet set in own[function])
            {
                numbers.Add(set, numbers.Count);
            }

            for (int p = function * problems; p < (function + 1) * problems; p++)
            {
                counts[p] = fits[p].Length;
                for (int a = 0; a < fits[p].Length; a++)
                {
                    int set = numbers[fits[p][a].Set];
                    lists[(p * sets) + a] = set;
                    coefficients[(p * sets) + set] = fits[p][a].Coefficient;
                }
            }
        }

        using DeviceBuffer<ulong> columns = ColumnsOf(maskColumns, sampleCount, featureCount, own, sets);
        using DeviceBuffer<int> listBuffer = Upload<int>(lists), countBuffer = Upload<int>(counts), boundaryBuffer = Upload<int>(boundaries);
        using DeviceBuffer<double> coefficientBuffer = Upload<double>(coefficients);
        using DeviceBuffer<double>? unwanted = errors is null ? device.Allocate<double>((long)functions * sampleCount) : null;
        RegressionShape shape = new(sets, sampleCount, MaskMatrix.WordsFor(sampleCount), problems, functions);
        Residuals(columns, values, listBuffer, countBuffer, coefficientBuffer, boundaryBuffer, residuals, errors ?? unwanted!, shape);
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
        int functions = sets.Count, problems = members.Count / functions, room = sets.Max(own => own.Length);

        // In the order of the sets, which decides between equal ones.
        int[][] ordered = [.. sets.Select(own => Enumerable.Range(0, own.Length).OrderBy(j => own[j]).ToArray())];
        int[][] places = Array.ConvertAll(ordered, own => own.Select((j, place) => (j, place)).OrderBy(pair => pair.j).Select(pair => pair.place).ToArray());
        using DeviceBuffer<double> products = device.Allocate<double>((long)members.Count * room);
        for (int first = 0; first < room; first += SetsAtATime)
        {
            cancel.ThrowIfCancellationRequested();
            int count = Math.Min(SetsAtATime, room - first);
            FeatureSet[][] some = [.. ordered.Select((own, function) => own.Skip(first).Take(count).Select(j => sets[function][j]).ToArray())];
            using DeviceBuffer<ulong> columns = ColumnsOf(maskColumns, sampleCount, featureCount, some, count);
            if (count == room)
            {
                signMatrix.Project(columns, count, sampleCount, residuals, functions, problems, products);
                break;
            }

            using DeviceBuffer<double> sums = device.Allocate<double>((long)members.Count * count);
            signMatrix.Project(columns, count, sampleCount, residuals, functions, problems, sums);
            for (int p = 0; p < members.Count; p++)
            {
                sums.CopyTo(products, count, (long)p * count, ((long)p * room) + first);
            }
        }

        int[][] candidates = [.. members.Select((numbers, p) => numbers is null ? places[p / problems] : Array.ConvertAll(numbers, j => places[p / problems][j]))];
        return [.. Strongest(products, room, candidates, most).Select((found, p) => Array.ConvertAll(found, place => ordered[p / problems][place]))];
    }

    public override void SumGroups(DeviceBuffer<double> numbers, int count, int rows, Span<double> sums)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        numbers.CheckHolds((long)rows * count);
        if (sums.IsEmpty)
        {
            return;
        }

        _sumGroups ??= device.Accelerator.LoadStreamKernel<ArrayView<double>, int, int, ArrayView<double>, int>(RegressionKernels.SumGroups, device.UpTo(IlgpuDevice.SpreadThreads));
        ArrayView<double> groups = _groups.Take(sums.Length);
        _sumGroups(device.Spread(sums.Length), device.View(numbers), count, rows, groups, sums.Length / rows);
        device.CopyToHost(sums, 0, groups, "errors");
    }

    public override void SolveNormalEquations(DeviceBuffer<ulong> columns, int count, int sampleCount, DeviceBuffer<double> products, int rightSides)
    {
        CheckNormalEquations(columns, count, sampleCount, products, rightSides);
        using DeviceBuffer<double> gram = device.Allocate<double>((long)count * count), factor = device.Allocate<double>((long)count * count);
        cholesky.SignGram(columns, count, sampleCount, gram);
        cholesky.Factor(gram, factor, count, 0);
        cholesky.Solve(factor, products, products, count, rightSides);
    }

    /// <summary>y − Xβ of every problem, see <see cref="RegressionKernels.Residuals"/>.</summary>
    public void Residuals(
        DeviceBuffer<ulong> columns,
        DeviceBuffer<double> values,
        DeviceBuffer<int> lists,
        DeviceBuffer<int> counts,
        DeviceBuffer<double> coefficients,
        DeviceBuffer<int> boundaries,
        DeviceBuffer<double> residuals,
        DeviceBuffer<double> errors,
        RegressionShape shape)
    {
        _residuals ??= device.Accelerator.LoadStreamKernel<
            ArrayView<ulong>, ArrayView<double>, ArrayView<int>, ArrayView<int>, ArrayView<double>, ArrayView<int>, ArrayView<double>, ArrayView<double>, RegressionShape>(
            RegressionKernels.Residuals, device.UpTo(IlgpuDevice.SpreadThreads));
        _residuals(
            device.Spread((long)shape.Functions * shape.Problems * shape.Samples),
            device.View(columns),
            device.View(values),
            device.View(lists),
            device.View(counts),
            device.View(coefficients),
            device.View(boundaries),
            device.View(residuals),
            device.View(errors),
            shape);
    }

    /// <summary>The sum of each row's numbers, read by the host.</summary>
    public double[] Sum(DeviceBuffer<double> numbers, int count, int rows)
    {
        _sum ??= device.Accelerator.LoadStreamKernel<ArrayView<double>, int, ArrayView<double>>(RegressionKernels.Sum, device.UpTo(IlgpuDevice.SpreadThreads));
        ArrayView<double> sums = _number.Take(rows);
        _sum(device.Tiles(rows, IlgpuDevice.SpreadThreads), device.View(numbers), count, sums);
        double[] read = new double[rows];
        device.CopyToHost<double>(read, 0, sums, "errors");
        return read;
    }

    public void Dispose()
    {
        _number.Dispose();
        _groups.Dispose();
        _members.Dispose();
        _strongest.Dispose();
        _counts.Dispose();
    }

    /// <summary>For each problem those of its candidates whose sums, of which there are <paramref name="count"/> a problem, are largest in magnitude; of equal ones the lower numbers.</summary>
    private int[][] Strongest(DeviceBuffer<double> sums, int count, int[][] members, int most)
    {
        int problems = members.Length;
        if (count == 0 || problems == 0)
        {
            return [.. members.Select(_ => Array.Empty<int>())];
        }

        byte[] isMember = new byte[problems * (long)count];
        for (int p = 0; p < problems; p++)
        {
            foreach (int j in members[p])
            {
                isMember[(p * (long)count) + j] = 1;
            }
        }

        _selectStrongest ??= device.Accelerator.LoadStreamKernel<ArrayView<double>, ArrayView<byte>, int, int, ArrayView<int>, ArrayView<int>>(
            RegressionKernels.Strongest, device.UpTo(IlgpuDevice.SpreadThreads));
        ArrayView<int> found = _strongest.Take((long)problems * most), foundCounts = _counts.Take(problems);
        _selectStrongest(device.Tiles(problems, IlgpuDevice.SpreadThreads), device.View(sums), _members.Hold(isMember), count, most, found, foundCounts);
        int[] counts = new int[problems];
        device.CopyToHost<int>(counts, 0, foundCounts, "counter");
        int[] listed = new int[problems * most];
        device.CopyToHost<int>(listed, 0, found, "entering sets");
        return [.. counts.Select((number, p) => listed[(p * most)..((p * most) + number)])];
    }

    /// <summary>The columns of each function's sets, with room for as many as any has.</summary>
    private static DeviceBuffer<ulong> ColumnsOf(DeviceBuffer<ulong> maskColumns, int sampleCount, int featureCount, FeatureSet[][] sets, int room) =>
        CharacterColumns.Of(maskColumns, sampleCount, featureCount, [.. sets.SelectMany(own => own.Concat(Enumerable.Repeat(FeatureSet.Empty, room - own.Length)))]);

    private static FeatureSet[] SetsOf(IEnumerable<SpectrumTerm[]> fits) => [.. fits.SelectMany(fit => fit).Select(term => term.Set).Distinct(FeatureSetComparer.Instance)];

    private DeviceBuffer<T> Upload<T>(ReadOnlySpan<T> content)
        where T : unmanaged
    {
        DeviceBuffer<T> buffer = device.Allocate<T>(content.Length);
        buffer.CopyFrom(content);
        return buffer;
    }
}
