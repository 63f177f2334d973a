namespace Spex.Engine.Devices;

/// <summary>Terms that are fitted to a table of bins: for each function their patterns, and for each of its layers their coefficients, the bins' weights and the delays that are fitted.</summary>
/// <remarks>Term 0 of a function is the constant. Owned by whoever made it.</remarks>
public sealed class BinTerms : IDisposable
{
    private const int LeastCapacity = 64;

    private readonly UInt128[] _delays;
    private readonly int[] _counts;
    private int _capacity;

    /// <summary>Starts with no term.</summary>
    /// <param name="bins">The table that the terms explain.</param>
    /// <param name="delays">For each layer of a function the delays that are fitted; at the others the residual is followed all the same.</param>
    public BinTerms(BinTable bins, params ReadOnlySpan<UInt128> delays)
    {
        ArgumentNullException.ThrowIfNull(bins);
        if (delays.Length != bins.LayerCount)
        {
            throw new ArgumentException($"The table has {bins.LayerCount} layers; delays of {delays.Length} were given.", nameof(delays));
        }

        Bins = bins;
        _delays = delays.ToArray();
        _counts = new int[bins.FunctionCount];

        // As many as can each have a bin of their own: where there are more, room is made for them by a copy a function.
        _capacity = Math.Max(LeastCapacity, 1 << bins.Log2Bins);
        (Patterns, Coefficients) = Room(_capacity);
        Weights = Device.Allocate<double>((long)Layers * bins.BinCount);
    }

    /// <summary>The table that the terms explain.</summary>
    public BinTable Bins { get; }

    /// <summary>For each function its number of terms.</summary>
    public ReadOnlySpan<int> Counts => _counts;

    /// <summary>For each layer of a function the delays that are fitted.</summary>
    public ReadOnlySpan<UInt128> Delays => _delays;

    /// <summary>The terms' patterns: that of term t of function f is number f · <see cref="Capacity"/> + t.</summary>
    public DeviceBuffer<SpexPattern> Patterns { get; private set; }

    /// <summary>The terms' coefficients: that of term t in layer l, numbered through all functions, is number l · <see cref="Capacity"/> + t.</summary>
    public DeviceBuffer<double> Coefficients { get; private set; }

    /// <summary>functions × layers × bins numbers: the inverse variances that <see cref="CodePrimitives.Reweigh"/> gives the bins.</summary>
    public DeviceBuffer<double> Weights { get; }

    /// <summary>Coefficients from one layer to the next, patterns from one function to the next.</summary>
    public int Capacity => _capacity;

    private Device Device => Bins.Design.Device;

    private int Layers => Bins.FunctionCount * Bins.LayerCount;

    /// <summary>Adds terms with coefficients, the same in each layer; the table is left as it is.</summary>
    /// <param name="terms">The terms; their numbers follow those of the function's other terms.</param>
    public void Append(ReadOnlySpan<BinTerm> terms)
    {
        BinTerm[] places = new BinTerm[terms.Length];
        for (int k = 0; k < terms.Length; k++)
        {
            places[k] = terms[k] with { Term = _counts[terms[k].Function]++ };
        }

        int most = _counts.Max();
        if (most > _capacity)
        {
            Grow(most);
        }

        Device.Codes.Place(this, places);
    }

    /// <summary>Copies the coefficients of one layer of each function to the host, in one copy.</summary>
    /// <returns>For each function a number a term.</returns>
    public double[][] CopyCoefficients(int layer = 0)
    {
        int last = Bins.FunctionCount - 1, stride = Bins.LayerCount * _capacity;
        double[] all = new double[checked(last * stride) + _counts[last]];
        Coefficients.CopyTo(all, (long)layer * _capacity);
        return [.. _counts.Select((count, function) => all[(function * stride)..((function * stride) + count)])];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Patterns.Dispose();
        Coefficients.Dispose();
        Weights.Dispose();
    }

    private (DeviceBuffer<SpexPattern> Patterns, DeviceBuffer<double> Coefficients) Room(int capacity) =>
        (Device.Allocate<SpexPattern>((long)Bins.FunctionCount * capacity), Device.Allocate<double>((long)Layers * capacity));

    // Twice as large each time, so that a term is copied about once.
    private void Grow(int least)
    {
        int before = _capacity, capacity = Math.Max(least, 2 * before);
        (DeviceBuffer<SpexPattern> patterns, DeviceBuffer<double> coefficients) = Room(capacity);
        for (int function = 0; function < Bins.FunctionCount; function++)
        {
            Patterns.CopyTo(patterns, before, (long)function * before, (long)function * capacity);
        }

        for (int layer = 0; layer < Layers; layer++)
        {
            Coefficients.CopyTo(coefficients, before, (long)layer * before, (long)layer * capacity);
        }

        Patterns.Dispose();
        Coefficients.Dispose();
        (Patterns, Coefficients, _capacity) = (patterns, coefficients, capacity);
    }
}
