using Spex.Core.SignMatrices;

namespace Spex.Engine.Devices;

/// <summary>What a <see cref="RegressionPath"/> fits; the buffers belong to the caller and must live as long as the path.</summary>
/// <param name="Columns">p columns of the sets' characters, laid out as <see cref="SignMatrix"/> says; the first is the constant's.</param>
/// <param name="SetCount">p, 1 or more.</param>
/// <param name="SampleCount">N.</param>
/// <param name="Values">N values y.</param>
/// <param name="Boundaries">F + 1 ascending boundaries from 0 to N: fold f is samples [boundaries[f], boundaries[f+1]), none empty.</param>
/// <param name="Weights">What the threshold is multiplied with for each set; 0 for the first.</param>
/// <param name="Denied">For each fold the sets that its problem may not use; null where all are allowed in all.</param>
public sealed record RegressionProblem(
    DeviceBuffer<ulong> Columns, int SetCount, int SampleCount, DeviceBuffer<double> Values, int[] Boundaries, double[] Weights, IReadOnlyList<bool[]>? Denied);
