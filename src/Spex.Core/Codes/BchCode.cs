using System.Numerics;
using Spex.Core.Masks;

namespace Spex.Core.Codes;

/// <summary>
/// A shortened, systematic, primitive narrow-sense binary BCH code whose messages are the Fourier sets of n features: the parity of a set is
/// what the delays of a SPEX design measure, and decoding the parity gives the set back while it has no more features than the code corrects errors.
/// </summary>
/// <remarks>
/// The unshortened code has length 2^m − 1 and the generator polynomial g(x) = lcm of the minimal polynomials of α, α³, …, α^(2t−1). Feature i
/// is the codeword's power P + n − 1 − i and parity position p (0-based; delay row p + 1) the power P − 1 − p, so that the parity column of
/// feature i is x^(P+n−1−i) mod g, highest power first. A received word has zeros for all features: its errors are the set and the wrong parity bits.
/// <para>
/// Parity words are <see cref="UInt128"/>: bit p is parity position p. Source of the construction: R. C. Bose and D. K. Ray-Chaudhuri (1960);
/// of its use: J. Kang et al., "SPEX: scaling feature interaction explanations for LLMs" (ICML 2025), section 4.
/// </para>
/// </remarks>
public sealed partial class BchCode
{
    /// <summary>The most errors a code may be asked for.</summary>
    public const int MaxCorrectableErrors = 6;

    private readonly UInt128[] _parities;
    private readonly int[] _syndromesOfParity;

    private BchCode(BinaryField field, int featureCount, int requestedErrors, GeneratorRoots roots)
    {
        Field = field;
        FeatureCount = featureCount;
        RequestedErrors = requestedErrors;
        CorrectableErrors = roots.CorrectableErrors;
        ParityCount = roots.Degree;
        GeneratorPolynomial = MultiplyMinimalPolynomials(field, roots.Cosets);
        _parities = MakeParities(featureCount, ParityCount, GeneratorPolynomial);

        // Odd syndrome 2j + 1 of parity position p: α^((2j+1)(P−1−p)).
        _syndromesOfParity = new int[ParityCount * CorrectableErrors];
        for (int p = 0; p < ParityCount; p++)
        {
            for (int j = 0; j < CorrectableErrors; j++)
            {
                _syndromesOfParity[(p * CorrectableErrors) + j] = field.PowerOfAlpha(((2L * j) + 1) * (ParityCount - 1 - p));
            }
        }
    }

    /// <summary>The field GF(2^m) of the code's locations.</summary>
    public BinaryField Field { get; }

    /// <summary>The degree m of the field.</summary>
    public int FieldDegree => Field.Degree;

    /// <summary>Length of the unshortened code, 2^m − 1.</summary>
    public int Length => Field.Order;

    /// <summary>Message bits of the unshortened code, 2^m − 1 − P; at least n.</summary>
    public int MessageLength => Length - ParityCount;

    /// <summary>Number of parity bits P, 1 to 120; a design has P + 1 delays.</summary>
    public int ParityCount { get; }

    /// <summary>Number of features n.</summary>
    public int FeatureCount { get; }

    /// <summary>The number of errors that was asked for.</summary>
    public int RequestedErrors { get; }

    /// <summary>
    /// The number of errors t that the code does correct: what was asked for, or more (up to 7) in the small fields where the generator has
    /// further consecutive roots. Sets of up to this many features can be decoded.
    /// </summary>
    public int CorrectableErrors { get; }

    /// <summary>g(x): bit i is the coefficient of x^i; its degree is <see cref="ParityCount"/>.</summary>
    public UInt128 GeneratorPolynomial { get; }

    /// <summary>The parity of every single feature: n words, see <see cref="ParityOf(int)"/>.</summary>
    public ReadOnlySpan<UInt128> Parities => _parities;

    /// <summary>
    /// What each parity position adds (XOR) to the odd syndromes S_1, S_3, …, S_(2t−1) when its bit is 1: P rows of t = <see cref="CorrectableErrors"/> numbers.
    /// </summary>
    public ReadOnlySpan<int> SyndromesOfParity => _syndromesOfParity;

    /// <summary>The code for n features: the smallest field, from m = ⌈log2(2t + 2)⌉ on, in which the code for t errors has at least n message bits.</summary>
    /// <param name="featureCount">Number of features n, 1 to 2^20 − 1 − 20·t (1,048,455 for t = 6).</param>
    /// <param name="correctableErrors">Errors to correct, 1 to <see cref="MaxCorrectableErrors"/>; the largest degree that can be decoded.</param>
    /// <exception cref="SpexInputException">An argument is out of range, or no field of degree ≤ 20 is large enough.</exception>
    public static BchCode ForFeatures(int featureCount, int correctableErrors)
    {
        if (featureCount < 1)
        {
            throw new SpexInputException($"A code needs at least 1 feature; got {featureCount}.");
        }

        if (correctableErrors is < 1 or > MaxCorrectableErrors)
        {
            throw new SpexInputException($"A code corrects 1 to {MaxCorrectableErrors} errors; got {correctableErrors}. Choose a degree in that range.");
        }

        int first = Math.Max(BinaryField.MinDegree, BitOperations.Log2((uint)((2 * correctableErrors) + 1)) + 1);
        for (int degree = first; degree <= BinaryField.MaxDegree; degree++)
        {
            GeneratorRoots roots = GeneratorRoots.Of(degree, correctableErrors);
            if ((1 << degree) - 1 - roots.Degree >= featureCount)
            {
                return new BchCode(BinaryField.OfDegree(degree), featureCount, correctableErrors, roots);
            }
        }

        int most = (1 << BinaryField.MaxDegree) - 1 - (BinaryField.MaxDegree * correctableErrors);
        throw new SpexInputException($"Codes for {correctableErrors} errors exist for up to {most:N0} features; got {featureCount:N0}.");
    }

