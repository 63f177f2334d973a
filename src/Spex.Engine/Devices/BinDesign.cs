using Spex.Core.Codes;
using Spex.Core.Designs;

namespace Spex.Engine.Devices;

/// <summary>What decoding needs of a <see cref="SpexDesign"/> on a device: the features' patterns and the tables of the code.</summary>
/// <remarks>Owned by whoever made it; the tables of bins made for it must be disposed before.</remarks>
public sealed class BinDesign : IDisposable
{
    private readonly SpexPattern[] _patterns;

    /// <summary>Brings a design to a device.</summary>
    public BinDesign(SpexDesign design, Device device)
    {
        ArgumentNullException.ThrowIfNull(design);
        ArgumentNullException.ThrowIfNull(device);
        Design = design;
        Device = device;
        AllDelays = design.DelayCount == 128 ? UInt128.MaxValue : (UInt128.One << design.DelayCount) - 1;
        _patterns = SpexPattern.OfFeatures(design);
        Features = Upload<SpexPattern>(_patterns);
        BinaryField field = design.Code.Field;
        Logs = Upload(field.Logs);
        Antilogs = Upload(field.Antilogs);
        QuadraticRoots = Upload(field.QuadraticRoots);
        SyndromesOfParity = Upload(design.Code.SyndromesOfParity);
    }

    /// <summary>The design.</summary>
    public SpexDesign Design { get; }

    /// <summary>The device that has it.</summary>
    public Device Device { get; }

    /// <summary>A bit for each delay.</summary>
    public UInt128 AllDelays { get; }

    /// <summary>The patterns of the n single features, on the host.</summary>
    public ReadOnlySpan<SpexPattern> FeaturePatterns => _patterns;

    /// <summary>The patterns of the n single features.</summary>
    public DeviceBuffer<SpexPattern> Features { get; }

    /// <summary>The field's logarithms, see <see cref="BinaryField.Logs"/>.</summary>
    public DeviceBuffer<int> Logs { get; }

    /// <summary>The field's powers, see <see cref="BinaryField.Antilogs"/>.</summary>
    public DeviceBuffer<int> Antilogs { get; }

    /// <summary>The field's solutions of y² + y = u, see <see cref="BinaryField.QuadraticRoots"/>.</summary>
    public DeviceBuffer<int> QuadraticRoots { get; }

    /// <summary>See <see cref="BchCode.SyndromesOfParity"/>.</summary>
    public DeviceBuffer<int> SyndromesOfParity { get; }

    /// <summary>The delays [first, first + step, …].</summary>
    public UInt128 EveryDelay(int first, int step)
    {
        UInt128 delays = 0;
        for (int d = first; d < Design.DelayCount; d += step)
        {
            delays |= UInt128.One << d;
        }

        return delays;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Features.Dispose();
        Logs.Dispose();
        Antilogs.Dispose();
        QuadraticRoots.Dispose();
        SyndromesOfParity.Dispose();
    }

    private DeviceBuffer<T> Upload<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        DeviceBuffer<T> buffer = Device.Allocate<T>(values.Length);
        buffer.CopyFrom(values);
        return buffer;
    }
}
