namespace Spex.Engine.Devices;

/// <summary>The energies of a table's bins (one layer a function), of which the evidence for a term is made.</summary>
/// <remarks>
/// The evidence is the logarithm of the likelihood ratio of "one coefficient ρ, the same in its bin of every group" against "noise", the noise
/// variance of each bin being unknown: with E_c a bin's energy, D delays and κ_c = Σ_d ±u_d it is Λ(ρ) = Σ_c D/2 · log(E_c / (E_c − 2ρκ_c + Dρ²)), in nats,
/// at the best of ρ = κ_c/D (each group's own estimate) and of their mean weighted by D/(E_c − κ_c²/D); no energy counts as less than the floor. A term alone
/// in one of its bins has boundless evidence there, however crowded its other bins are; under noise the groups add up as in least squares.
/// <para>
/// The quick evidence takes each bin's whole energy for noise, so it is never more: ½(Σ_c w_c κ_c)² / (D Σ_c w_c), w_c = D/E_c.
/// </para>
/// Owned by whoever made it.
/// </remarks>
public sealed class BinEvidence : IDisposable
{
    /// <summary>A bin holds more than rounding from this multiple of the floor on.</summary>
    public const double ActiveFloors = 64;

    /// <summary>No weight is larger, so that weights times sums of squares stay finite in float32.</summary>
    public const float LargestWeight = float.MaxValue / 1e8f;

    private readonly double[] _floors;

    /// <summary>Makes room for a table's energies; <see cref="CodePrimitives.TakeEnergies"/> fills it.</summary>
    /// <param name="bins">The table.</param>
    /// <param name="floors">For each function the energy of a bin that holds nothing but rounding; above 0.</param>
    public BinEvidence(BinTable bins, params ReadOnlySpan<double> floors)
    {
        ArgumentNullException.ThrowIfNull(bins);
        if (floors.Length != bins.FunctionCount)
        {
            throw new ArgumentException($"The table has {bins.FunctionCount} functions; floors of {floors.Length} were given.", nameof(floors));
        }

        foreach (double floor in floors)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(floor, nameof(floors));
        }

        _floors = floors.ToArray();
        Device device = bins.Design.Device;
        FloorsOnDevice = device.Allocate<double>(floors.Length);
        FloorsOnDevice.CopyFrom(floors);
        Energies = device.Allocate<double>((long)bins.FunctionCount * bins.BinCount);
        Weights = device.Allocate<float>((long)bins.FunctionCount * bins.BinCount);
    }

    /// <summary>For each function the energy of a bin that holds nothing but rounding.</summary>
    public ReadOnlySpan<double> Floors => _floors;

    /// <summary>The same where the bins are.</summary>
    public DeviceBuffer<double> FloorsOnDevice { get; }

    /// <summary>functions × bins numbers, E: each bin's Σ_d u_d², plus the floor.</summary>
    public DeviceBuffer<double> Energies { get; }

    /// <summary>functions × bins numbers: w = D/E of each bin, at most <see cref="LargestWeight"/>.</summary>
    public DeviceBuffer<float> Weights { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        FloorsOnDevice.Dispose();
        Energies.Dispose();
        Weights.Dispose();
    }
}
