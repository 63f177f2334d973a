namespace Spex.Kernels;

/// <summary>From the syndromes of a binary BCH word to the positions of its errors, a thread a word: the host's ErrorLocator line by line, in shared memory.</summary>
/// <remarks>
/// (1) The locator by Berlekamp and Massey. (2) Its reciprocal σ splits into distinct factors over the field exactly when x^(2^m) ≡ x modulo σ: m squarings. (3) gcds with trace polynomials
/// split the roots, until factors of degree 2 have their closed form. (E. R. Berlekamp, "Factoring polynomials over large finite fields", Math. Comp. 24 (1970).) Step 3 makes the powers
/// x^(2^i) of step 2 again instead of keeping them: few words come that far.
/// </remarks>
internal static class ErrorLocator
{
    /// <summary>The most errors.</summary>
    public const int MaxErrors = 7;

    /// <summary>Where the locator's coefficients σ_0 … lie, and after <see cref="TryFindRoots"/> its factors.</summary>
    public const int Sigma = 0;

    /// <summary>Where the logarithms of the roots lie.</summary>
    public const int Roots = Sigma + MaxErrors;

    /// <summary>Where the syndromes S_1 … S_2t are expected; the even ones are filled in.</summary>
    public const int Syndromes = Roots + MaxErrors;

    /// <summary>Numbers of scratch in all.</summary>
    public const int Size = Quotient + MaxErrors;

    // Berlekamp and Massey; syndromes and these are dead when the roots are sought.
    private const int Lambda = Syndromes + (2 * MaxErrors);
    private const int Previous = Lambda + (2 * MaxErrors) + 1;
    private const int Kept = Previous + (2 * MaxErrors) + 1;

    private const int PowerLogs = Syndromes;
    private const int Square = PowerLogs + (MaxErrors * MaxErrors);
    private const int NextSquare = Square + MaxErrors;
    private const int Trace = NextSquare + MaxErrors;
    private const int Degrees = Trace + MaxErrors;
    private const int A = Degrees + MaxErrors;
    private const int B = A + MaxErrors + 1;
    private const int Rest = B + MaxErrors + 1;
    private const int Quotient = Rest + MaxErrors + 1;

    /// <summary>Finds the locator σ(x) = Π(x + X_i), monic, of the errors with locations X_i: its degree ν ≤ t; −1 when there are more than t errors.</summary>
    public static int Locate(Scratch s, int t, FieldTables field)
    {
        int any = 0;
        for (int j = 0; j < 2 * t; j++)
        {
            // S_(j+1): given for odd numbers, the square of S_((j+1)/2) for even ones.
            if ((j & 1) == 0)
            {
                any |= s.Get(Syndromes + j);
            }
            else
            {
                s.Set(Syndromes + j, field.Power(2 * field.Log(s.Get(Syndromes + (j >> 1)))));
            }
        }

        if (any == 0)
        {
            return 0;
        }

        for (int i = 0; i < (2 * MaxErrors) + 1; i++)
        {
            s.Set(Lambda + i, i == 0 ? 1 : 0);
            s.Set(Previous + i, i == 0 ? 1 : 0);
        }

        int length = 0, previousLength = 0, shift = 1, logOfPreviousDiscrepancy = 0;
        for (int step = 0; step < 2 * t && length <= t; step += 2)
        {
            int discrepancy = s.Get(Syndromes + step);
            for (int i = 1; i <= length; i++)
            {
                discrepancy ^= field.Power(field.Log(s.Get(Lambda + i)) + field.Log(s.Get(Syndromes + step - i)));
            }

            if (discrepancy == 0)
            {
                shift += 2;
                continue;
            }

            int logOfDiscrepancy = field.Log(discrepancy);
            int logOfScale = logOfDiscrepancy - logOfPreviousDiscrepancy;
            logOfScale += logOfScale < 0 ? field.Order : 0;
            bool grows = 2 * length <= step;
            int keptLength = length;
            if (grows)
            {
                for (int i = 0; i <= length; i++)
                {
                    s.Set(Kept + i, s.Get(Lambda + i));
                }

                length = step + 1 - length;
            }

            for (int i = 0; i <= previousLength && length <= t; i++)
            {
                s.Xor(Lambda + i + shift, field.Power(logOfScale + field.Log(s.Get(Previous + i))));
            }

            if (grows)
            {
                for (int i = 0; i <= keptLength; i++)
                {
                    s.Set(Previous + i, s.Get(Kept + i));
                }

                previousLength = keptLength;
                logOfPreviousDiscrepancy = logOfDiscrepancy;
                shift = 2;
            }
            else
            {
                shift += 2;
            }
        }

        // A leading coefficient 0 would be a location 0, which no position has.
        if (length > t || s.Get(Lambda + length) == 0)
        {
            return -1;
        }

        for (int i = 0; i < length; i++)
        {
            s.Set(Sigma + i, s.Get(Lambda + length - i));
        }

        return length;
    }

