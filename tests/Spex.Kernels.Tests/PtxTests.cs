using System.Text.RegularExpressions;
using ILGPU.Runtime.Cuda;

namespace Spex.Kernels.Tests;

/// <summary>Every kernel there is, compiled to PTX without a GPU. They are found by reflection: a new kernel cannot be forgotten.</summary>
public sealed class PtxTests
{
    public static TheoryData<string> Kernels => [.. PtxCompiler.Kernels.Select(PtxCompiler.NameOf)];

    [Fact]
    public void There_are_kernels_in_every_family() =>
        Assert.Equal(
            typeof(HadamardKernels).Assembly.GetExportedTypes().Where(type => type.Name.EndsWith("Kernels", StringComparison.Ordinal)).OrderBy(type => type.Name),
            PtxCompiler.Kernels.Select(kernel => kernel.DeclaringType!).Distinct());

    [Theory]
    [MemberData(nameof(Kernels))]
    public void A_kernel_compiles_for_Ampere_and_Hopper(string name)
    {
        foreach ((_, CudaArchitecture architecture, CudaInstructionSet instructionSet) in PtxCompiler.Targets)
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
    [InlineData("RegisterHadamardKernels.WarpTile", "shfl.sync.bfly", 32)]
    [InlineData("RegisterHadamardKernels.WarpTile", "ld.global.v4", 8)]
    [InlineData("RegisterHadamardKernels.GroupTile", "st.shared.v4", 8)]
    [InlineData("RegisterHadamardKernels.StridedTile", "st.global.v4", 8)]
    public void The_instructions_that_a_kernel_is_built_on_are_there(string name, string instruction, int least) =>
        Assert.InRange(Compile(name, CudaArchitecture.SM_90, CudaInstructionSet.ISA_78).Split(instruction).Length - 1, least, int.MaxValue);

    private static string Compile(string name, CudaArchitecture architecture, CudaInstructionSet instructionSet) =>
        PtxCompiler.Compile(PtxCompiler.Kernels.Single(kernel => PtxCompiler.NameOf(kernel) == name), architecture, instructionSet);
}
