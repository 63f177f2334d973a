using Spex.Core.Spectra;

namespace Spex.Engine.Decoding;

/// <summary>What a <see cref="SparseRefit"/> came to: one fit a fold without that fold's samples, and the last on all samples.</summary>
/// <param name="Fits">Coefficients of standardised values that are not 0, the constant's first; F + 1 lists.</param>
/// <param name="SquaredError">Σ (y − ŷ)² of standardised values, each predicted by the fit that did not see it.</param>
/// <param name="Threshold">The threshold that was chosen; 0 where there was none.</param>
internal sealed record SparseFit(IReadOnlyList<SpectrumTerm[]> Fits, double SquaredError, double Threshold = 0)
{
    /// <summary>The fit on all samples.</summary>
    public SpectrumTerm[] Full => Fits[^1];
}
