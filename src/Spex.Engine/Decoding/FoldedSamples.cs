using Spex.Core.Spectra;
using Spex.Engine.Devices;

namespace Spex.Engine.Decoding;

/// <summary>One function's samples in the order and the folds of its <see cref="FoldedBatch"/>, the values centred and scaled.</summary>
/// <remarks>
/// Values are y = Mean + Scale · Values, Scale a power of two and |Values| at most 1: values of 1e30 and of 1e-30 behave alike. They live as long as the batch; disposing of a function ends its batch.
/// </remarks>
internal sealed class FoldedSamples : IDisposable
{
    private FoldedSamples(FoldedBatch batch, int number, double[] values)
    {
        (Batch, Number, Values) = (batch, number, values);
    }

    /// <summary>The functions on the same masks.</summary>
    public FoldedBatch Batch { get; }

    /// <summary>Its number among them.</summary>
    public int Number { get; }

    /// <summary>Where the columns are.</summary>
    public Device Device => Batch.Device;

    /// <summary>n.</summary>
    public int FeatureCount => Batch.FeatureCount;

    /// <summary>N.</summary>
    public int Count => Values.Length;

    /// <summary>See <see cref="FoldedBatch.MaskColumns"/>.</summary>
    public DeviceBuffer<ulong> MaskColumns => Batch.MaskColumns;

    /// <summary>N standardised values.</summary>
    public double[] Values { get; }

    /// <summary>Position in the design of each sample.</summary>
    public int[] Order => Batch.Order;

    /// <summary>Fold f holds the samples [Boundaries[f], Boundaries[f+1]).</summary>
    public int[] Boundaries => Batch.Boundaries;

    /// <summary>Number of folds F.</summary>
    public int FoldCount => Batch.FoldCount;

    /// <summary>The mean of the values.</summary>
    public double Mean { get; private init; }

    /// <summary>The power of two by which centred values were divided.</summary>
    public double Scale { get; private init; }

    /// <summary>Σ y² of the standardised values.</summary>
    public double SumOfSquares => Values.Sum(static value => value * value);

    /// <summary>The samples of one function, a batch of one.</summary>
    /// <param name="samples">2 samples or more.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="device">Where the columns go.</param>
    public static FoldedSamples From(Samples samples, ulong seed, Device device) => new FoldedBatch([samples], seed, device).Functions[0];

    /// <summary>A function of a batch, by the values of its masks in the design's order.</summary>
    public static FoldedSamples Of(FoldedBatch batch, int number, ReadOnlySpan<float> values)
    {
        (float[] centred, double mean, double scale) = Standardisation.Of(values);
        return new FoldedSamples(batch, number, Array.ConvertAll(batch.Order, at => (double)centred[at])) { Mean = mean, Scale = scale };
    }

    /// <summary>The packed columns of sets over the samples; the caller disposes them.</summary>
    public DeviceBuffer<ulong> ColumnsOf(ReadOnlySpan<FeatureSet> sets) => CharacterColumns.Of(MaskColumns, Count, FeatureCount, sets);

    /// <summary>Squared errors of the values in their own unit.</summary>
    /// <param name="errors">Those of the standardised values, added up over contiguous groups of samples.</param>
    public OutOfFoldErrors InOwnUnit(double[] errors)
    {
        double[] total = new double[errors.Length];
        for (int i = 0; i < Count; i++)
        {
            double deviation = Scale * Values[i];
            total[(int)((long)i * total.Length / Count)] += deviation * deviation;
        }

        return new OutOfFoldErrors(Array.ConvertAll(errors, error => error * Scale * Scale), total, Count);
    }

    /// <summary>Each sample's squared error under the fit that did not see it.</summary>
    /// <param name="fits">A fit a fold, or more.</param>
    public double[] ErrorsOf(IReadOnlyList<SpectrumTerm[]> fits)
    {
        double[] errors = new double[Count];
        for (int fold = 0; fold < FoldCount; fold++)
        {
            double[] predictions = Predict(fits[fold]);
            for (int i = Boundaries[fold]; i < Boundaries[fold + 1]; i++)
            {
                double error = Values[i] - predictions[i];
                errors[i] = error * error;
            }
        }

        return errors;
    }

    /// <summary>Σ_j X_ij β_j of every sample, in standardised values.</summary>
    public double[] Predict(SpectrumTerm[] terms)
    {
        double[] predictions = new double[Count];
        using DeviceBuffer<ulong> columns = ColumnsOf(Array.ConvertAll(terms, term => term.Set));
        using DeviceBuffer<double> coefficients = Device.Allocate<double>(terms.Length);
        using DeviceBuffer<double> buffer = Device.Allocate<double>(Count);
        coefficients.CopyFrom(Array.ConvertAll(terms, term => term.Coefficient));
        Device.SignMatrix.Predict(columns, terms.Length, Count, coefficients, buffer);
        buffer.CopyTo(predictions);
        return predictions;
    }

    /// <inheritdoc/>
    public void Dispose() => Batch.Dispose();
}
