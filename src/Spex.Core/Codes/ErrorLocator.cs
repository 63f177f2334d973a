using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Spex.Core.Codes;

/// <summary>From the syndromes of a binary BCH word to the positions of its errors: the locator by Berlekamp and Massey, its roots by traces.</summary>
/// <remarks>
/// Static, without allocation, on spans and integers: a device's kernel follows it line by line.
/// <para>
/// Three steps, cheapest refusals first. (1) The locator Λ(x) = Π(1 + X_i·x) from the odd syndromes (S_2j = S_j² makes every second step of
/// Berlekamp and Massey's algorithm idle). (2) It has ν distinct roots in the field exactly when x^(2^m) ≡ x modulo its reciprocal σ(x) = Π(x + X_i);
/// m squarings modulo σ decide that, and about (ν! − 1)/ν! of the undecodable words stop here. (3) The powers x^(2^i) mod σ that step 2 made are the terms of
/// Berlekamp's trace polynomials T_β(x) = Σ_i (βx)^(2^i); gcd(σ, T_β) splits the roots by the trace of β·X_i, until factors of degree 2 have their closed form.
/// (E. R. Berlekamp, "Factoring polynomials over large finite fields", Math. Comp. 24 (1970).)
/// </para>
/// </remarks>
[SkipLocalsInit]
internal static class ErrorLocator
{
    /// <summary>The most errors that are looked for; what codes of degree ≤ 20 made for up to 6 errors correct at most.</summary>
    public const int MaxErrors = 7;

