namespace Spex.Core.Codes;

/// <summary>The finite field GF(2^m), 2 ≤ m ≤ 20, by tables of logarithms and powers of the primitive element α = x.</summary>
/// <remarks>
/// An element is an integer of m bits: bit i is the coefficient of x^i. The modulus is the primitive polynomial that MATLAB and the galois
/// package take by default (the lexicographically first one with the fewest terms, except for m = 7, 14 and 16), so that codes agree with
/// those of the reference implementations bit for bit.
/// <para>
/// A product is one addition and three look-ups without a branch, zero included: the logarithm of 0 is <see cref="LogOfZero"/>, and
/// <see cref="Antilogs"/> is 0 wherever a sum of two logarithms has that summand in it.
/// </para>
/// </remarks>
public sealed class BinaryField
{
    /// <summary>The smallest degree m.</summary>
    public const int MinDegree = 2;

    /// <summary>The largest degree m.</summary>
    public const int MaxDegree = 20;

    // Entry m − 2 is the polynomial of degree m, bit i the coefficient of x^i.
    private static readonly int[] Polynomials =
    [
        0x7, 0xB, 0x13, 0x25, 0x43, 0x89, 0x11D, 0x211, 0x409, 0x805, 0x1053, 0x201B, 0x4443, 0x8003, 0x1100B, 0x20009, 0x40081, 0x80027, 0x100009,
    ];

    private static readonly Lazy<BinaryField>[] Fields =
        [.. Enumerable.Range(MinDegree, MaxDegree - MinDegree + 1).Select(degree => new Lazy<BinaryField>(() => new BinaryField(degree)))];

    private readonly int[] _logs;
    private readonly int[] _antilogs;
    private readonly int[] _quadraticRoots;

    private BinaryField(int degree)
    {
        Degree = degree;
        Polynomial = Polynomials[degree - MinDegree];
        Size = 1 << degree;
        Order = Size - 1;
        LogOfZero = 2 * Size;
        _logs = new int[Size];
        _antilogs = new int[(2 * LogOfZero) + 1];
        _logs[0] = LogOfZero;
        int power = 1;
        for (int exponent = 0; exponent < Order; exponent++)
        {
            _logs[power] = exponent;
            _antilogs[exponent] = power;
            _antilogs[exponent + Order] = power;
            power <<= 1;
            if (power >= Size)
            {
                power ^= Polynomial;
            }
        }

        _quadraticRoots = SolveQuadratics();
    }

    /// <summary>The degree m.</summary>
    public int Degree { get; }

    /// <summary>Number of elements, 2^m.</summary>
    public int Size { get; }

    /// <summary>Order of the multiplicative group, 2^m − 1.</summary>
    public int Order { get; }

    /// <summary>The modulus: bit i is the coefficient of x^i.</summary>
    public int Polynomial { get; }

    /// <summary>What <see cref="Logs"/> holds for 0: 2·2^m, more than any sum of two true logarithms.</summary>
    public int LogOfZero { get; }

    /// <summary>Logarithms to the base α: 2^m entries, element → exponent 0 … 2^m − 2, and <see cref="LogOfZero"/> for 0.</summary>
    public ReadOnlySpan<int> Logs => _logs;

    /// <summary>Powers of α: 4·2^m + 1 entries, α^e for e = 0 … 2·(2^m − 2) (a sum of two logarithms needs no reduction), 0 beyond.</summary>
    public ReadOnlySpan<int> Antilogs => _antilogs;

    /// <summary>
    /// m entries that solve y² + y = u: the sum (XOR) of entry k over the bits k of u is a root whenever one is in the field, which is the case
    /// where the trace of u is 0; the other root is that plus 1.
    /// </summary>
    public ReadOnlySpan<int> QuadraticRoots => _quadraticRoots;

    /// <summary>The field of degree m; its tables are made once.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The degree is not in 2 … 20.</exception>
    public static BinaryField OfDegree(int degree)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(degree, MinDegree);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(degree, MaxDegree);
        return Fields[degree - MinDegree].Value;
    }

    /// <summary>The product a·b of two elements.</summary>
    public int Multiply(int a, int b) => _antilogs[_logs[a] + _logs[b]];

    /// <summary>The inverse of a non-zero element.</summary>
    /// <exception cref="DivideByZeroException">The element is 0.</exception>
    public int Inverse(int a) => a == 0 ? throw new DivideByZeroException("0 has no inverse in a field.") : _antilogs[Order - _logs[a]];

    /// <summary>α^e for any exponent e.</summary>
    public int PowerOfAlpha(long exponent) => _antilogs[(int)(((exponent % Order) + Order) % Order)];

    /// <summary>The trace a + a² + a⁴ + … + a^(2^(m−1)), 0 or 1.</summary>
    public int Trace(int a)
    {
        int trace = 0;
        for (int i = 0; i < Degree; i++)
        {
            trace ^= a;
            a = Multiply(a, a);
        }

        return trace;
    }

    // With Tr(δ) = 1, y(u) = Σ_{i<m−1} (Σ_{j>i} δ^(2^j))·u^(2^i) has y² + y = u + Tr(u)·δ, and it is linear in u: m values give all.
    private int[] SolveQuadratics()
    {
        int delta = 1;
        while (Trace(delta) == 0)
        {
            delta++;
        }

        int[] tails = new int[Degree];
        int conjugate = delta;
        for (int j = 0; j < Degree; j++)
        {
            for (int i = 0; i < j; i++)
            {
                tails[i] ^= conjugate;
            }

            conjugate = Multiply(conjugate, conjugate);
        }

        int[] roots = new int[Degree];
        for (int k = 0; k < Degree; k++)
        {
            int u = 1 << k;
            for (int i = 0; i < Degree - 1; i++)
            {
                roots[k] ^= Multiply(tails[i], u);
                u = Multiply(u, u);
            }
        }

        return roots;
    }
}
