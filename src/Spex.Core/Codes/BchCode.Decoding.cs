using System.Numerics;

namespace Spex.Core.Codes;

/// <content>Bounded-distance decoding of hard parity bits.</content>
public sealed partial class BchCode
{
    /// <summary>The odd syndromes S_1, S_3, …, S_(2t−1) of a parity word.</summary>
    /// <param name="parityBits">Bit p is parity position p.</param>
    /// <param name="oddSyndromes">Takes t = <see cref="CorrectableErrors"/> field elements; all 0 exactly for a codeword.</param>
    public void ComputeSyndromes(UInt128 parityBits, Span<int> oddSyndromes)
    {
        oddSyndromes = oddSyndromes[..CorrectableErrors];
        oddSyndromes.Clear();
        AddSyndromes((ulong)parityBits, 0, oddSyndromes);
        AddSyndromes((ulong)(parityBits >> 64), 64, oddSyndromes);
    }

    /// <summary>What flipping one parity bit adds (XOR) to the odd syndromes: t field elements.</summary>
    public ReadOnlySpan<int> SyndromesOf(int parityPosition) => _syndromesOfParity.AsSpan(parityPosition * CorrectableErrors, CorrectableErrors);

    /// <summary>Finds the set whose parity differs from the word in so few bits that set and wrong bits together are at most t errors.</summary>
    /// <param name="parityBits">Bit p is parity position p; bits from P on are 0.</param>
    /// <param name="features">Takes the set's features, ascending. Room for <see cref="CorrectableErrors"/>.</param>
    /// <param name="count">Number of features in the set; 0 after a failure.</param>
    /// <param name="errorCount">Features plus wrong parity bits, at most t; −1 after a failure.</param>
    /// <returns>Whether there is such a set; there is never a second one.</returns>
    public bool TryDecode(UInt128 parityBits, Span<int> features, out int count, out int errorCount)
    {
        Span<int> syndromes = stackalloc int[ErrorLocator.MaxErrors];
        syndromes = syndromes[..CorrectableErrors];
        ComputeSyndromes(parityBits, syndromes);
        return TryDecode(syndromes, features, out count, out errorCount);
    }

    /// <summary>As <see cref="TryDecode(UInt128, Span{int}, out int, out int)"/>, from the odd syndromes, which callers keep up to date bit by bit with <see cref="SyndromesOf"/>.</summary>
    /// <param name="oddSyndromes">S_1, S_3, …, S_(2t−1).</param>
    /// <param name="features">Takes the set's features, ascending. Room for <see cref="CorrectableErrors"/>.</param>
    /// <param name="count">Number of features in the set; 0 after a failure.</param>
    /// <param name="errorCount">Features plus wrong parity bits, at most t; −1 after a failure.</param>
    public bool TryDecode(ReadOnlySpan<int> oddSyndromes, Span<int> features, out int count, out int errorCount)
    {
        count = 0;
        errorCount = -1;
        Span<int> locator = stackalloc int[ErrorLocator.MaxErrors];
        Span<int> roots = stackalloc int[ErrorLocator.MaxErrors];
        ReadOnlySpan<int> logs = Field.Logs, antilogs = Field.Antilogs;
        int errors = ErrorLocator.Locate(oddSyndromes, logs, antilogs, Field.Order, locator);
        if (errors < 0 || !ErrorLocator.TryFindRoots(locator[..errors], logs, antilogs, Field.QuadraticRoots, roots))
        {
            return false;
        }

        int found = 0;
        for (int i = 0; i < errors; i++)
        {
            int feature = ParityCount + FeatureCount - 1 - roots[i];
            if (feature < 0)
            {
                // A location among the message bits that shortening removed.
                return false;
            }

            if (feature >= FeatureCount)
            {
                continue;
            }

            int at = found++;
            while (at > 0 && features[at - 1] > feature)
            {
                features[at] = features[at - 1];
                at--;
            }

            features[at] = feature;
        }

        count = found;
        errorCount = errors;
        return true;
    }

    private void AddSyndromes(ulong bits, int first, Span<int> oddSyndromes)
    {
        for (; bits != 0; bits &= bits - 1)
        {
            ReadOnlySpan<int> row = SyndromesOf(first + BitOperations.TrailingZeroCount(bits));
            for (int j = 0; j < oddSyndromes.Length; j++)
            {
                oddSyndromes[j] ^= row[j];
            }
        }
    }
}
