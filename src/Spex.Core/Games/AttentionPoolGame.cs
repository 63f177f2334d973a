using System.Numerics;

namespace Spex.Core.Games;

/// <summary>
/// Attention that pools the vectors of the present features, with a null token of score 0 and vector 0:
/// w_i = m_i·exp(score_i), z = Σ w_i·vec_i / (1 + Σ w_i), f(m) = u · tanh(zW).
/// </summary>
public sealed class AttentionPoolGame : Game
{
    private readonly double[] _scores;
    private readonly double[][] _vectors;
    private readonly double[][] _mixing;
    private readonly double[] _readout;
    private readonly double[] _weights;
    private readonly double[][] _weighted;

    /// <summary>Makes the game; the arrays are kept, not copied.</summary>
    /// <param name="scores">score: n numbers.</param>
    /// <param name="vectors">vec: n rows of d numbers.</param>
    /// <param name="mixing">W: d rows of h numbers.</param>
    /// <param name="readout">u: h numbers.</param>
    /// <param name="featureNames">n names, or null.</param>
    /// <exception cref="SpexInputException">The shapes do not fit, or a number is NaN or infinite.</exception>
    public AttentionPoolGame(double[] scores, double[][] vectors, double[][] mixing, double[] readout, IReadOnlyList<string>? featureNames = null)
        : base(scores?.Length ?? throw new ArgumentNullException(nameof(scores)), featureNames)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        ArgumentNullException.ThrowIfNull(mixing);
        ArgumentNullException.ThrowIfNull(readout);
        _scores = GameShapes.Vector("score", scores, FeatureCount);
        _vectors = GameShapes.Matrix("vec", vectors, FeatureCount, mixing.Length);
        _mixing = GameShapes.Matrix("W", mixing, mixing.Length, readout.Length);
        _readout = GameShapes.Vector("u", readout, readout.Length);
        _weights = [.. scores.Select((score, i) => Finite(Math.Exp(score), $"exp(score) of feature {i}"))];
        _weighted = [.. vectors.Select((vector, i) => vector.Select(x => _weights[i] * x).ToArray())];
    }

    /// <summary>score: n numbers.</summary>
    internal double[] Scores => _scores;

    /// <summary>vec: n rows of d numbers.</summary>
    internal double[][] Vectors => _vectors;

    /// <summary>W: d rows of h numbers.</summary>
    internal double[][] Mixing => _mixing;

    /// <summary>u: h numbers.</summary>
    internal double[] Readout => _readout;

    /// <inheritdoc/>
    public override double Evaluate(ReadOnlySpan<ulong> mask)
    {
        Span<double> pooled = _mixing.Length <= 256 ? stackalloc double[_mixing.Length] : new double[_mixing.Length];
        pooled.Clear();
        double total = 1;
        for (int word = 0; word < mask.Length; word++)
        {
            for (ulong bits = mask[word]; bits != 0; bits &= bits - 1)
            {
                int feature = (word << 6) + BitOperations.TrailingZeroCount(bits);
                total += _weights[feature];
                GameShapes.Add(_weighted[feature], pooled);
            }
        }

        Span<double> hidden = _readout.Length <= 256 ? stackalloc double[_readout.Length] : new double[_readout.Length];
        hidden.Clear();
        for (int d = 0; d < pooled.Length; d++)
        {
            double z = pooled[d] / total;
            double[] row = _mixing[d];
            for (int unit = 0; unit < hidden.Length; unit++)
            {
                hidden[unit] += z * row[unit];
            }
        }

        double value = 0;
        for (int unit = 0; unit < hidden.Length; unit++)
        {
            value += _readout[unit] * Math.Tanh(hidden[unit]);
        }

        return value;
    }

    /// <inheritdoc/>
    private protected override void WriteContent(ContentWriter content)
    {
        content.Add(_scores);
        foreach (double[] row in _vectors)
        {
            content.Add(row);
        }

        foreach (double[] row in _mixing)
        {
            content.Add(row);
        }

        content.Add(_readout);
    }
}
