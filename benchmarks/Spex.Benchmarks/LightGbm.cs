using System.Runtime.InteropServices;
using Spex.Core.Masks;

namespace Spex.Benchmarks;

/// <summary>LightGBM through its C interface (<c>include/LightGBM/c_api.h</c>): one training run on masks, one thread.</summary>
internal sealed partial class LightGbm : IDisposable
{
    private const string Library = "lib_lightgbm";
    private const int Float32 = 0;
    private const int Float64 = 1;
    private const int Normal = 0;

    private readonly int _featureCount;
    private IntPtr _data;
    private IntPtr _booster;

    /// <summary>Trains <paramref name="trees"/> trees on dense rows of 0 and 1.</summary>
    public LightGbm(double[] rows, float[] values, int featureCount, string parameters, int trees)
    {
        _featureCount = featureCount;
        parameters += " num_threads=1 verbosity=-1 objective=regression";
        Check(DatasetCreateFromMat(rows, Float64, values.Length, featureCount, 1, parameters, IntPtr.Zero, out _data));
        Check(DatasetSetField(_data, "label", values, values.Length, Float32));
        Check(BoosterCreate(_data, parameters, out _booster));
        for (int t = 0; t < trees; t++)
        {
            Check(BoosterUpdateOneIter(_booster, out int finished));
            if (finished != 0)
            {
                break;
            }
        }
    }

    /// <summary>Rows [start, end) of masks as numbers.</summary>
    public static double[] Dense(MaskMatrix masks, IEnumerable<int> rows) =>
        [.. rows.SelectMany(row => Enumerable.Range(0, masks.FeatureCount).Select(feature => masks[row, feature] ? 1.0 : 0.0))];

    public double[] Predict(double[] rows)
    {
        double[] predictions = new double[rows.Length / _featureCount];
        Check(BoosterPredictForMat(_booster, rows, Float64, predictions.Length, _featureCount, 1, Normal, 0, -1, "num_threads=1", out _, predictions));
        return predictions;
    }

    public void Dispose()
    {
        _ = BoosterFree(_booster);
        _ = DatasetFree(_data);
        (_booster, _data) = (IntPtr.Zero, IntPtr.Zero);
    }

    private static void Check(int code)
    {
        if (code != 0)
        {
            throw new InvalidOperationException("LightGBM: " + Marshal.PtrToStringUTF8(GetLastError()));
        }
    }

    [LibraryImport(Library, EntryPoint = "LGBM_GetLastError")]
    private static partial IntPtr GetLastError();

    [LibraryImport(Library, EntryPoint = "LGBM_DatasetCreateFromMat", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int DatasetCreateFromMat(double[] data, int type, int rows, int columns, int rowMajor, string parameters, IntPtr reference, out IntPtr handle);

    [LibraryImport(Library, EntryPoint = "LGBM_DatasetSetField", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int DatasetSetField(IntPtr handle, string name, float[] data, int count, int type);

    [LibraryImport(Library, EntryPoint = "LGBM_DatasetFree")]
    private static partial int DatasetFree(IntPtr handle);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterCreate", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int BoosterCreate(IntPtr data, string parameters, out IntPtr handle);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterUpdateOneIter")]
    private static partial int BoosterUpdateOneIter(IntPtr handle, out int finished);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterPredictForMat", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int BoosterPredictForMat(
        IntPtr handle, double[] data, int type, int rows, int columns, int rowMajor, int predictType, int start, int iterations, string parameters, out long length, double[] result);

    [LibraryImport(Library, EntryPoint = "LGBM_BoosterFree")]
    private static partial int BoosterFree(IntPtr handle);
}
