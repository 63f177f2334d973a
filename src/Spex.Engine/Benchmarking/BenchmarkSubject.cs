using Spex.Core.Games;
using Spex.Engine.ValueFunctions;

namespace Spex.Engine.Benchmarking;

/// <summary>A value function on which methods are compared.</summary>
/// <param name="Name">What it is called in tables.</param>
/// <param name="Function">The function.</param>
/// <param name="Game">The game behind it, whose noiseless form and true terms the methods are judged by; null where it is a model.</param>
public sealed record BenchmarkSubject(string Name, IValueFunction Function, Game? Game = null);
