using ILGPU;

namespace Spex.Kernels;

/// <summary>What R runs need while they grow; the sizes are those of <see cref="TreeShape"/>.</summary>
/// <param name="Runs">R runs.</param>
/// <param name="States">R states.</param>
/// <param name="Leaves">R × M leaves.</param>
/// <param name="LeafSets">R × M × W words: a leaf's samples, held out or not.</param>
/// <param name="Planes">R × 4D × W words: bit k of the training samples' gradients, which are numbers of 4D bits in two's complement; the last plane is worth −2^(4D − 1).</param>
/// <param name="Parts">Chunks × R × D × n: histograms of the chunks' words.</param>
/// <param name="Bins">R × M × D × n: the leaves' histograms, the lowest digit first.</param>
/// <param name="Offers">R × 2 × tiles: best splits of the last split's absent and present side.</param>
/// <param name="LeafSums">R × M × <see cref="TreeKernels.LeafParts"/> sums of training residuals.</param>
/// <param name="Squares">R × W × 2: squared errors of a word's held-out and of its training samples.</param>
/// <param name="Largest">R × W: the largest absolute training residual of a word.</param>
/// <param name="Records">R × trees × <see cref="TreeShape.RecordLength"/> numbers.</param>
/// <param name="Errors">R × trees × 2: the held-out samples' squared error after a tree, its upper bits and its lower 32.</param>
public readonly record struct TreeGrowth(
    ArrayView<TreeRun> Runs,
    ArrayView<TreeState> States,
    ArrayView<TreeLeaf> Leaves,
    ArrayView<ulong> LeafSets,
    ArrayView<ulong> Planes,
    ArrayView<TreeBin> Parts,
    ArrayView<TreeBin> Bins,
    ArrayView<TreeOffer> Offers,
    ArrayView<long> LeafSums,
    ArrayView<ulong> Squares,
    ArrayView<int> Largest,
    ArrayView<int> Records,
    ArrayView<ulong> Errors);
