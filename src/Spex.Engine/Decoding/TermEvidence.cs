using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Spex.Engine.Decoding;

/// <summary>
/// The evidence for a term in the current residual, pooled over the groups: the logarithm of the likelihood ratio of "one coefficient ρ, the
/// same in its bin of every group" against "noise", the noise variance of each bin being unknown.
/// </summary>
/// <remarks>
/// With E_c a bin's energy, D delays and κ_c = Σ_d ±u_d it is Λ(ρ) = Σ_c D/2 · log(E_c / (E_c − 2ρκ_c + Dρ²)), in nats. A term alone in one of
/// its bins has boundless evidence there, however crowded its other bins are; under noise the groups add up as in least squares. The references
/// look at one bin at a time and accept what explains a tenth of it.
/// </remarks>
internal sealed class TermEvidence
{
    /// <summary>Nats by which evidence must exceed the logarithm of the number of rivals: a false term comes in about once in e³ = 20 scans of pure noise.</summary>
    public const double Margin = 3;

    // Energies below this share of the mean bin are rounding of the float32 transform: 2⁻²³ relative, squared, with room for b butterflies.
    private const double RoundingShare = 1e-12;

    private const double LeastEnergy = 1e-20;

    private readonly SpexBins _bins;
    private readonly double[] _energies;
    private readonly float[] _weights;
    private readonly double _floor;

    /// <summary>Makes the evidence over a table of bins; <see cref="Refresh()"/> follows each change of its columns.</summary>
    public TermEvidence(SpexBins bins)
    {
        _bins = bins;
        _energies = new double[bins.BinCount];
        _weights = new float[bins.BinCount];
        _floor = (RoundingShare * bins.TotalEnergy(bins.AllDelays) / bins.BinCount) + LeastEnergy;
        Refresh();
    }

    /// <summary>Takes all bins' energies anew.</summary>
    public void Refresh()
    {
        for (int bin = 0; bin < _energies.Length; bin++)
        {
            Refresh(bin);
        }
    }

    /// <summary>Takes one bin's energy anew.</summary>
    public void Refresh(int bin)
    {
        _energies[bin] = _bins.Energy(bin) + _floor;
        _weights[bin] = (float)Math.Min(_bins.Delays / _energies[bin], float.MaxValue / 1e8);
    }

    /// <summary>The energy of a bin, rounding included.</summary>
    public double EnergyOf(int bin) => _energies[bin];

    /// <summary>Whether a bin holds more than rounding.</summary>
    public bool IsActive(int bin) => _energies[bin] > 64 * _floor;

    /// <summary>The energy that a quarter of the bins stay below: in a sparse spectrum those hold noise alone.</summary>
    public double LowerQuartileEnergy()
    {
        double[] sorted = [.. _energies];
        Array.Sort(sorted);
        return sorted[sorted.Length / 4];
    }

    /// <summary>
    /// A lower estimate of the evidence that takes each bin's whole energy for noise: ½(Σ_c w_c κ_c)² / (D Σ_c w_c), w_c = D/E_c.
    /// Cheap enough for millions of sets: one multiply-add for eight delays.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Quick(in SpexPattern term)
    {
        ulong low = (ulong)term.Signs, high = (ulong)(term.Signs >> 64);
        ref Vector256<int> signs = ref SpexBins.SignsOfBytes;
        Vector256<float> sum = Vector256<float>.Zero;
        float weights = 0;
        int stride = _bins.Stride;
        for (int c = 0; c < _bins.GroupCount; c++)
        {
            int bin = _bins.BinOf(term, c);
            float weight = Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_weights), bin);
            weights += weight;
            Vector256<float> factor = Vector256.Create(term.IsNegative(c) ? -weight : weight);
            ref float column = ref _bins.ColumnStart(bin);
            ulong bits = low;
            for (int at = 0; at < stride; at += 8, bits >>= 8)
            {
                if (at == 64)
                {
                    bits = high;
                }

                Vector256<int> u = Vector256.LoadUnsafe(ref column, (nuint)at).AsInt32() ^ Unsafe.Add(ref signs, (nint)(byte)bits);
                sum += u.AsSingle() * factor;
            }
        }

        float total = Vector256.Sum(sum);
        return 0.5f * total * total / (_bins.Delays * weights);
    }

    /// <summary>The evidence at its best coefficient, and that coefficient.</summary>
    public (double Evidence, double Coefficient) Exact(in SpexPattern term)
    {
        int groups = _bins.GroupCount, delays = _bins.Delays;
        Span<double> correlations = stackalloc double[groups];
        Span<double> energies = stackalloc double[groups];
        double sum = 0, weights = 0;
        for (int c = 0; c < groups; c++)
        {
            int bin = _bins.BinOf(term, c);
            double correlation = _bins.Correlate(bin, term.Signs);
            correlations[c] = term.IsNegative(c) ? -correlation : correlation;
            energies[c] = _energies[bin];
            double left = Math.Max(energies[c] - (correlation * correlation / delays), _floor);
            sum += correlations[c] / left;
            weights += delays / left;
        }

        // The likelihood may have a maximum near each group's own estimate; the weighted mean and those are tried.
        double best = double.NegativeInfinity, coefficient = 0;
        for (int guess = -1; guess < groups; guess++)
        {
            double rho = guess < 0 ? sum / weights : correlations[guess] / delays;
            double evidence = 0;
            for (int c = 0; c < groups; c++)
            {
                double left = Math.Max(energies[c] - (2 * rho * correlations[c]) + (delays * rho * rho), _floor);
                evidence += 0.5 * delays * Math.Log(energies[c] / left);
            }

            if (evidence > best)
            {
                (best, coefficient) = (evidence, rho);
            }
        }

        return (best, coefficient);
    }
}
