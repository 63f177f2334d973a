namespace Spex.Engine.Devices;

/// <summary>Terms that are fitted to a table of bins: their patterns, and for each layer their coefficients, the bins' weights and the delays that are fitted.</summary>
/// <remarks>Term 0 is the constant. Owned by whoever made it.</remarks>
public sealed class BinTerms : IDisposable
{
    private const int LeastCapacity = 64;

    private readonly UInt128[] _delays;
    private int _capacity;

    /// <summary>Starts with no term.</summary>
    /// <param name="bins">The table that the terms explain.</param>
    /// <param name="delays">For each layer the delays that are fitted; at the others the residual is followed all the same.</param>
    public BinTerms(BinTable bins, params ReadOnlySpan<UInt128> delays)
    {
        ArgumentNullException.ThrowIfNull(bins);
        if (delays.Length != bins.LayerCount)
        {
            throw new ArgumentException($"The table has {bins.LayerCount} layers; delays of {delays.Length} were given.", nameof(delays));
        }

        Bins = bins;
        _delays = delays.ToArray();
        _capacity = LeastCapacity;
        Patterns = Device.Allocate<SpexPattern>(_capacity);
        Coefficients = Device.Allocate<double>((long)LayerCount * _capacity);
        Weights = Device.Allocate<double>((long)LayerCount * bins.BinCount);
    }

    /// <summary>The table that the terms explain.</summary>
    public BinTable Bins { get; }

    /// <summary>Number of terms.</summary>
    public int Count { get; private set; }

    /// <summary>Layers of the table.</summary>
    public int LayerCount => Bins.LayerCount;

    /// <summary>For each layer the delays that are fitted.</summary>
    public ReadOnlySpan<UInt128> Delays => _delays;

    /// <summary>The terms' patterns.</summary>
    public DeviceBuffer<SpexPattern> Patterns { get; private set; }

    /// <summary>The terms' coefficients: that of term t in layer l is number l · <see cref="Capacity"/> + t.</summary>
    public DeviceBuffer<double> Coefficients { get; private set; }

    /// <summary>layers × bins numbers: the inverse variances that <see cref="CodePrimitives.Reweigh"/> gives the bins.</summary>
    public DeviceBuffer<double> Weights { get; }

    /// <summary>Coefficients from one layer to the next.</summary>
    public int Capacity => _capacity;

    private Device Device => Bins.Design.Device;

    /// <summary>Adds terms with coefficients, the same in each layer; the table is left as it is.</summary>
    public void Append(ReadOnlySpan<SpexPattern> patterns, ReadOnlySpan<double> coefficients)
    {
        if (patterns.Length != coefficients.Length)
        {
            throw new ArgumentException($"There are {patterns.Length} patterns and {coefficients.Length} coefficients.", nameof(coefficients));
        }

        if (Count + patterns.Length > _capacity)
        {
            Grow(Count + patterns.Length);
        }

        Patterns.CopyFrom(patterns, Count);
        for (int layer = 0; layer < LayerCount; layer++)
        {
            Coefficients.CopyFrom(coefficients, ((long)layer * _capacity) + Count);
        }

        Count += patterns.Length;
    }

    /// <summary>Copies the coefficients of a layer to the host.</summary>
    public double[] CopyCoefficients(int layer = 0)
    {
        double[] coefficients = new double[Count];
        Coefficients.CopyTo(coefficients, (long)layer * _capacity);
        return coefficients;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Patterns.Dispose();
        Coefficients.Dispose();
        Weights.Dispose();
    }

    // Twice as large each time, so that a term is copied about once.
    private void Grow(int least)
    {
        int capacity = Math.Max(least, 2 * _capacity);
        DeviceBuffer<SpexPattern> patterns = Device.Allocate<SpexPattern>(capacity);
        DeviceBuffer<double> coefficients = Device.Allocate<double>((long)LayerCount * capacity);
        Patterns.CopyTo(patterns, Count);
        for (int layer = 0; layer < LayerCount; layer++)
        {
            Coefficients.CopyTo(coefficients, Count, (long)layer * _capacity, (long)layer * capacity);
        }

        Patterns.Dispose();
        Coefficients.Dispose();
        (Patterns, Coefficients, _capacity) = (patterns, coefficients, capacity);
    }
}
