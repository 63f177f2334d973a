using Spex.Core.Trees;

namespace Spex.Engine.Decoding;

/// <summary>How far one configuration of a <see cref="ProxySearch"/> came.</summary>
/// <param name="Settings">How its trees grow.</param>
/// <param name="BestTreeCount">The number of trees with the smallest out-of-fold error.</param>
/// <param name="SquaredError">That error, Σ (y − ŷ)².</param>
/// <param name="GrownTrees">Trees that were grown in each fold, at most.</param>
internal sealed record ProxyConfigurationResult(BoostingSettings Settings, int BestTreeCount, double SquaredError, int GrownTrees);
