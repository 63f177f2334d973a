namespace Spex.Engine.Devices;

/// <summary>The energies of a table's bins (its first layer), of which the evidence for a term is made.</summary>
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

    /// <summary>Makes room for a table's energies; <see cref="CodePrimitives.TakeEnergies"/> fills it.</summary>
    /// <param name="bins">The table.</param>
    /// <param name="floor">The energy of a bin that holds nothing but rounding; above 0.</param>
    public BinEvidence(BinTable bins, double floor)
    {
        ArgumentNullException.ThrowIfNull(bins);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(floor);
        Floor = floor;
        Energies = bins.Design.Device.Allocate<double>(bins.BinCount);
        Weights = bins.Design.Device.Allocate<float>(bins.BinCount);
    }

    /// <summary>The energy of a bin that holds nothing but rounding.</summary>
    public double Floor { get; }

    /// <summary>E: each bin's Σ_d u_d², plus the floor.</summary>
    public DeviceBuffer<double> Energies { get; }

    /// <summary>w = D/E of each bin, at most <see cref="LargestWeight"/>.</summary>
    public DeviceBuffer<float> Weights { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Energies.Dispose();
        Weights.Dispose();
    }
}
