using System.Runtime.InteropServices;

namespace Spex.Engine.Devices;

/// <summary>A term of the bins of a function.</summary>
/// <param name="Pattern">The set's pattern.</param>
/// <param name="Coefficient">Its coefficient.</param>
/// <param name="Function">The function, by its number in the table.</param>
/// <param name="Term">The term's number among the function's; −1 where it has none yet.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct BinTerm(SpexPattern Pattern, double Coefficient, int Function = 0, int Term = -1);
