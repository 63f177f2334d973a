using System.Security.Cryptography;
using Spex.Core.Masks;

namespace Spex.Core.Games;

/// <summary>A value function that is known by formula or by table, f: {0,1}^n → R; what files hold, and what methods are tested on.</summary>
/// <remarks>Immutable, and safe to evaluate on many threads at once.</remarks>
public abstract class Game
{
    private readonly Lazy<string> _contentHash;

    /// <summary>Makes the part that all games share.</summary>
    /// <param name="featureCount">Number of features n, 0 to <see cref="MaskMatrix.MaxFeatureCount"/>.</param>
    /// <param name="featureNames">n names, or null where the features have none.</param>
    /// <exception cref="SpexInputException">n is out of range, or there are not n names.</exception>
    protected Game(int featureCount, IReadOnlyList<string>? featureNames)
    {
        if (featureCount is < 0 or > MaskMatrix.MaxFeatureCount)
        {
            throw new SpexInputException($"A game has 0 to {MaskMatrix.MaxFeatureCount:N0} features; got {featureCount}.");
        }

        if (featureNames is not null && featureNames.Count != featureCount)
        {
            throw new SpexInputException($"The game has {featureCount} features but {featureNames.Count} feature names; give one name a feature, or none.");
        }

        FeatureCount = featureCount;
        FeatureNames = featureNames;
        _contentHash = new Lazy<string>(() =>
        {
            using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            ContentWriter writer = new(hash);
            writer.Add(GetType().Name);
            writer.Add(featureCount);
            WriteContent(writer);
            return Convert.ToHexStringLower(hash.GetHashAndReset());
        });
    }

    /// <summary>Number of features n.</summary>
    public int FeatureCount { get; }

    /// <summary>The features' names, or null where they have none.</summary>
    public IReadOnlyList<string>? FeatureNames { get; }

    /// <summary>SHA-256 of all that decides the values, 64 hexadecimal digits: same values, same hash. Names do not count.</summary>
    public string ContentHash => _contentHash.Value;

    /// <summary>The function that a noisy game disturbs; the game itself where it has no noise.</summary>
    public virtual Game Noiseless => this;

    /// <summary>f(m) for a mask laid out as a <see cref="MaskMatrix"/> row.</summary>
    public abstract double Evaluate(ReadOnlySpan<ulong> mask);

    /// <summary>f(m) of many masks, with the same bits as one by one.</summary>
    /// <param name="masks">values.Length × ⌈n/64⌉ words, laid out as in a <see cref="MaskMatrix"/>.</param>
    /// <param name="values">Takes one value a mask.</param>
    /// <exception cref="ArgumentException">There are not ⌈n/64⌉ words a value.</exception>
    public void Evaluate(ReadOnlySpan<ulong> masks, Span<double> values)
    {
        long words = (long)values.Length * MaskMatrix.WordsFor(FeatureCount);
        if (masks.Length != words)
        {
            throw new ArgumentException($"{values.Length} masks of {FeatureCount} features take {words} words; {masks.Length} were given.", nameof(masks));
        }

        EvaluateMany(masks, values);
    }

    /// <summary>f(m) of every row.</summary>
    public double[] Evaluate(MaskMatrix masks)
    {
        ArgumentNullException.ThrowIfNull(masks);
        if (masks.FeatureCount != FeatureCount)
        {
            throw new ArgumentException($"The game has {FeatureCount} features, the masks {masks.FeatureCount}.", nameof(masks));
        }

        double[] values = new double[masks.RowCount];
        EvaluateMany(masks.Words, values);
        return values;
    }

    /// <summary>f(m) of many masks; override it where many at once are cheaper, keeping the bits.</summary>
    protected virtual void EvaluateMany(ReadOnlySpan<ulong> masks, Span<double> values)
    {
        int words = MaskMatrix.WordsFor(FeatureCount);
        for (int row = 0; row < values.Length; row++)
        {
            values[row] = Evaluate(masks.Slice(row * words, words));
        }
    }

    /// <summary>Writes all that decides the values, in one order, to what <see cref="ContentHash"/> is made of.</summary>
    private protected abstract void WriteContent(ContentWriter content);

    /// <summary>Refuses a number that is NaN or infinite.</summary>
    private protected static double Finite(double number, string what) =>
        double.IsFinite(number) ? number : throw new SpexInputException($"{what} is {number}; a game's numbers are finite. Correct or leave out the number.");
}
