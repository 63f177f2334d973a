using Spex.Core.Spectra;

namespace Spex.Engine.Decoding;

/// <summary>A term that was found.</summary>
/// <param name="Function">In the bins of which function, by its number.</param>
/// <param name="Set">Its set.</param>
/// <param name="Coefficient">Its coefficient, of standardised values.</param>
internal readonly record struct FoundTerm(int Function, FeatureSet Set, double Coefficient);
