namespace Spex.Kernels;

/// <summary>The sizes of boosting runs that grow together.</summary>
/// <param name="Samples">N.</param>
/// <param name="Words">W = ⌈N/64⌉.</param>
/// <param name="Features">n, 1 or more.</param>
/// <param name="Runs">R: runs that grow.</param>
/// <param name="MostLeaves">M: the most leaves of any of their trees, 2 to 255.</param>
/// <param name="ChunkWords">Words that one thread of <see cref="TreeKernels.Sum"/> takes.</param>
/// <param name="Digits">D: digits of a gradient, four bits each, 1 to 8; one where all runs' gradients are quantized.</param>
/// <param name="Trees">Trees whose records there is room for.</param>
public readonly record struct TreeShape(int Samples, int Words, int Features, int Runs, int MostLeaves, int ChunkWords, int Digits, int Trees)
{
    /// <summary>Parts of a histogram, ⌈W / <see cref="ChunkWords"/>⌉.</summary>
    public int Chunks => (Words + ChunkWords - 1) / ChunkWords;

    /// <summary>Groups of features whose best split is sought together.</summary>
    public int Tiles => (Features + TreeKernels.TileFeatures - 1) / TreeKernels.TileFeatures;

    /// <summary>Numbers of a tree's record: its leaves, M − 1 splits (leaf and feature), M steps.</summary>
    public int RecordLength => (3 * MostLeaves) - 1;

    /// <summary>Where a record's steps begin.</summary>
    public int FirstStep => (2 * MostLeaves) - 1;
}
