using ILGPU;

namespace Spex.Kernels;

/// <summary>Sums over columns and the evidence for terms, a thread each, for the kernels of bins.</summary>
/// <remarks>
/// A column's sum is float32 in eight lanes, entry d in lane d mod 8, the lanes added as ((0+1)+(2+3))+((4+5)+(6+7)); what is formed of such sums is float64.
/// </remarks>
internal static class BinColumns
{
    private const double Ln2 = 0.693147180559945309417;

    /// <summary>Σ_d u_d² of the column that starts at <paramref name="at"/>, over the delays whose bits are set.</summary>
    public static float Energy(ArrayView<float> columns, long at, int stride, ulong low, ulong high)
    {
        float s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0, s6 = 0, s7 = 0;
        for (int d = 0; d < stride; d += 8)
        {
            uint bits = (uint)((d < 64 ? low >> d : high >> (d - 64)) & 0xFF);
            s0 += Square(columns[at + d], bits);
            s1 += Square(columns[at + d + 1], bits >> 1);
            s2 += Square(columns[at + d + 2], bits >> 2);
            s3 += Square(columns[at + d + 3], bits >> 3);
            s4 += Square(columns[at + d + 4], bits >> 4);
            s5 += Square(columns[at + d + 5], bits >> 5);
            s6 += Square(columns[at + d + 6], bits >> 6);
            s7 += Square(columns[at + d + 7], bits >> 7);
        }

        return (s0 + s1 + (s2 + s3)) + (s4 + s5 + (s6 + s7));
    }

    /// <summary>Σ_d (−1)^{sign_d} u_d of the column that starts at <paramref name="at"/>, over all delays.</summary>
    public static float Correlate(ArrayView<float> columns, long at, int stride, ulong low, ulong high)
    {
        float s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0, s6 = 0, s7 = 0;
        for (int d = 0; d < stride; d += 8)
        {
            uint bits = (uint)((d < 64 ? low >> d : high >> (d - 64)) & 0xFF);
            s0 += Signed(columns[at + d], bits);
            s1 += Signed(columns[at + d + 1], bits >> 1);
            s2 += Signed(columns[at + d + 2], bits >> 2);
            s3 += Signed(columns[at + d + 3], bits >> 3);
            s4 += Signed(columns[at + d + 4], bits >> 4);
            s5 += Signed(columns[at + d + 5], bits >> 5);
            s6 += Signed(columns[at + d + 6], bits >> 6);
            s7 += Signed(columns[at + d + 7], bits >> 7);
        }

        return (s0 + s1 + (s2 + s3)) + (s4 + s5 + (s6 + s7));
    }

    /// <summary>κ_c: the correlation of a term with its bin in a group, the group's sign included.</summary>
    public static double Correlate(ArrayView<float> columns, BinShape shape, TermWords term, int group)
    {
        double sum = Correlate(columns, (long)term.Bin(group, shape.Log2Bins) * shape.Stride, shape.Stride, term.Low, term.High);
        return term.IsNegative(group) ? -sum : sum;
    }

    /// <summary>The quick evidence of a term: ½(Σ_c w_c κ_c)² / (D Σ_c w_c).</summary>
    public static double Quick(ArrayView<float> columns, ArrayView<float> weights, BinShape shape, TermWords term)
    {
        double sum = 0, total = 0;
        for (int c = 0; c < shape.GroupCount; c++)
        {
            double weight = weights[term.Bin(c, shape.Log2Bins)];
            sum += weight * Correlate(columns, shape, term, c);
            total += weight;
        }

        return 0.5 * sum * sum / (shape.Delays * total);
    }

    /// <summary>The evidence of a term at its best coefficient.</summary>
    public static TermEvidence Evidence(ArrayView<float> columns, ArrayView<double> energies, double floor, BinShape shape, TermWords term)
    {
        int groups = shape.GroupCount, b = shape.Log2Bins;
        double k0 = Correlate(columns, shape, term, 0), e0 = energies[term.Bin(0, b)];
        double k1 = 0, e1 = 0, k2 = 0, e2 = 0;
        if (groups > 1)
        {
            k1 = Correlate(columns, shape, term, 1);
            e1 = energies[term.Bin(1, b)];
        }

        if (groups > 2)
        {
            k2 = Correlate(columns, shape, term, 2);
            e2 = energies[term.Bin(2, b)];
        }

        return Evidence(new Correlations(k0, e0, k1, e1, k2, e2, groups, shape.Delays, floor));
    }

