namespace Spex.Engine.Decoding;

/// <summary>
/// Squared errors on samples that the fit did not see, in blocks: Σ(y − ŷ)² and Σ(y − ȳ)² of each block. A block is one sample, or samples
/// that a design ties together; the bootstrap resamples blocks.
/// </summary>
/// <param name="Residual">Σ(y − ŷ)² of each block.</param>
/// <param name="Total">Σ(y − ȳ)² of each block, ȳ the mean of all samples.</param>
/// <param name="SampleCount">Samples in all blocks.</param>
public sealed record OutOfFoldErrors(double[] Residual, double[] Total, long SampleCount)
{
    /// <summary>R² = 1 − Σ residual / Σ total; 1 when both are 0.</summary>
    public double R2
    {
        get
        {
            double residual = Residual.Sum(), total = Total.Sum();
            return residual == 0 ? 1 : 1 - (residual / total);
        }
    }
}
