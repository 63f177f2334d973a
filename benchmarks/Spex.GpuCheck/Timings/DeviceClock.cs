using System.Diagnostics;
using Spex.Engine.Devices;

namespace Spex.GpuCheck.Timings;

/// <summary>Times work that a device does after the calls that ask for it have returned.</summary>
internal sealed class DeviceClock(Device device, CheckSizes sizes)
{
    private const int MostRepeats = 1 << 20;

    /// <summary>The median seconds of one piece of work, done back to back until the least time is filled; the first time, which compiles, does not count.</summary>
    public double Seconds(Action work)
    {
        Time(work, 1);
        int repeats = 1;
        while (Time(work, repeats) < sizes.LeastSeconds && repeats < MostRepeats)
        {
            repeats *= 2;
        }

        double[] times = [.. Enumerable.Range(0, sizes.Rounds).Select(_ => Time(work, repeats) / repeats).Order()];
        return times[times.Length / 2];
    }

    private double Time(Action work, int repeats)
    {
        device.Synchronize();
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < repeats; i++)
        {
            work();
        }

        device.Synchronize();

        // In the clock's own ticks, of which work takes at least one: a TimeSpan's 100 ns would make nothing of a small copy, and a rate without end of that.
        return Math.Max(1, Stopwatch.GetTimestamp() - start) / (double)Stopwatch.Frequency;
    }
}
