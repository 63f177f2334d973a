using ILGPU;
using ILGPU.Runtime;

namespace Spex.Engine.Devices.Ilgpu;

/// <summary>Device memory that a primitive keeps between calls, grown when it is too small. Belongs to the device, not to a caller: no buffer counts it.</summary>
internal sealed class IlgpuScratch<T>(IlgpuDevice device) : IDisposable
    where T : unmanaged
{
    private T[] _content = [];
    private MemoryBuffer? _memory;
    private long _length;

    /// <summary>At least <paramref name="count"/> elements of undefined content.</summary>
    public unsafe ArrayView<T> Take(long count)
    {
        if (_memory is null || _length < count)
        {
            _memory?.Dispose();
            _memory = null;
            _length = Math.Max(64, count);
            _memory = device.AllocateMemory(_length, sizeof(T));
        }

        _content = [];
        return _memory.AsArrayView<T>(0, Math.Max(1, count));
    }

    /// <summary>Elements with this content: copied there only where it is another than last time.</summary>
    public ArrayView<T> Hold(ReadOnlySpan<T> content)
    {
        if (_memory is not null && content.Length > 0 && content.SequenceEqual(_content))
        {
            return _memory.AsArrayView<T>(0, content.Length);
        }

        ArrayView<T> view = Take(content.Length);
        device.CopyFromHost(content, 0, view);
        _content = content.ToArray();
        return view;
    }

    public void Dispose() => _memory?.Dispose();
}
