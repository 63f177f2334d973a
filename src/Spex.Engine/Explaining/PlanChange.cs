namespace Spex.Engine.Explaining;

/// <summary>A change of the batch plan in the middle of a run: memory was short, and batches were made smaller.</summary>
/// <param name="FirstIndex">The first mask that the change holds for.</param>
/// <param name="BatchSize">Masks in a batch from there on.</param>
public readonly record struct PlanChange(long FirstIndex, int BatchSize);
