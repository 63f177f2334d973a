using Spex.Engine.Devices;

namespace Spex.Engine.Decoding;

/// <summary>Work on many functions, of as many at once as there is memory for.</summary>
internal static class MemoryBatches
{
    // Functions go together that fit into this part of the free memory.
    private const int MemoryShare = 2;

    /// <summary>Works on functions 0 … count − 1 in their order; where memory runs out all the same, on half as many at once.</summary>
    /// <typeparam name="TResult">What comes of a function.</typeparam>
    /// <param name="device">Where the memory is.</param>
    /// <param name="count">How many functions.</param>
    /// <param name="bytes">What one takes, about.</param>
    /// <param name="work">Gives one result for each function of a range; frees what it took where it throws.</param>
    /// <param name="most">Never more than so many at once.</param>
    public static TResult[] Run<TResult>(Device device, int count, long bytes, Func<Range, IReadOnlyList<TResult>> work, int most = int.MaxValue)
    {
        List<TResult> results = [];
        int atOnce = (int)Math.Clamp(device.FreeBytes / MemoryShare / Math.Max(1, bytes), 1, Math.Max(1, Math.Min(count, most)));
        while (results.Count < count)
        {
            atOnce = Math.Min(atOnce, count - results.Count);
            try
            {
                results.AddRange(work(results.Count..(results.Count + atOnce)));
            }
            catch (Exception error) when (atOnce > 1 && MemoryShortage.Is(error))
            {
                atOnce = (atOnce + 1) / 2;
            }
        }

        return [.. results];
    }
}
