using System.Reflection;
using System.Text.RegularExpressions;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;

namespace Spex.Kernels.Tests;

/// <summary>Every kernel there is, compiled to PTX without a GPU. They are found by reflection: a new kernel cannot be forgotten.</summary>
public sealed class PtxTests
{
    // ILGPU gives its code a .target of sm_80 at most; the driver compiles upwards.
    private static readonly (CudaArchitecture Architecture, CudaInstructionSet InstructionSet)[] Targets =
    [
        (CudaArchitecture.SM_80, CudaInstructionSet.ISA_70),
        (CudaArchitecture.SM_90, CudaInstructionSet.ISA_78),
    ];

    public static TheoryData<string> Kernels => [.. AllKernels().Select(kernel => $"{kernel.DeclaringType!.Name}.{kernel.Name}")];

    [Fact]
    public void There_are_kernels_in_every_family() =>
        Assert.Equal(
            typeof(HadamardKernels).Assembly.GetExportedTypes().Where(type => type.Name.EndsWith("Kernels", StringComparison.Ordinal)),
            AllKernels().Select(kernel => kernel.DeclaringType!).Distinct());

    [Theory]
    [MemberData(nameof(Kernels))]
    public void A_kernel_compiles_for_Ampere_and_Hopper(string name)
    {
        foreach ((CudaArchitecture architecture, CudaInstructionSet instructionSet) in Targets)
        {
            string ptx = Compile(name, architecture, instructionSet);
            Assert.Contains(".visible .entry", ptx);

            // What is in no register file is slow, and what is called is missing: no local memory, no function without a body.
            Assert.DoesNotContain(".local", ptx);
            Assert.DoesNotContain(".extern", ptx);

            // Every access says which memory it means; a generic one finds out at run time.
            Assert.DoesNotMatch(new Regex(@"\b(ld|st)\.(v[24]\.)?[busf]\d", RegexOptions.None, TimeSpan.FromSeconds(10)), ptx);

            // The order of additions is the same everywhere only where nothing is contracted.
            Assert.DoesNotMatch(new Regex(@"\bfma\.", RegexOptions.None, TimeSpan.FromSeconds(10)), ptx);
        }
    }

    [Theory]
    [InlineData("MaskKernels.ExpandToFloats")]
    [InlineData("MaskKernels.ExpandToBFloats")]
    [InlineData("MaskKernels.ExpandToBytes")]
    public void Expansions_store_sixteen_bytes_at_once(string name) =>
        Assert.Contains("st.global.v4", Compile(name, CudaArchitecture.SM_90, CudaInstructionSet.ISA_78));

    [Theory]
    [InlineData("SignMatrixKernels.Gram", "popc.b64", 16)]
    [InlineData("HadamardKernels.LargeTile", "bar.sync", 1)]
    public void The_instructions_that_a_kernel_is_built_on_are_there(string name, string instruction, int least) =>
        Assert.InRange(Compile(name, CudaArchitecture.SM_90, CudaInstructionSet.ISA_78).Split(instruction).Length - 1, least, int.MaxValue);

    private static IEnumerable<MethodInfo> AllKernels() =>
        from type in typeof(HadamardKernels).Assembly.GetExportedTypes()
        where type.IsAbstract && type.IsSealed
        from method in type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly)
        where method.ReturnType == typeof(void)
        select method;

    // The largest group that the kernel is launched with.
    private static int ThreadsOf(MethodInfo kernel) => kernel.Name == nameof(HadamardKernels.LargeTile) ? 1024 : 256;

    // As devices compile, and a context a kernel: what one leaves behind must not change another.
    private static string Compile(string name, CudaArchitecture architecture, CudaInstructionSet instructionSet)
    {
        MethodInfo kernel = AllKernels().Single(kernel => $"{kernel.DeclaringType!.Name}.{kernel.Name}" == name);
        using Context context = Context.Create(builder => builder.DefaultCPU().Optimize(OptimizationLevel.O2));
        using PTXBackend backend = new(context, new CudaCapabilityContext(architecture), architecture, instructionSet, null);
        PTXCompiledKernel compiled = (PTXCompiledKernel)backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(kernel), new KernelSpecialization(ThreadsOf(kernel), null));
        return compiled.PTXAssembly;
    }
}
