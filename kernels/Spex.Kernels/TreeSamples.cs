using ILGPU;

namespace Spex.Kernels;

/// <summary>What stays on the device while boosting runs come and go.</summary>
/// <remarks>Numbers of samples lie so that sample 64·w + j is entry j·W + w: threads that take words side by side read numbers side by side.</remarks>
/// <param name="Columns">n × W words: bit j of word w of a column is sample 64·w + j.</param>
/// <param name="Rows">The same words, W × n: threads that take features side by side read words side by side.</param>
/// <param name="Values">Functions × 64·W fixed-point values.</param>
/// <param name="Residuals">Slots × 64·W residuals.</param>
/// <param name="Training">(Folds + 1) × W words: the samples that trees see without each fold, and all.</param>
/// <param name="Shifts">For each slot the shift of the next tree's gradients.</param>
/// <param name="Ended">For each slot whether its run has ended, 1 or 0.</param>
public readonly record struct TreeSamples(
    ArrayView<ulong> Columns, ArrayView<ulong> Rows, ArrayView<int> Values, ArrayView<int> Residuals, ArrayView<ulong> Training, ArrayView<int> Shifts, ArrayView<int> Ended);
