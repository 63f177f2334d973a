using Spex.Core.Spectra;
using Spex.Engine.Devices.Cpu.Regression;

namespace Spex.Engine.Devices.Cpu;

/// <summary>Regression on the host.</summary>
internal sealed class CpuRegression(CpuDevice device) : RegressionPrimitives
{
    public override RegressionPath Load(RegressionProblem problem) => new CpuRegressionPath(device, problem);

    public override void Residuals(
        DeviceBuffer<ulong> maskColumns,
        int sampleCount,
        int featureCount,
        DeviceBuffer<double> values,
        int[] boundaries,
        IReadOnlyList<SpectrumTerm[]> fits,
        DeviceBuffer<double> residuals,
        DeviceBuffer<double>? errors)
    {
        CheckResiduals(sampleCount, values, boundaries, fits, residuals, errors);
        using DeviceBuffer<double> predictions = device.Allocate<double>(sampleCount);
        for (int p = 0; p < fits.Count; p++)
        {
            using DeviceBuffer<ulong> columns = CharacterColumns.Of(maskColumns, sampleCount, featureCount, Array.ConvertAll(fits[p], term => term.Set));
            using DeviceBuffer<double> coefficients = device.Allocate<double>(fits[p].Length);
            coefficients.CopyFrom(Array.ConvertAll(fits[p], term => term.Coefficient));
            device.SignMatrix.Predict(columns, fits[p].Length, sampleCount, coefficients, predictions);
            Span<double> own = residuals.Span.Slice(p * sampleCount, sampleCount), y = values.Span, predicted = predictions.Span;
            for (int i = 0; i < sampleCount; i++)
            {
                own[i] = y[i] - predicted[i];
            }

            if (p < fits.Count - 1)
            {
                for (int i = boundaries[p]; i < boundaries[p + 1]; i++)
                {
                    if (errors is not null)
                    {
                        errors.Span[i] = own[i] * own[i];
                    }

                    own[i] = 0;
                }
            }
        }
    }

    public override int[][] Strongest(DeviceBuffer<double> sums, int count, IReadOnlyList<int[]> members, int most)
    {
        CheckStrongest(sums, count, members, most);
        int[][] strongest = new int[members.Count][];
        double[] sizes = new double[count];
        for (int p = 0; p < strongest.Length; p++)
        {
            sums.CopyTo(sizes, (long)p * count);
            strongest[p] = [.. members[p].OrderByDescending(j => Math.Abs(sizes[j])).ThenBy(j => j).Take(most)];
        }

        return strongest;
    }

    public override void SumGroups(DeviceBuffer<double> numbers, int count, Span<double> sums)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        numbers.CheckHolds(count);
        sums.Clear();
        ReadOnlySpan<double> all = numbers.Span[..count];
        for (int i = 0; i < count; i++)
        {
            sums[(int)((long)i * sums.Length / count)] += all[i];
        }
    }
}
