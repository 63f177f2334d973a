using System.Runtime.InteropServices;

namespace Spex.Torch.Forward;

/// <summary>Tells torch's "out of memory" from its other errors.</summary>
internal static class MemoryErrors
{
    /// <summary>Whether an error is c10's allocators': "not enough memory: you tried to allocate" on the processor, "out of memory" on CUDA.</summary>
    public static bool IsOutOfMemory(ExternalException error) =>
        error.Message.Contains("not enough memory", StringComparison.Ordinal)
        || error.Message.Contains("can't allocate memory", StringComparison.Ordinal)
        || error.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase);
}
