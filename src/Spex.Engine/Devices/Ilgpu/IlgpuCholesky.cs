using ILGPU;
using ILGPU.Runtime;
using Spex.Engine.Devices.Cpu.Regression;
using Spex.Kernels;

namespace Spex.Engine.Devices.Ilgpu;

/// <summary>The factor of a symmetric positive definite matrix on an accelerator, and what it solves. To the host comes a flag a factor.</summary>
/// <remarks>Pivots and jitter are those of the host's <see cref="CholeskyFactor"/>.</remarks>
internal sealed class IlgpuCholesky(IlgpuDevice device)
{
    private Action<KernelConfig, ArrayView<int>, ArrayView<double>, long, int>? _signGram;
    private Action<KernelConfig, ArrayView<double>, ArrayView<double>, ArrayView<int>, FactorStep>? _factorColumn;
    private Action<KernelConfig, ArrayView<double>, ArrayView<double>, ArrayView<double>, int>? _solve;

    /// <summary>XᵀX of characters.</summary>
    /// <param name="columns">p columns.</param>
    /// <param name="count">p.</param>
    /// <param name="sampleCount">N.</param>
    /// <param name="gram">Takes p² numbers.</param>
    public void SignGram(DeviceBuffer<ulong> columns, int count, int sampleCount, DeviceBuffer<double> gram)
    {
        long numbers = (long)count * count;
        using DeviceBuffer<int> differing = device.Allocate<int>(numbers);
        device.SignMatrix.Gram(columns, count, columns, count, sampleCount, [0, sampleCount], differing);
        _signGram ??= device.Accelerator.LoadStreamKernel<ArrayView<int>, ArrayView<double>, long, int>(CholeskyKernels.SignGram, device.UpTo(IlgpuDevice.SpreadThreads));
        _signGram(device.Spread(numbers), device.View(differing), device.View(gram), numbers, sampleCount);
    }

    /// <summary>Factors A + α·I, the first diagonal element without the α.</summary>
    /// <param name="gram">A, p² numbers.</param>
    /// <param name="factor">Takes p² numbers.</param>
    /// <param name="size">p.</param>
    /// <param name="alpha">α.</param>
    public void Factor(DeviceBuffer<double> gram, DeviceBuffer<double> factor, int size, double alpha)
    {
        _factorColumn ??= device.Accelerator.LoadStreamKernel<ArrayView<double>, ArrayView<double>, ArrayView<int>, FactorStep>(
            CholeskyKernels.FactorColumn, device.UpTo(IlgpuDevice.SpreadThreads));
        using DeviceBuffer<int> flag = device.Allocate<int>(1);
        double mean = 0;
        for (double jitter = 0; ; jitter = jitter == 0 ? CholeskyFactor.FirstJitter * mean : CholeskyFactor.MoreJitter * jitter)
        {
            flag.Fill(0);
            for (int k = 0; k < size; k++)
            {
                _factorColumn(device.Spread(size - k), device.View(gram), device.View(factor), device.View(flag), new FactorStep(size, k, alpha, 1, jitter, CholeskyFactor.ZeroPivot));
            }

            int[] isZero = new int[1];
            device.CopyToHost<int>(isZero, 0, device.View(flag), "flag of a factor");
            if (isZero[0] == 0)
            {
                return;
            }

            mean = mean > 0 ? mean : MeanDiagonal(gram, size, alpha);
        }
    }

    /// <summary>Solves L·Lᵀ·x = b for several b.</summary>
    /// <param name="factor">L.</param>
    /// <param name="rights">p numbers a right-hand side.</param>
    /// <param name="solutions">Takes as many; may be <paramref name="rights"/>.</param>
    /// <param name="size">p.</param>
    /// <param name="rightSides">How many.</param>
    public void Solve(DeviceBuffer<double> factor, DeviceBuffer<double> rights, DeviceBuffer<double> solutions, int size, int rightSides)
    {
        _solve ??= device.Accelerator.LoadStreamKernel<ArrayView<double>, ArrayView<double>, ArrayView<double>, int>(CholeskyKernels.Solve, device.UpTo(IlgpuDevice.SpreadThreads));
        _solve(device.Tiles(rightSides, IlgpuDevice.SpreadThreads), device.View(factor), device.View(rights), device.View(solutions), size);
    }

    private double MeanDiagonal(DeviceBuffer<double> gram, int size, double alpha)
    {
        double sum = alpha * (size - 1);
        double[] diagonal = new double[1];
        for (int k = 0; k < size; k++)
        {
            device.CopyToHost<double>(diagonal, ((long)k * size) + k, device.View(gram), "diagonal");
            sum += diagonal[0];
        }

        return sum > 0 ? sum / size : 1;
    }
}