    /// <summary>Finds all roots of σ, if it is a product of distinct linear factors over the field.</summary>
    public static bool TryFindRoots(Scratch s, int degree, FieldTables field)
    {
        if (degree <= 2)
        {
            if (degree == 1)
            {
                s.Set(Roots, field.Log(s.Get(Sigma)));
            }

            return degree < 2 || TrySolveQuadratic(s, Sigma, Roots, field);
        }

        MakePowers(s, degree, field);
        if (!Splits(s, degree, field))
        {
            return false;
        }

        // The factors lie one after another, each monic, as many numbers as its degree.
        s.Set(Degrees, degree);
        int factors = 1, widest = degree;
        for (int beta = 0; beta < field.Degree && widest > 2; beta++)
        {
            MakeTrace(s, degree, beta, field);
            int offset = 0, known = factors;
            widest = 0;
            for (int f = 0; f < known; f++)
            {
                int d = s.Get(Degrees + f);
                int first = d > 2 ? SplitFactor(s, Sigma + offset, d, degree, field) : d;
                if (first < d)
                {
                    // The list of degrees stays in the order of the factors.
                    for (int g = factors; g > f + 1; g--)
                    {
                        s.Set(Degrees + g, s.Get(Degrees + g - 1));
                    }

                    s.Set(Degrees + f, first);
                    s.Set(Degrees + f + 1, d - first);
                    factors++;
                    known++;
                    f++;
                }

                widest = Math.Max(widest, Math.Max(first, d - first));
                offset += d;
            }
        }

        int start = 0;
        bool solved = true;
        for (int f = 0; f < factors && solved; f++)
        {
            int d = s.Get(Degrees + f);
            if (d == 1)
            {
                s.Set(Roots + start, field.Log(s.Get(Sigma + start)));
            }
            else
            {
                solved = d == 2 && TrySolveQuadratic(s, Sigma + start, Roots + start, field);
            }

            start += d;
        }

        return solved;
    }

    // x² + bx + c with c ≠ 0: y = x/b has y² + y = c/b². b = 0 is a double root, hence no two errors.
    private static bool TrySolveQuadratic(Scratch s, int at, int roots, FieldTables field)
    {
        int b = s.Get(at + 1), c = s.Get(at), order = field.Order;
        if (b == 0)
        {
            return false;
        }

        int logOfB = field.Log(b);
        int exponent = field.Log(c) - (2 * logOfB);
        exponent += exponent < 0 ? order : 0;
        exponent += exponent < 0 ? order : 0;
        int u = field.Power(exponent), y = 0;
        for (int k = 0; k < field.Degree; k++)
        {
            y ^= field.QuadraticRoot(k) & -((u >> k) & 1);
        }

        if ((field.Power(2 * field.Log(y)) ^ y) != u)
        {
            return false;
        }

        // Neither y nor y + 1 is 0, because u is not.
        s.Set(roots, field.Log(field.Power(field.Log(y) + logOfB)));
        s.Set(roots + 1, field.Log(field.Power(field.Log(y ^ 1) + logOfB)));
        return true;
    }

    // Row e of the powers holds the logarithms of x^(ν+e) mod σ, for the even powers that squares have.
    private static void MakePowers(Scratch s, int degree, FieldTables field)
    {
        for (int k = 0; k < degree; k++)
        {
            int sigma = s.Get(Sigma + k);
            s.Set(Square + k, sigma);
            s.Set(PowerLogs + k, field.Log(sigma));
        }

        for (int e = 1; e <= degree - 2; e++)
        {
            int logOfTop = field.Log(s.Get(Square + degree - 1));
            for (int k = degree - 1; k > 0; k--)
            {
                s.Set(Square + k, s.Get(Square + k - 1) ^ field.Power(logOfTop + s.Get(PowerLogs + k)));
            }

            s.Set(Square, field.Power(logOfTop + s.Get(PowerLogs)));
            for (int k = 0; k < degree; k++)
            {
                s.Set(PowerLogs + (e * MaxErrors) + k, field.Log(s.Get(Square + k)));
            }
        }
    }

    private static void StartSquares(Scratch s, int degree)
    {
        for (int k = 0; k < degree; k++)
        {
            s.Set(Square + k, k == 1 ? 1 : 0);
        }
    }

    // x^(2^i) → x^(2^(i+1)) mod σ.
    private static void SquareOnce(Scratch s, int degree, FieldTables field)
    {
        for (int k = 0; k < degree; k++)
        {
            s.Set(NextSquare + k, 0);
        }

        for (int k = 0; k < degree; k++)
        {
            int last = s.Get(Square + k);
            if (last == 0)
            {
                continue;
            }

            int logOfSquare = 2 * field.Log(last);
            logOfSquare -= logOfSquare >= field.Order ? field.Order : 0;
            if (2 * k < degree)
            {
                s.Xor(NextSquare + (2 * k), field.Power(logOfSquare));
                continue;
            }

            int row = PowerLogs + (((2 * k) - degree) * MaxErrors);
            for (int j = 0; j < degree; j++)
            {
                s.Xor(NextSquare + j, field.Power(logOfSquare + s.Get(row + j)));
            }
        }

        for (int k = 0; k < degree; k++)
        {
            s.Set(Square + k, s.Get(NextSquare + k));
        }
    }

