namespace Spex.Reports;

/// <summary>A picture whose features are patches or superpixels.</summary>
/// <param name="Png">The picture, encoded as PNG.</param>
/// <param name="Width">Its width in pixels.</param>
/// <param name="Height">Its height in pixels.</param>
/// <param name="Labels">Width × Height, row after row: the feature that each pixel belongs to.</param>
public sealed record SubjectImage(ReadOnlyMemory<byte> Png, int Width, int Height, IReadOnlyList<int> Labels);
