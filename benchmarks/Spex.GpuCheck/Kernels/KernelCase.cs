namespace Spex.GpuCheck.Kernels;

/// <summary>A primitive on one input, the same on every device.</summary>
/// <param name="Family">Its family: masks, Hadamard, sign matrix, codes, trees.</param>
/// <param name="Name">The primitive and the sizes.</param>
/// <param name="Tolerance">See <see cref="CaseOutput.DiffersFrom"/>.</param>
/// <param name="Run">Runs it in the given memory and takes what it gave.</param>
internal sealed record KernelCase(string Family, string Name, double Tolerance, Action<CaseMemory, CaseOutput> Run);
