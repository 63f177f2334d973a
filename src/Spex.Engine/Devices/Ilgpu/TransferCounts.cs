namespace Spex.Engine.Devices.Ilgpu;

/// <summary>What has crossed between the host and an accelerator: bytes by what they are, in each direction, and the launches that were asked for.</summary>
/// <remarks>A buffer's copies go by its element type, those of a primitive's own memory by what they hold. One thread at a time, as the device itself.</remarks>
internal sealed class TransferCounts
{
    private readonly Dictionary<string, Crossing> _toHost = [];
    private readonly Dictionary<string, Crossing> _toDevice = [];

    /// <summary>What came to the host.</summary>
    public IReadOnlyDictionary<string, Crossing> ToHost => _toHost;

    /// <summary>What went to the device.</summary>
    public IReadOnlyDictionary<string, Crossing> ToDevice => _toDevice;

    /// <summary>Launch shapes that were made: one a launch, but for trees, whose splits share theirs.</summary>
    public long Launches { get; private set; }

    /// <summary>Counts a copy to the host.</summary>
    public void CountToHost(string what, long bytes) => Count(_toHost, what, bytes);

    /// <summary>Counts a copy to the device.</summary>
    public void CountToDevice(string what, long bytes) => Count(_toDevice, what, bytes);

    /// <summary>Counts a launch.</summary>
    public void CountLaunch() => Launches++;

    /// <summary>Starts from nothing again.</summary>
    public void Clear()
    {
        _toHost.Clear();
        _toDevice.Clear();
        Launches = 0;
    }

    private static void Count(Dictionary<string, Crossing> of, string what, long bytes)
    {
        Crossing before = of.GetValueOrDefault(what);
        of[what] = new Crossing(before.Bytes + bytes, before.Copies + 1, Math.Max(before.Largest, bytes));
    }

    /// <summary>Bytes in all, copies, and bytes of the largest copy.</summary>
    public readonly record struct Crossing(long Bytes, int Copies, long Largest);
}
