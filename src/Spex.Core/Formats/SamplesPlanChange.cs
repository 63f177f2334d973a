namespace Spex.Core.Formats;

/// <summary>A change of the batch plan within a samples file: memory was short, and batches became smaller.</summary>
/// <param name="FirstIndex">The run's number of the first mask that the change holds for.</param>
/// <param name="BatchSize">Masks in a batch from there on.</param>
public readonly record struct SamplesPlanChange(long FirstIndex, int BatchSize);
