namespace Spex.Kernels;

/// <summary>A term that comes in if its evidence is above the bar.</summary>
/// <param name="Pattern">Its pattern.</param>
/// <param name="Bar">What its evidence must exceed, in nats.</param>
/// <param name="Function">The function to whose bins it is offered.</param>
/// <param name="Term">Its number among the function's terms, or −1 for one that is new.</param>
public readonly record struct Offer(TermWords Pattern, double Bar, int Function, int Term);
