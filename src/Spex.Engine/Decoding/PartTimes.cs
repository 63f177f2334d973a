using System.Diagnostics;

namespace Spex.Engine.Decoding;

/// <summary>Seconds that the parts of a decode took, in the order in which they first ran.</summary>
internal sealed class PartTimes
{
    private readonly List<(string Part, double Seconds)> _times = [];

    /// <summary>What was measured.</summary>
    public IReadOnlyList<(string Part, double Seconds)> All => _times;

    /// <summary>What was measured, of one of so many functions that went together.</summary>
    public IReadOnlyList<(string Part, double Seconds)> Share(int functions) => [.. _times.Select(time => (time.Part, time.Seconds / functions))];

    /// <summary>Runs a part and adds its time.</summary>
    public T Measure<T>(string part, Func<T> work)
    {
        long start = Stopwatch.GetTimestamp();
        T result = work();
        Add(part, Stopwatch.GetElapsedTime(start).TotalSeconds);
        return result;
    }

    /// <summary>Adds to a part's time.</summary>
    public void Add(string part, double seconds)
    {
        int at = _times.FindIndex(time => time.Part == part);
        if (at < 0)
        {
            _times.Add((part, seconds));
        }
        else
        {
            _times[at] = (part, _times[at].Seconds + seconds);
        }
    }
}
