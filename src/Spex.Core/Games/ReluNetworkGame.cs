using System.Numerics;

namespace Spex.Core.Games;

/// <summary>A network with one hidden layer over the mask's bits: f(m) = b₂ + w₂ · relu(b₁ + mA).</summary>
public sealed class ReluNetworkGame : Game
{
    private readonly double[][] _inputWeights;
    private readonly double[] _inputBias;
    private readonly double[] _outputWeights;

    /// <summary>Makes the game; the arrays are kept, not copied.</summary>
    /// <param name="inputWeights">A: n rows of h weights.</param>
    /// <param name="inputBias">b₁: h numbers.</param>
    /// <param name="outputWeights">w₂: h numbers.</param>
    /// <param name="outputBias">b₂.</param>
    /// <param name="featureNames">n names, or null.</param>
    /// <exception cref="SpexInputException">The shapes do not fit, or a number is NaN or infinite.</exception>
    public ReluNetworkGame(double[][] inputWeights, double[] inputBias, double[] outputWeights, double outputBias, IReadOnlyList<string>? featureNames = null)
        : base(inputWeights?.Length ?? throw new ArgumentNullException(nameof(inputWeights)), featureNames)
    {
        ArgumentNullException.ThrowIfNull(inputBias);
        ArgumentNullException.ThrowIfNull(outputWeights);
        _inputBias = GameShapes.Vector("b1", inputBias, inputBias.Length);
        _outputWeights = GameShapes.Vector("w2", outputWeights, inputBias.Length);
        _inputWeights = GameShapes.Matrix("A", inputWeights, FeatureCount, inputBias.Length);
        OutputBias = Finite(outputBias, "b2");
    }

    /// <summary>b₂.</summary>
    public double OutputBias { get; }

    /// <summary>A: n rows of h weights.</summary>
    internal double[][] InputWeights => _inputWeights;

    /// <summary>b₁: h numbers.</summary>
    internal double[] InputBias => _inputBias;

    /// <summary>w₂: h numbers.</summary>
    internal double[] OutputWeights => _outputWeights;

    /// <inheritdoc/>
    public override double Evaluate(ReadOnlySpan<ulong> mask)
    {
        Span<double> hidden = _inputBias.Length <= 256 ? stackalloc double[_inputBias.Length] : new double[_inputBias.Length];
        _inputBias.CopyTo(hidden);
        for (int word = 0; word < mask.Length; word++)
        {
            for (ulong bits = mask[word]; bits != 0; bits &= bits - 1)
            {
                GameShapes.Add(_inputWeights[(word << 6) + BitOperations.TrailingZeroCount(bits)], hidden);
            }
        }

        double value = OutputBias;
        for (int unit = 0; unit < hidden.Length; unit++)
        {
            value += _outputWeights[unit] * Math.Max(0, hidden[unit]);
        }

        return value;
    }

    /// <inheritdoc/>
    private protected override void WriteContent(ContentWriter content)
    {
        foreach (double[] row in _inputWeights)
        {
            content.Add(row);
        }

        content.Add(_inputBias);
        content.Add(_outputWeights);
        content.Add(OutputBias);
    }
}
