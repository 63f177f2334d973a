namespace Spex.Engine.Explaining;

/// <summary>How far the ablations of a run are.</summary>
/// <param name="Done">Ablations whose value is known, evaluated or taken from a samples file.</param>
/// <param name="Total">Ablations of the run.</param>
/// <param name="Rate">Ablations evaluated per second so far; 0 while none was.</param>
/// <param name="Remaining">Time left at that rate; null while it is not known.</param>
public readonly record struct AblationProgress(long Done, long Total, double Rate, TimeSpan? Remaining);