    /// <summary>Finds the locator σ(x) = Π(x + X_i), monic, of the errors with locations X_i.</summary>
    /// <param name="oddSyndromes">S_1, S_3, …, S_(2t−1): t of them, 1 ≤ t ≤ <see cref="MaxErrors"/>.</param>
    /// <param name="logs">The field's logarithms, see <see cref="BinaryField"/>.</param>
    /// <param name="antilogs">The field's powers.</param>
    /// <param name="order">2^m − 1.</param>
    /// <param name="locator">Takes σ_0 … σ_(ν−1); the coefficient of x^ν is 1 and is not stored. Room for t.</param>
    /// <returns>The degree ν ≤ t, the number of errors if σ has that many roots; −1 when there are more than t errors.</returns>
    public static int Locate(ReadOnlySpan<int> oddSyndromes, ReadOnlySpan<int> logs, ReadOnlySpan<int> antilogs, int order, Span<int> locator)
    {
        int t = oddSyndromes.Length;
        Debug.Assert(t <= MaxErrors && locator.Length >= t);

        // syndromes[j] = S_(j+1); lambda and previous hold the coefficients of Λ and of the last Λ before its length grew.
        Span<int> syndromes = stackalloc int[2 * MaxErrors];
        Span<int> lambda = stackalloc int[(2 * MaxErrors) + 1];
        Span<int> previous = stackalloc int[(2 * MaxErrors) + 1];
        Span<int> kept = stackalloc int[(2 * MaxErrors) + 1];
        int any = 0;
        for (int j = 0; j < 2 * t; j++)
        {
            // S_(j+1): given for odd numbers, the square of S_((j+1)/2) for even ones.
            if ((j & 1) == 0)
            {
                syndromes[j] = oddSyndromes[j >> 1];
                any |= syndromes[j];
            }
            else
            {
                syndromes[j] = antilogs[2 * logs[syndromes[j >> 1]]];
            }
        }

        if (any == 0)
        {
            return 0;
        }

        lambda.Clear();
        previous.Clear();
        lambda[0] = previous[0] = 1;
        int length = 0, previousLength = 0, shift = 1, logOfPreviousDiscrepancy = 0;
        for (int step = 0; step < 2 * t; step += 2)
        {
            int discrepancy = syndromes[step];
            for (int i = 1; i <= length; i++)
            {
                discrepancy ^= antilogs[logs[lambda[i]] + logs[syndromes[step - i]]];
            }

            if (discrepancy == 0)
            {
                shift += 2;
                continue;
            }

            int logOfDiscrepancy = logs[discrepancy];
            int logOfScale = logOfDiscrepancy - logOfPreviousDiscrepancy;
            logOfScale += logOfScale < 0 ? order : 0;
            bool grows = 2 * length <= step;
            int keptLength = length;
            if (grows)
            {
                for (int i = 0; i <= length; i++)
                {
                    kept[i] = lambda[i];
                }

                length = step + 1 - length;
                if (length > t)
                {
                    return -1;
                }
            }

            for (int i = 0; i <= previousLength; i++)
            {
                lambda[i + shift] ^= antilogs[logOfScale + logs[previous[i]]];
            }

            if (grows)
            {
                for (int i = 0; i <= keptLength; i++)
                {
                    previous[i] = kept[i];
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
        if (lambda[length] == 0)
        {
            return -1;
        }

        for (int i = 0; i < length; i++)
        {
            locator[i] = lambda[length - i];
        }

        return length;
    }

    /// <summary>Finds all roots of σ, if it is a product of distinct linear factors over the field.</summary>
    /// <param name="locator">σ_0 … σ_(ν−1), the coefficient of x^ν being 1; σ_0 ≠ 0. Is overwritten.</param>
    /// <param name="logs">The field's logarithms.</param>
    /// <param name="antilogs">The field's powers.</param>
    /// <param name="quadraticRoots">The field's table for y² + y = u; its length is the degree m.</param>
    /// <param name="rootLogs">Takes the logarithms of the ν roots, 0 … 2^m − 2, in no particular order.</param>
    /// <returns>Whether σ splits; if not, <paramref name="rootLogs"/> is undefined.</returns>
    public static bool TryFindRoots(
        Span<int> locator, ReadOnlySpan<int> logs, ReadOnlySpan<int> antilogs, ReadOnlySpan<int> quadraticRoots, Span<int> rootLogs)
    {
        int degree = locator.Length;
        switch (degree)
        {
            case 0:
                return true;
            case 1:
                rootLogs[0] = logs[locator[0]];
                return true;
            case 2:
                return TrySolveQuadratic(locator[1], locator[0], logs, antilogs, quadraticRoots, rootLogs);
        }

        int fieldDegree = quadraticRoots.Length;
        Span<int> frobenius = stackalloc int[(BinaryField.MaxDegree + 1) * MaxErrors];
        if (!Splits(locator, logs, antilogs, fieldDegree, frobenius))
        {
            return false;
        }

        // The factors lie one after another in `locator`, each monic, as many numbers as its degree.
        Span<int> degrees = stackalloc int[MaxErrors];
        Span<int> trace = stackalloc int[MaxErrors];
        degrees[0] = degree;
        int factors = 1;
        int widest = degree;
        for (int beta = 0; beta < fieldDegree && widest > 2; beta++)
        {
            // T_β mod σ for β = α^beta; logOfConjugate = log β^(2^i).
            trace[..degree].Clear();
            int order = (1 << fieldDegree) - 1;
            int logOfConjugate = beta;
            for (int i = 0; i < fieldDegree; i++)
            {
                for (int k = 0; k < degree; k++)
                {
                    trace[k] ^= antilogs[logOfConjugate + logs[frobenius[(i * MaxErrors) + k]]];
                }

                logOfConjugate *= 2;
                logOfConjugate -= logOfConjugate >= order ? order : 0;
            }

            int offset = 0;
            int known = factors;
            widest = 0;
            for (int f = 0; f < known; f++)
            {
                int d = degrees[f];
                int first = d > 2 ? SplitFactor(locator.Slice(offset, d), trace[..degree], logs, antilogs, order) : d;
                if (first < d)
                {
                    // The list of degrees stays in the order of the factors.
                    for (int g = factors; g > f + 1; g--)
                    {
                        degrees[g] = degrees[g - 1];
                    }

                    degrees[f] = first;
                    degrees[f + 1] = d - first;
                    factors++;
                    known++;
                    f++;
                }

                widest = Math.Max(widest, Math.Max(first, d - first));
                offset += d;
            }
        }

        int start = 0;
        for (int f = 0; f < factors; f++)
        {
            if (degrees[f] == 1)
            {
                rootLogs[start] = logs[locator[start]];
            }
            else if (degrees[f] != 2
                || !TrySolveQuadratic(locator[start + 1], locator[start], logs, antilogs, quadraticRoots, rootLogs.Slice(start, 2)))
            {
                return false;
            }

            start += degrees[f];
        }

        return true;
    }

    // x² + bx + c with c ≠ 0: y = x/b has y² + y = c/b². b = 0 is a double root, hence no two errors.
    private static bool TrySolveQuadratic(
        int b, int c, ReadOnlySpan<int> logs, ReadOnlySpan<int> antilogs, ReadOnlySpan<int> quadraticRoots, Span<int> rootLogs)
    {
        if (b == 0)
        {
            return false;
        }

        int order = (1 << quadraticRoots.Length) - 1;
        int logOfB = logs[b];
        int exponent = logs[c] - (2 * logOfB);
        exponent += exponent < 0 ? order : 0;
        exponent += exponent < 0 ? order : 0;
        int u = antilogs[exponent];
        int y = 0;
        for (int k = 0; k < quadraticRoots.Length; k++)
        {
            y ^= quadraticRoots[k] & -((u >> k) & 1);
        }

        if ((antilogs[2 * logs[y]] ^ y) != u)
        {
            return false;
        }

        // Neither y nor y + 1 is 0, because u is not.
        rootLogs[0] = logs[antilogs[logs[y] + logOfB]];
        rootLogs[1] = logs[antilogs[logs[y ^ 1] + logOfB]];
        return true;
    }

    // Whether x^(2^m) ≡ x mod σ; row i of `frobenius` (MaxErrors apart) becomes x^(2^i) mod σ.
    private static bool Splits(ReadOnlySpan<int> locator, ReadOnlySpan<int> logs, ReadOnlySpan<int> antilogs, int fieldDegree, Span<int> frobenius)
    {
        int degree = locator.Length;
        int order = (1 << fieldDegree) - 1;

        // Row e of `powerLogs` holds the logarithms of x^(ν+e) mod σ, for the even powers that squares have.
        Span<int> powerLogs = stackalloc int[MaxErrors * MaxErrors];
        Span<int> power = stackalloc int[MaxErrors];
        for (int k = 0; k < degree; k++)
        {
            power[k] = locator[k];
            powerLogs[k] = logs[power[k]];
        }

        for (int e = 1; e <= degree - 2; e++)
        {
            int logOfTop = logs[power[degree - 1]];
            for (int k = degree - 1; k > 0; k--)
            {
                power[k] = power[k - 1] ^ antilogs[logOfTop + powerLogs[k]];
            }

            power[0] = antilogs[logOfTop + powerLogs[0]];
            for (int k = 0; k < degree; k++)
            {
                powerLogs[(e * MaxErrors) + k] = logs[power[k]];
            }
        }

        frobenius[..MaxErrors].Clear();
        frobenius[1] = 1;
        for (int i = 1; i <= fieldDegree; i++)
        {
            ReadOnlySpan<int> last = frobenius.Slice((i - 1) * MaxErrors, degree);
            Span<int> next = frobenius.Slice(i * MaxErrors, degree);
            next.Clear();
            for (int k = 0; k < degree; k++)
            {
                if (last[k] == 0)
                {
                    continue;
                }

                int logOfSquare = 2 * logs[last[k]];
                logOfSquare -= logOfSquare >= order ? order : 0;
                if (2 * k < degree)
                {
                    next[2 * k] ^= antilogs[logOfSquare];
                    continue;
                }

                ReadOnlySpan<int> row = powerLogs.Slice(((2 * k) - degree) * MaxErrors, degree);
                for (int j = 0; j < degree; j++)
                {
                    next[j] ^= antilogs[logOfSquare + row[j]];
                }
            }
        }

        ReadOnlySpan<int> end = frobenius.Slice(fieldDegree * MaxErrors, degree);
        int difference = end[0] | (end[1] ^ 1);
        for (int k = 2; k < degree; k++)
        {
            difference |= end[k];
        }

        return difference == 0;
    }

    /// <summary>Splits a factor f by g = gcd(f, trace): on return it holds g and f/g, both monic, one after the other, and the result is the degree of g (that of f when there is no split).</summary>
    private static int SplitFactor(Span<int> factor, ReadOnlySpan<int> trace, ReadOnlySpan<int> logs, ReadOnlySpan<int> antilogs, int order)
    {
        int d = factor.Length;
        Span<int> a = stackalloc int[MaxErrors + 1];
        Span<int> b = stackalloc int[MaxErrors + 1];
        a.Clear();
        b.Clear();
        factor.CopyTo(a);
        a[d] = 1;
        trace.CopyTo(b);
        int degreeOfA = d;
        int degreeOfB = Reduce(b, trace.Length - 1, a, d, logs, antilogs);
        while (degreeOfB >= 0)
        {
            MakeMonic(b, degreeOfB, logs, antilogs, order);
            int degreeOfRest = Reduce(a, degreeOfA, b, degreeOfB, logs, antilogs);
            Span<int> swap = a;
            a = b;
            b = swap;
            degreeOfA = degreeOfB;
            degreeOfB = degreeOfRest;
        }

        if (degreeOfA == 0 || degreeOfA == d)
        {
            return d;
        }

        // f divided by g from above: quotient[i] is the coefficient that eliminates x^(i + deg g).
        Span<int> rest = stackalloc int[MaxErrors + 1];
        Span<int> quotient = stackalloc int[MaxErrors];
        factor.CopyTo(rest);
        rest[d] = 1;
        for (int i = d - degreeOfA; i >= 0; i--)
        {
            int logOfTop = logs[rest[i + degreeOfA]];
            if (i < d - degreeOfA)
            {
                quotient[i] = rest[i + degreeOfA];
            }

            for (int k = 0; k < degreeOfA; k++)
            {
                rest[i + k] ^= antilogs[logOfTop + logs[a[k]]];
            }
        }

        for (int k = 0; k < degreeOfA; k++)
        {
            factor[k] = a[k];
        }

        for (int k = 0; k < d - degreeOfA; k++)
        {
            factor[degreeOfA + k] = quotient[k];
        }

        return degreeOfA;
    }

    // a := a mod b for a monic b; the degree of the rest, −1 for 0.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Reduce(Span<int> a, int degreeOfA, ReadOnlySpan<int> b, int degreeOfB, ReadOnlySpan<int> logs, ReadOnlySpan<int> antilogs)
    {
        for (int top = degreeOfA; top >= degreeOfB; top--)
        {
            if (a[top] == 0)
            {
                continue;
            }

            int logOfTop = logs[a[top]];
            for (int k = 0; k < degreeOfB; k++)
            {
                a[top - degreeOfB + k] ^= antilogs[logOfTop + logs[b[k]]];
            }

            a[top] = 0;
        }

        int degree = Math.Min(degreeOfA, degreeOfB - 1);
        while (degree >= 0 && a[degree] == 0)
        {
            degree--;
        }

        return degree;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MakeMonic(Span<int> a, int degree, ReadOnlySpan<int> logs, ReadOnlySpan<int> antilogs, int order)
    {
        int logOfInverse = order - logs[a[degree]];
        for (int k = 0; k < degree; k++)
        {
            a[k] = antilogs[logOfInverse + logs[a[k]]];
        }

        a[degree] = 1;
    }
}