    // Whether x^(2^m) ≡ x mod σ.
    private static bool Splits(Scratch s, int degree, FieldTables field)
    {
        StartSquares(s, degree);
        for (int i = 0; i < field.Degree; i++)
        {
            SquareOnce(s, degree, field);
        }

        int difference = 0;
        for (int k = 0; k < degree; k++)
        {
            difference |= s.Get(Square + k) ^ (k == 1 ? 1 : 0);
        }

        return difference == 0;
    }

    // T_β = Σ_i (βx)^(2^i) mod σ for β = α^beta.
    private static void MakeTrace(Scratch s, int degree, int beta, FieldTables field)
    {
        for (int k = 0; k < degree; k++)
        {
            s.Set(Trace + k, 0);
        }

        StartSquares(s, degree);
        int logOfConjugate = beta;
        for (int i = 0; i < field.Degree; i++)
        {
            for (int k = 0; k < degree; k++)
            {
                s.Xor(Trace + k, field.Power(logOfConjugate + field.Log(s.Get(Square + k))));
            }

            SquareOnce(s, degree, field);
            logOfConjugate *= 2;
            logOfConjugate -= logOfConjugate >= field.Order ? field.Order : 0;
        }
    }

    // Splits a factor f by g = gcd(f, trace): afterwards it holds g and f/g, both monic, one after the other; the degree of g (that of f when there is no split).
    private static int SplitFactor(Scratch s, int factor, int d, int traceLength, FieldTables field)
    {
        int a = A, b = B;
        for (int k = 0; k <= MaxErrors; k++)
        {
            // Numbers only: where a comparison meets a number (… : k == d ? 1 : 0), ILGPU's compiler makes both truth values, and a field element becomes 1.
            s.Set(a + k, k < d ? s.Get(factor + k) : 0);
            s.Set(b + k, k < traceLength ? s.Get(Trace + k) : 0);
        }

        s.Set(a + d, 1);

        int degreeOfA = d;
        int degreeOfB = Reduce(s, b, traceLength - 1, a, d, field);
        while (degreeOfB >= 0)
        {
            MakeMonic(s, b, degreeOfB, field);
            int degreeOfRest = Reduce(s, a, degreeOfA, b, degreeOfB, field);
            int swap = a;
            a = b;
            b = swap;
            degreeOfA = degreeOfB;
            degreeOfB = degreeOfRest;
        }

        if (degreeOfA == 0 || degreeOfA == d)
        {
            return d;
        }

        // f divided by g from above: the quotient's number i is the coefficient that eliminates x^(i + deg g).
        for (int k = 0; k <= d; k++)
        {
            s.Set(Rest + k, k == d ? 1 : s.Get(factor + k));
        }

        for (int i = d - degreeOfA; i >= 0; i--)
        {
            int top = s.Get(Rest + i + degreeOfA), logOfTop = field.Log(top);
            if (i < d - degreeOfA)
            {
                s.Set(Quotient + i, top);
            }

            for (int k = 0; k < degreeOfA; k++)
            {
                s.Xor(Rest + i + k, field.Power(logOfTop + field.Log(s.Get(a + k))));
            }
        }

        for (int k = 0; k < degreeOfA; k++)
        {
            s.Set(factor + k, s.Get(a + k));
        }

        for (int k = 0; k < d - degreeOfA; k++)
        {
            s.Set(factor + degreeOfA + k, s.Get(Quotient + k));
        }

        return degreeOfA;
    }

    // a := a mod b for a monic b; the degree of the rest, −1 for 0.
    private static int Reduce(Scratch s, int a, int degreeOfA, int b, int degreeOfB, FieldTables field)
    {
        for (int top = degreeOfA; top >= degreeOfB; top--)
        {
            int leading = s.Get(a + top);
            if (leading == 0)
            {
                continue;
            }

            int logOfTop = field.Log(leading);
            for (int k = 0; k < degreeOfB; k++)
            {
                s.Xor(a + top - degreeOfB + k, field.Power(logOfTop + field.Log(s.Get(b + k))));
            }

            s.Set(a + top, 0);
        }

        int degree = Math.Min(degreeOfA, degreeOfB - 1);
        while (degree >= 0 && s.Get(a + degree) == 0)
        {
            degree--;
        }

        return degree;
    }

    private static void MakeMonic(Scratch s, int a, int degree, FieldTables field)
    {
        int logOfInverse = field.Order - field.Log(s.Get(a + degree));
        for (int k = 0; k < degree; k++)
        {
            s.Set(a + k, field.Power(logOfInverse + field.Log(s.Get(a + k))));
        }

        s.Set(a + degree, 1);
    }
}
