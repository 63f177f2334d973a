using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Spex.Engine.Devices.Cpu;

/// <summary>
/// Tables of signed sums: entry e of the table of eight numbers is their sum with a minus where e has a bit set, so that eight signs cost one lookup
/// ("the method of the four Russians"). The order of the additions is that of <see cref="Core.SignMatrices.SignMatrix"/>.
/// </summary>
internal static unsafe class SignTables
{
    /// <summary>Entries of the table of an octet, one for each byte of signs.</summary>
    public const int OctetLength = 256;

    /// <summary>Entries of the two tables of an octet's halves, one for each four signs.</summary>
    public const int HalvesLength = 32;

    /// <summary>Writes the table of the lower four numbers, then that of the upper four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void WriteHalves(double* octet, double* tables)
    {
        WriteHalf(octet, tables);
        WriteHalf(octet + 4, tables + 16);
    }

    /// <summary>Writes the table of an octet.</summary>
    public static void WriteOctet(double* octet, double* table)
    {
        double* halves = stackalloc double[HalvesLength];
        WriteHalves(octet, halves);
        Vector256<double> a = Vector256.Load(halves), b = Vector256.Load(halves + 4), c = Vector256.Load(halves + 8), d = Vector256.Load(halves + 12);
        for (int upper = 0; upper < 16; upper++)
        {
            Vector256<double> u = Vector256.Create(halves[16 + upper]);
            (a + u).Store(table);
            (b + u).Store(table + 4);
            (c + u).Store(table + 8);
            (d + u).Store(table + 12);
            table += 16;
        }
    }

    /// <summary>The sum of 64 signed numbers by their eight octets' tables.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double SumByOctets(double* tables, ulong signs) =>
        (tables[(byte)signs]
            + tables[OctetLength + (byte)(signs >> 8)]
            + (tables[(2 * OctetLength) + (byte)(signs >> 16)] + tables[(3 * OctetLength) + (byte)(signs >> 24)]))
        + (tables[(4 * OctetLength) + (byte)(signs >> 32)]
            + tables[(5 * OctetLength) + (byte)(signs >> 40)]
            + (tables[(6 * OctetLength) + (byte)(signs >> 48)] + tables[(7 * OctetLength) + (byte)(signs >> 56)]));

    /// <summary>The same sum by the tables of halves, which cost less to write and more to read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double SumByHalves(double* tables, ulong signs) =>
        (Octet(tables, signs)
            + Octet(tables + HalvesLength, signs >> 8)
            + (Octet(tables + (2 * HalvesLength), signs >> 16) + Octet(tables + (3 * HalvesLength), signs >> 24)))
        + (Octet(tables + (4 * HalvesLength), signs >> 32)
            + Octet(tables + (5 * HalvesLength), signs >> 40)
            + (Octet(tables + (6 * HalvesLength), signs >> 48) + Octet(tables + (7 * HalvesLength), signs >> 56)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Octet(double* halves, ulong signs) => halves[(int)(signs & 15)] + halves[16 + (int)((signs >> 4) & 15)];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteHalf(double* four, double* table)
    {
        Vector256<double> minusOnOdd = Vector256.Create(0.0, -0.0, 0.0, -0.0), minusOnUpper = Vector256.Create(0.0, 0.0, -0.0, -0.0);
        Vector256<double> first = (Vector256.Create(four[0]) ^ minusOnOdd) + (Vector256.Create(four[1]) ^ minusOnUpper);
        Vector256<double> second = (Vector256.Create(four[2]) ^ minusOnOdd) + (Vector256.Create(four[3]) ^ minusOnUpper);
        for (int e = 0; e < 4; e++)
        {
            (first + Vector256.Create(second.GetElement(e))).Store(table + (4 * e));
        }
    }
}
