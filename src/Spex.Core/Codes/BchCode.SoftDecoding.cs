using System.Runtime.CompilerServices;

namespace Spex.Core.Codes;

/// <content>Soft decoding: hard decoding of the word and, if that fails, of the word with its least reliable bits flipped.</content>
public sealed partial class BchCode
{
    /// <summary>Decodes measured parity bits as the reference implementation of SPEX does; the scalar form that faster ones are compared with.</summary>
    /// <param name="softBits">P numbers: position p reads 1 where the number is negative, and its magnitude is its reliability.</param>
    /// <param name="chaseDepth">L, the number of least reliable positions that may flip, 1 to <see cref="FlipPatterns.MaxDepth"/>.</param>
    /// <param name="features">Takes the set's features, ascending. Room for <see cref="CorrectableErrors"/>.</param>
    /// <param name="count">Number of features in the set; 0 after a failure.</param>
    /// <param name="errorCount">Errors that the algebraic decoder corrected after the flips, at most t; −1 after a failure.</param>
    /// <returns>Whether any of the words could be decoded.</returns>
    /// <remarks>
    /// The hard decision is taken at once if it can be decoded. Otherwise every pattern of <see cref="FlipPatterns.Smallest"/> is tried, and of the sets found the
    /// one with the fewest errors wins, the first found among equals; every set counts with the pattern that found it first. Flips update the syndromes
    /// by XOR; nothing is computed anew.
    /// </remarks>
    /// <exception cref="ArgumentException">There are not P numbers.</exception>
    [SkipLocalsInit]
    public bool TryDecodeSoft(ReadOnlySpan<double> softBits, int chaseDepth, Span<int> features, out int count, out int errorCount)
    {
        if (softBits.Length != ParityCount)
        {
            throw new ArgumentException($"The code has {ParityCount} parity bits; {softBits.Length} were given.", nameof(softBits));
        }

        UInt128 hard = UInt128.Zero;
        for (int p = 0; p < softBits.Length; p++)
        {
            hard |= (softBits[p] < 0 ? UInt128.One : UInt128.Zero) << p;
        }

        Span<int> syndromes = stackalloc int[ErrorLocator.MaxErrors];
        syndromes = syndromes[..CorrectableErrors];
        ComputeSyndromes(hard, syndromes);
        if (TryDecode(syndromes, features, out count, out errorCount))
        {
            return true;
        }

        // A set of at most t features is known by its parity: no two of them share it.
        Span<UInt128> patterns = stackalloc UInt128[FlipPatterns.CountFor(FlipPatterns.MaxDepth)];
        Span<UInt128> seen = stackalloc UInt128[FlipPatterns.CountFor(FlipPatterns.MaxDepth)];
        int seenCount = 0;
        int patternCount = FlipPatterns.Smallest(softBits, chaseDepth, patterns);
        Span<int> candidate = stackalloc int[ErrorLocator.MaxErrors];
        UInt128 flipped = UInt128.Zero;
        for (int k = 0; k < patternCount; k++)
        {
            UInt128 change = flipped ^ patterns[k];
            AddSyndromes((ulong)change, 0, syndromes);
            AddSyndromes((ulong)(change >> 64), 64, syndromes);
            flipped = patterns[k];

            if (!TryDecode(syndromes, candidate, out int candidateCount, out int candidateErrors))
            {
                continue;
            }

            UInt128 parity = ParityOf(candidate[..candidateCount]);
            if (seen[..seenCount].Contains(parity))
            {
                continue;
            }

            seen[seenCount++] = parity;
            if (errorCount < 0 || candidateErrors < errorCount)
            {
                count = candidateCount;
                errorCount = candidateErrors;
                candidate[..candidateCount].CopyTo(features);
            }
        }

        return errorCount >= 0;
    }
}
