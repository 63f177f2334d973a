using Spex.Core.Spectra;

namespace Spex.Engine.Decoding;

/// <summary>What a decoder found, and how well it predicts samples that the fit did not see.</summary>
/// <param name="Spectrum">The spectrum.</param>
/// <param name="OutOfFold">Squared errors on samples that were left out of the fit; null for an exact decode, which has none.</param>
/// <param name="Timings">Seconds of each part, in the order in which they ran: ("transform and peeling", 0.01), …</param>
public sealed record Decoded(Spectrum Spectrum, OutOfFoldErrors? OutOfFold, IReadOnlyList<(string Part, double Seconds)> Timings)
{
    /// <summary>The fits that were compared, in the order in which they were tried; none where there was no choice.</summary>
    public IReadOnlyList<Trial> Trials { get; init; } = [];
}
