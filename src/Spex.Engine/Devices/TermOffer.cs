using System.Runtime.InteropServices;

namespace Spex.Engine.Devices;

/// <summary>A term that comes in if its evidence is still above the bar when its turn comes.</summary>
/// <param name="Pattern">The set's pattern.</param>
/// <param name="Bar">What its evidence must exceed, in nats.</param>
/// <param name="Function">The function to whose bins it is offered, by its number in the table.</param>
/// <param name="Term">Its number among the function's terms, or −1 for one that is new.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct TermOffer(SpexPattern Pattern, double Bar, int Function = 0, int Term = -1);
