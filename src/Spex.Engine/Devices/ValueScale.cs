using System.Runtime.InteropServices;

namespace Spex.Engine.Devices;

/// <summary>How the values of a function are standardised.</summary>
/// <param name="Start">The index of its first value in the buffer.</param>
/// <param name="Mean">The mean.</param>
/// <param name="Scale">A power of two.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct ValueScale(long Start, double Mean, double Scale);
