using System.Runtime.InteropServices;

namespace Spex.Engine.Devices;

/// <summary>A pair whose set has enough evidence.</summary>
/// <param name="Range">The number of the range that it is in.</param>
/// <param name="Left">Its left pattern's number among all.</param>
/// <param name="Right">Its right pattern's number among all.</param>
/// <param name="Evidence">In nats.</param>
/// <param name="Coefficient">The coefficient at which the evidence is largest.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct ScanHit(int Range, int Left, int Right, double Evidence, double Coefficient);
