using System.Collections.Concurrent;
using System.Reflection;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;

namespace Spex.Kernels.Tests;

/// <summary>Every kernel there is, found by reflection, and its PTX, compiled without a GPU as devices compile it.</summary>
internal static class PtxCompiler
{
    private static readonly ConcurrentDictionary<(MethodInfo Kernel, CudaArchitecture Architecture), Lazy<string>> Compiled = new();

    /// <summary>What kernels are compiled for, by the names that ptxas has for them. ILGPU gives its code a .target of sm_80 at most; the driver compiles upwards.</summary>
    public static (string Name, CudaArchitecture Architecture, CudaInstructionSet InstructionSet)[] Targets { get; } =
    [
        ("sm_80", CudaArchitecture.SM_80, CudaInstructionSet.ISA_70),
        ("sm_90", CudaArchitecture.SM_90, CudaInstructionSet.ISA_78),
    ];

    /// <summary>All kernels: the public static methods without a result of the public static classes.</summary>
    public static IReadOnlyList<MethodInfo> Kernels { get; } =
    [
        .. from type in typeof(HadamardKernels).Assembly.GetExportedTypes()
           where type.IsAbstract && type.IsSealed
           from method in type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly)
           where method.ReturnType == typeof(void)
           orderby type.Name, method.Name
           select method,
    ];

    /// <summary>A kernel's name: its class and method.</summary>
    public static string NameOf(MethodInfo kernel) => $"{kernel.DeclaringType!.Name}.{kernel.Name}";

    /// <summary>The largest group that a kernel is launched with.</summary>
    public static int ThreadsOf(MethodInfo kernel) => kernel.Name switch
    {
        nameof(HadamardKernels.LargeTile) => 1024,
        nameof(CodeKernels.Decode) => CodeKernels.DecodeThreads,
        _ => 256,
    };

    /// <summary>Groups of a kernel that a multiprocessor shall hold at once; null where its launch does not say.</summary>
    public static int? GroupsOf(MethodInfo kernel) => kernel.DeclaringType == typeof(RegisterHadamardKernels) ? 4 : kernel.Name == nameof(TreeKernels.Choose) ? 1 : null;

    /// <summary>A kernel's PTX.</summary>
    public static string Compile(MethodInfo kernel, CudaArchitecture architecture, CudaInstructionSet instructionSet) =>
        Compiled.GetOrAdd((kernel, architecture), _ => new Lazy<string>(() => CompileAnew(kernel, architecture, instructionSet))).Value;

    // A context a kernel: what one leaves behind must not change another.
    private static string CompileAnew(MethodInfo kernel, CudaArchitecture architecture, CudaInstructionSet instructionSet)
    {
        using Context context = Context.Create(builder => builder.DefaultCPU().Optimize(OptimizationLevel.O2));
        using PTXBackend backend = new(context, new CudaCapabilityContext(architecture), architecture, instructionSet, null);
        backend.KeepMemoryOrder();
        KernelSpecialization bounds = new(ThreadsOf(kernel), GroupsOf(kernel));
        return ((PTXCompiledKernel)backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(kernel), bounds)).PTXAssembly;
    }
}
