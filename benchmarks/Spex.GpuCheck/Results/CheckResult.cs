namespace Spex.GpuCheck.Results;

/// <summary>One check and how it ended.</summary>
/// <param name="Part">The part of the program: kernels, explanations, ….</param>
/// <param name="Name">What was checked.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Detail">Where it failed, what was seen; or why it was skipped.</param>
internal sealed record CheckResult(string Part, string Name, Outcome Outcome, string Detail);
