using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using ILGPU.Backends;
using ILGPU.IR;
using ILGPU.IR.Transformations;
using ILGPU.IR.Values;

namespace Spex.Kernels;

/// <summary>Makes ILGPU's compilers keep the order of loads, stores and barriers that a kernel states.</summary>
/// <remarks>
/// At its highest level ILGPU 1.5.3 moves values next to their uses, loads too, and looks neither for a store to the same place nor for a barrier in between: of `old = x[i]; x[i] = sum; sum += old;`
/// the load comes last, and of a load before a barrier and a store behind it either may come first. The lower level has no such pass, but also does not find out which pointers are global and which
/// shared. So the pass is given a rule by which it leaves alone what has to do with memory. Shuffles may move: were they kept, all of a transform's would come before the sums that take them, and fill the
/// registers.
/// </remarks>
public static class MemoryOrder
{
    /// <summary>Makes a compiler keep the order; before it compiles its first kernel.</summary>
    /// <param name="backend">A compiler of ILGPU at <see cref="ILGPU.OptimizationLevel.O2"/>; at lower levels nothing changes.</param>
    /// <returns>The compiler.</returns>
    public static TBackend KeepMemoryOrder<TBackend>(this TBackend backend)
        where TBackend : Backend
    {
        ArgumentNullException.ThrowIfNull(backend);
        SetKernelTransformers(backend, [.. GetKernelTransformers(backend).Select(Keep)]);
        return backend;
    }

    private static Transformer Keep(Transformer transformer) => Transformer.Create(
        transformer.Configuration,
        [.. transformer.Transformations.Select(pass => pass is CodePlacement { Mode: CodePlacementMode.Aggressive } ? new CodePlacement<OperandsWithoutMemory>(CodePlacementMode.Aggressive) : pass)]);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_KernelTransformers")]
    private static extern ImmutableArray<Transformer> GetKernelTransformers(Backend backend);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_KernelTransformers")]
    private static extern void SetKernelTransformers(Backend backend, ImmutableArray<Transformer> transformers);

    /// <summary>Places operands as <see cref="CodePlacement.GroupOperands"/> does, but those with an effect, or that see others' effects, stay where they are.</summary>
    private struct OperandsWithoutMemory : CodePlacement.IPlacementStrategy
    {
        private CodePlacement.GroupOperands _operands;

        public readonly int Count => _operands.Count;

        public void Init(int capacity) => _operands.Init(capacity);

        public readonly void Push(in CodePlacement.PlacementEntry entry) => _operands.Push(entry);

        public readonly CodePlacement.PlacementEntry Pop() => _operands.Pop();

        public readonly void EnqueueChildren<TMover>(in TMover mover, in CodePlacement.PlacementEntry entry)
            where TMover : struct, CodePlacement.IMover
        {
            foreach (Value operand in entry.Value)
            {
                CodePlacement.PlacementEntry moved = new(operand, entry.Block);
                if (operand is not SideEffectValue or WarpShuffle && mover.CanMove(moved))
                {
                    Push(moved);
                }
            }
        }
    }
}
