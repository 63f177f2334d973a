using System.Runtime.Intrinsics;
using Spex.Engine.Devices;

namespace Spex.Engine.Decoding;

/// <summary>XᵀX of Fourier characters over samples, factored by Cholesky in float64.</summary>
/// <remarks>Columns that depend on those before them (a pivot below 10⁻⁹ N) are left out: their solution is 0.</remarks>
internal sealed class NormalEquations
{
    private const double LeastPivot = 1e-9;

    private readonly double[][] _lower;
    private readonly bool[] _dependent;

    private NormalEquations(double[][] lower, bool[] dependent) => (_lower, _dependent) = (lower, dependent);

    /// <summary>Factors the Gram matrix of columns.</summary>
    public static NormalEquations Of(FoldedSamples samples, DeviceBuffer<ulong> columns, int count)
    {
        using DeviceBuffer<int> differing = samples.Device.Allocate<int>((long)count * count);
        samples.Device.SignMatrix.Gram(columns, count, columns, count, samples.Count, [0, samples.Count], differing);
        int[] row = new int[count];
        double[][] lower = new double[count][];
        bool[] dependent = new bool[count];
        for (int i = 0; i < count; i++)
        {
            differing.CopyTo(row, (long)i * count);
            double[] l = lower[i] = new double[i + 1];
            for (int j = 0; j <= i; j++)
            {
                double sum = samples.Count - (2.0 * row[j]) - Dot(l, lower[j], j);
                if (j < i)
                {
                    l[j] = dependent[j] ? 0 : sum / lower[j][j];
                }
                else
                {
                    dependent[i] = sum < LeastPivot * samples.Count;
                    l[i] = dependent[i] ? 1 : Math.Sqrt(sum);
                }
            }
        }

        return new NormalEquations(lower, dependent);
    }

    /// <summary>Replaces Xᵀr by (XᵀX)⁻¹Xᵀr.</summary>
    public void Solve(double[] products)
    {
        int count = _lower.Length;
        for (int i = 0; i < count; i++)
        {
            products[i] = _dependent[i] ? 0 : (products[i] - Dot(_lower[i], products, i)) / _lower[i][i];
        }

        for (int i = count - 1; i >= 0; i--)
        {
            double value = products[i] = _dependent[i] ? 0 : products[i] / _lower[i][i];
            for (int j = 0; j < i; j++)
            {
                products[j] -= _lower[i][j] * value;
            }
        }
    }

    // Four partial sums, whatever the processor's vectors, so that the bits are the same everywhere.
    private static double Dot(double[] a, double[] b, int count)
    {
        Vector256<double> sums = Vector256<double>.Zero;
        int i = 0;
        for (; i <= count - 4; i += 4)
        {
            sums += Vector256.Create<double>(a.AsSpan(i)) * Vector256.Create<double>(b.AsSpan(i));
        }

        double sum = Vector256.Sum(sums);
        for (; i < count; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }
}
