namespace Spex.Kernels;

/// <summary>Sixteen bytes, which a thread stores at once.</summary>
/// <remarks>With a size given by an attribute, ILGPU 1.5.3 copies the first field only.</remarks>
internal readonly struct Quad(uint a, uint b, uint c, uint d)
{
    public readonly uint A = a;
    public readonly uint B = b;
    public readonly uint C = c;
    public readonly uint D = d;
}