    /// <summary>The evidence that correlations and energies give, and the coefficient at which it is largest.</summary>
    public static TermEvidence Evidence(Correlations of)
    {
        double d = of.Delays;
        double left0 = Math.Max(of.E0 - (of.K0 * of.K0 / d), of.Floor), sum = of.K0 / left0, weights = d / left0;
        if (of.Groups > 1)
        {
            double left = Math.Max(of.E1 - (of.K1 * of.K1 / d), of.Floor);
            sum += of.K1 / left;
            weights += d / left;
        }

        if (of.Groups > 2)
        {
            double left = Math.Max(of.E2 - (of.K2 * of.K2 / d), of.Floor);
            sum += of.K2 / left;
            weights += d / left;
        }

        // The likelihood may have a maximum near each group's own estimate; the weighted mean and those are tried.
        double coefficient = sum / weights, best = Likelihood(of, coefficient);
        double rho = of.K0 / d, evidence = Likelihood(of, rho);
        coefficient = evidence > best ? rho : coefficient;
        best = evidence > best ? evidence : best;
        if (of.Groups > 1)
        {
            rho = of.K1 / d;
            evidence = Likelihood(of, rho);
            coefficient = evidence > best ? rho : coefficient;
            best = evidence > best ? evidence : best;
        }

        if (of.Groups > 2)
        {
            rho = of.K2 / d;
            evidence = Likelihood(of, rho);
            coefficient = evidence > best ? rho : coefficient;
            best = evidence > best ? evidence : best;
        }

        return new TermEvidence(best, coefficient);
    }

    /// <summary>The natural logarithm of a positive normal number, to the last digit or two.</summary>
    /// <remarks>log x = e·log 2 + 2·artanh(s), s = (m − 1)/(m + 1), for x = m·2^e with m in [√½, √2): s² is at most 0.03, so eleven terms reach 2⁻⁵³. No library is called.</remarks>
    public static double Log(double x)
    {
        ulong bits = Interop.FloatAsInt(x);
        int exponent = (int)(bits >> 52) - 1023;
        double m = Interop.IntAsFloat((bits & 0x000F_FFFF_FFFF_FFFFUL) | 0x3FF0_0000_0000_0000UL);
        if (m > 1.4142135623730951)
        {
            m *= 0.5;
            exponent++;
        }

        double s = (m - 1) / (m + 1), z = s * s;
        double series = 1.0 / 23;
        series = (series * z) + (1.0 / 21);
        series = (series * z) + (1.0 / 19);
        series = (series * z) + (1.0 / 17);
        series = (series * z) + (1.0 / 15);
        series = (series * z) + (1.0 / 13);
        series = (series * z) + (1.0 / 11);
        series = (series * z) + (1.0 / 9);
        series = (series * z) + (1.0 / 7);
        series = (series * z) + (1.0 / 5);
        series = (series * z) + (1.0 / 3);
        return (exponent * Ln2) + (2 * (s + (s * z * series)));
    }

    /// <summary>u or −u, by the lowest bit.</summary>
    public static float Signed(float u, uint bits) => (bits & 1) != 0 ? -u : u;

    private static float Square(float u, uint bits) => (bits & 1) != 0 ? u * u : 0;

    // Σ_c D/2 · log(E_c / (E_c − 2ρκ_c + Dρ²)).
    private static double Likelihood(Correlations of, double rho)
    {
        double d = of.Delays, square = d * rho * rho;
        double logs = Log(of.E0 / Math.Max(of.E0 - (2 * rho * of.K0) + square, of.Floor));
        if (of.Groups > 1)
        {
            logs += Log(of.E1 / Math.Max(of.E1 - (2 * rho * of.K1) + square, of.Floor));
        }

        if (of.Groups > 2)
        {
            logs += Log(of.E2 / Math.Max(of.E2 - (2 * rho * of.K2) + square, of.Floor));
        }

        return 0.5 * d * logs;
    }
}
