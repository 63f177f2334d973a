namespace Spex.Kernels;

/// <summary>How far a run's tree has grown.</summary>
/// <param name="Active">1 while leaves may be split, else 0.</param>
/// <param name="Scan">1 where the leaves of the last split may be split again and so need a histogram, else 0.</param>
/// <param name="Leaves">Leaves so far, 1 to M; the last split's present side is the last of them.</param>
/// <param name="Split">The leaf that was split last, now its absent side.</param>
/// <param name="Summed">Which of the two sides is summed: the one with fewer training samples, of two equal ones the absent one.</param>
public readonly record struct TreeState(int Active, int Scan, int Leaves, int Split, int Summed);
