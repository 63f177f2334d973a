using System.Reflection;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;

namespace Spex.Kernels.Tests;

/// <summary>What a compiler of ILGPU makes of loads before stores and barriers, with the order kept and without.</summary>
public sealed class MemoryOrderTests
{
    [Theory]
    [InlineData(nameof(Exchange), "st.global")]
    [InlineData(nameof(LoadBeforeBarrier), "bar.sync")]
    public void Loads_come_before_what_follows_them(string kernel, string follower)
    {
        string ptx = Compile(kernel, backend => backend.KeepMemoryOrder());
        Assert.InRange(ptx.LastIndexOf("ld.global", StringComparison.Ordinal), 1, ptx.IndexOf(follower, StringComparison.Ordinal));

        // Once ILGPU keeps the order itself, the class has nothing left to do.
        string asItIs = Compile(kernel, backend => backend);
        Assert.True(asItIs.LastIndexOf("ld.global", StringComparison.Ordinal) > asItIs.IndexOf(follower, StringComparison.Ordinal), "ILGPU keeps the order: MemoryOrder can go.");
    }

    private static void Exchange(ArrayView<int> values, int count)
    {
        int sum = 0;
        for (int i = 0; i < count; i++)
        {
            int old = values[i];
            values[i] = sum;
            sum += old;
        }
    }

    private static void LoadBeforeBarrier(ArrayView<double> values, ArrayView<double> tried, double least)
    {
        for (long i = Grid.IdxX; i < values.Length; i += Grid.DimX)
        {
            double value = values[i], last = tried[i];
            bool isDue = value > least && Math.Abs(value - last) > least * last;
            Group.Barrier();
            if (Group.IdxX == 0)
            {
                tried[i] = isDue ? value : last;
            }

            if (isDue)
            {
                values[i] = Group.IdxX;
            }
        }
    }

    private static string Compile(string kernel, Func<PTXBackend, PTXBackend> prepare)
    {
        using Context context = Context.Create(builder => builder.DefaultCPU().Optimize(OptimizationLevel.O2));
        using PTXBackend backend = prepare(new PTXBackend(context, new CudaCapabilityContext(CudaArchitecture.SM_90), CudaArchitecture.SM_90, CudaInstructionSet.ISA_78, null));
        MethodInfo method = typeof(MemoryOrderTests).GetMethod(kernel, BindingFlags.NonPublic | BindingFlags.Static)!;
        return ((PTXCompiledKernel)backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(method), KernelSpecialization.Empty)).PTXAssembly;
    }
}