    /// <summary>The parity of one feature, column <paramref name="feature"/> of the delay matrix: bit p is delay row p + 1.</summary>
    public UInt128 ParityOf(int feature)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(feature);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(feature, FeatureCount);
        return _parities[feature];
    }

    /// <summary>The parity of a set of features: the sum (XOR) of theirs.</summary>
    public UInt128 ParityOf(ReadOnlySpan<int> features)
    {
        UInt128 parity = UInt128.Zero;
        foreach (int feature in features)
        {
            parity ^= ParityOf(feature);
        }

        return parity;
    }

    /// <summary>The delay matrix D as masks: P + 1 rows of n features, row 0 empty, bit i of row p + 1 is bit p of feature i's parity.</summary>
    public MaskMatrix DelayMasks()
    {
        MaskMatrix delays = new(ParityCount + 1, FeatureCount);
        int wordsPerRow = delays.WordsPerRow;
        Span<ulong> block = stackalloc ulong[64];
        for (int word = 0; word < wordsPerRow; word++)
        {
            int first = word * 64;
            int count = Math.Min(64, FeatureCount - first);
            for (int half = 0; half < ParityCount; half += 64)
            {
                block.Clear();
                for (int i = 0; i < count; i++)
                {
                    block[i] = (ulong)(_parities[first + i] >> half);
                }

                BitTranspose.Transpose64(block);
                for (int p = half; p < Math.Min(half + 64, ParityCount); p++)
                {
                    delays.Words[((p + 1) * wordsPerRow) + word] = block[p - half];
                }
            }
        }

        return delays;
    }

    // Multiplying by x moves every coefficient one power up, which is one bit down here; what leaves at the bottom (x^P) is replaced by g − x^P.
    private static UInt128[] MakeParities(int featureCount, int parityCount, UInt128 generator)
    {
        UInt128 low = UInt128.Zero;
        for (int p = 0; p < parityCount; p++)
        {
            low |= ((generator >> (parityCount - 1 - p)) & UInt128.One) << p;
        }

        UInt128[] parities = new UInt128[featureCount];
        UInt128 power = low;
        for (int feature = featureCount - 1; feature >= 0; feature--)
        {
            parities[feature] = power;
            bool leaves = (power & UInt128.One) != UInt128.Zero;
            power >>= 1;
            power ^= leaves ? low : UInt128.Zero;
        }

        return parities;
    }

    private static UInt128 MultiplyMinimalPolynomials(BinaryField field, IReadOnlyList<int> cosets)
    {
        UInt128 product = UInt128.One;
        Span<int> minimal = stackalloc int[BinaryField.MaxDegree + 1];
        foreach (int exponent in cosets)
        {
            // Π (x + α^(e·2^i)) over the distinct conjugates; its coefficients are 0 or 1.
            minimal.Clear();
            minimal[0] = 1;
            int degree = 0;
            int conjugate = exponent;
            do
            {
                int root = field.PowerOfAlpha(conjugate);
                degree++;
                for (int k = degree; k > 0; k--)
                {
                    minimal[k] = minimal[k - 1] ^ field.Multiply(root, minimal[k]);
                }

                minimal[0] = field.Multiply(root, minimal[0]);
                conjugate = (int)(2L * conjugate % field.Order);
            }
            while (conjugate != exponent);

            UInt128 next = UInt128.Zero;
            for (int k = 0; k <= degree; k++)
            {
                next ^= minimal[k] == 0 ? UInt128.Zero : product << k;
            }

            product = next;
        }

        return product;
    }

    /// <summary>Which powers of α are roots of the generator polynomial, by cyclotomic cosets {e, 2e, 4e, …} mod 2^m − 1.</summary>
    /// <param name="Cosets">The smallest exponent of every coset, in the order found.</param>
    /// <param name="Degree">Number of roots P.</param>
    /// <param name="CorrectableErrors">Half the length of the run of consecutive roots α, α², ….</param>
    private sealed record GeneratorRoots(IReadOnlyList<int> Cosets, int Degree, int CorrectableErrors)
    {
        public static GeneratorRoots Of(int fieldDegree, int errors)
        {
            int order = (1 << fieldDegree) - 1;
            List<int> cosets = [];
            int degree = 0;
            for (int exponent = 1; exponent < 2 * errors; exponent += 2)
            {
                int leader = Leader(exponent, order);
                if (!cosets.Contains(leader))
                {
                    cosets.Add(leader);
                    degree += CosetSize(leader, order);
                }
            }

            int consecutive = 2 * errors;
            while (consecutive + 1 < order && cosets.Contains(Leader(consecutive + 1, order)))
            {
                consecutive++;
            }

            return new GeneratorRoots(cosets, degree, consecutive / 2);
        }

        private static int Leader(int exponent, int order)
        {
            int leader = exponent;
            for (int e = Next(exponent, order); e != exponent; e = Next(e, order))
            {
                leader = Math.Min(leader, e);
            }

            return leader;
        }

        private static int CosetSize(int exponent, int order)
        {
            int size = 1;
            for (int e = Next(exponent, order); e != exponent; e = Next(e, order))
            {
                size++;
            }

            return size;
        }

        private static int Next(int exponent, int order) => (int)(2L * exponent % order);
    }
}
