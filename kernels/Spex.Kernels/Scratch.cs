using ILGPU;

namespace Spex.Kernels;

/// <summary>A thread's own array in shared memory: number k of lane l lies at k·32 + l, so that a warp meets no bank twice. Indexed arrays would be local memory otherwise.</summary>
internal readonly struct Scratch(ArrayView<int> memory, int lane)
{
    /// <summary>Lanes that share the memory.</summary>
    public const int Lanes = 32;

    private readonly ArrayView<int> _memory = memory;
    private readonly int _lane = lane;

    public int Get(int k) => _memory[(k * Lanes) + _lane];

    public void Set(int k, int value) => _memory[(k * Lanes) + _lane] = value;

    public void Xor(int k, int value) => _memory[(k * Lanes) + _lane] ^= value;
}
