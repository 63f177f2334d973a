using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Spex.Core.Codes;
using Spex.Core.Spectra;

namespace Spex.Engine.Devices;

/// <summary>A set that the signs of a bin spell, and how far its evidence is above the bar.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly struct BinProposal
{
    private readonly FeatureList _features;

    /// <summary>Makes a proposal.</summary>
    /// <param name="bin">The bin, numbered through all functions.</param>
    /// <param name="features">The features, ascending; at most one more than a code corrects errors.</param>
    /// <param name="surplus">Evidence less the bar.</param>
    public BinProposal(int bin, ReadOnlySpan<int> features, double surplus)
    {
        Bin = bin;
        Count = features.Length;
        Surplus = surplus;
        features.CopyTo(_features);
    }

    /// <summary>Evidence less the bar of sets of this size, in nats; above 0.</summary>
    public double Surplus { get; }

    /// <summary>The bin, numbered through all functions: that of function f's bin i is f · bins + i.</summary>
    public int Bin { get; }

    /// <summary>Number of features in the set.</summary>
    public int Count { get; }

    /// <summary>The set.</summary>
    public FeatureSet Set
    {
        get
        {
            FeatureList features = _features;
            return new FeatureSet(((ReadOnlySpan<int>)features)[..Count]);
        }
    }

    [InlineArray(BchCode.MaxCorrectableErrors + 2)]
    private struct FeatureList
    {
        private int _first;
    }
}
