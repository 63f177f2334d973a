using Spex.Core.Designs;

namespace Spex.Core.Games;

/// <summary>A game given by all its 2^n values.</summary>
public sealed class TableGame : Game
{
    private readonly double[] _values;

    /// <summary>Makes the game; the array is kept, not copied.</summary>
    /// <param name="values">2^n values, n from 0 to <see cref="ExhaustiveDesign.FeatureLimit"/>; entry k is f of the mask whose bit i is bit i of k.</param>
    /// <param name="featureNames">n names, or null.</param>
    /// <exception cref="SpexInputException">The length is no power of two, or a value is NaN or infinite.</exception>
    public TableGame(double[] values, IReadOnlyList<string>? featureNames = null)
        : base(FeatureCountOf(values), featureNames)
    {
        for (int index = 0; index < values.Length; index++)
        {
            Finite(values[index], $"Value {index} of the table");
        }

        _values = values;
    }

    /// <summary>The values; entry k is f of the mask with the bits of k.</summary>
    public ReadOnlySpan<double> Values => _values;

    /// <inheritdoc/>
    public override double Evaluate(ReadOnlySpan<ulong> mask) => _values[mask.Length == 0 ? 0 : mask[0]];

    /// <inheritdoc/>
    private protected override void WriteContent(ContentWriter content) => content.Add(_values);

    private static int FeatureCountOf(double[] values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (!System.Numerics.BitOperations.IsPow2(values.Length))
        {
            throw new SpexInputException(
                $"The table has {values.Length} values; a table of n features has 2^n, n from 0 to {ExhaustiveDesign.FeatureLimit}. Give a value for every mask.");
        }

        return System.Numerics.BitOperations.Log2((uint)values.Length);
    }
}
