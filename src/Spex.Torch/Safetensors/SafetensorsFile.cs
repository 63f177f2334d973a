using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Spex.Core;

namespace Spex.Torch.Safetensors;

/// <summary>Reads a safetensors file: an 8-byte header length, a JSON header, then the tensors' bytes, little endian.</summary>
/// <remarks>
/// A file on disk is mapped into memory, so that nothing is read before it is asked for; spans are valid until the file is disposed.
/// The header is believed in nothing: see <see cref="SafetensorsHeader"/>.
/// </remarks>
public sealed unsafe partial class SafetensorsFile : IDisposable
{
    private readonly MemoryMappedFile? _map;
    private readonly MemoryMappedViewAccessor? _view;
    private readonly GCHandle _pin;
    private readonly SafetensorsHeader _header;
    private byte* _data;

    private SafetensorsFile(string name, byte* start, long length)
    {
        Name = name;
        _header = SafetensorsHeader.Parse(name, start, length);
        _data = start + _header.DataStart;
    }

    private SafetensorsFile(string name, byte[] content, GCHandle pin)
        : this(name, (byte*)pin.AddrOfPinnedObject(), content.Length) => _pin = pin;

    private SafetensorsFile(string name, MemoryMappedFile map, MemoryMappedViewAccessor view, byte* start, long length)
        : this(name, start, length)
    {
        _map = map;
        _view = view;
    }

    /// <summary>What messages call the file: its path.</summary>
    public string Name { get; }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, SafetensorsEntry> Tensors => _header.Tensors;

    /// <summary>The free text of the header's "__metadata__".</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>Maps a file.</summary>
    /// <exception cref="SpexInputException">The file is missing, cannot be read, is cut short, or its header does not fit its content.</exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        MemoryMappedFile? map = null;
        MemoryMappedViewAccessor? view = null;
        bool acquired = false;
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            if (file.Length < SafetensorsHeader.LengthBytes)
            {
                throw SafetensorsHeader.Malformed(path, $"it has {file.Length} bytes and cannot even hold its header's length; it was cut short, or is no safetensors file");
            }

            map = MemoryMappedFile.CreateFromFile(file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
            view = map.CreateViewAccessor(0, file.Length, MemoryMappedFileAccess.Read);
            byte* start = null;
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            acquired = true;
            return new SafetensorsFile(path, map, view, start + view.PointerOffset, file.Length);
        }
        catch (Exception error)
        {
            if (acquired)
            {
                view!.SafeMemoryMappedViewHandle.ReleasePointer();
            }

            view?.Dispose();
            map?.Dispose();
            if (error is IOException or UnauthorizedAccessException)
            {
                throw new SpexInputException($"'{path}' cannot be read: {error.Message}", error);
            }

            throw;
        }
    }

    /// <summary>Reads a file that is in memory already.</summary>
    /// <param name="content">The whole file; kept, not copied.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="SpexInputException">It is cut short, or its header does not fit its content.</exception>
    public static SafetensorsFile Read(byte[] content, string name)
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentNullException.ThrowIfNull(name);
        GCHandle pin = GCHandle.Alloc(content, GCHandleType.Pinned);
        try
        {
            return new SafetensorsFile(name, content, pin);
        }
        catch
        {
            pin.Free();
            throw;
        }
    }

    /// <summary>The entry of a tensor that must be there with a shape.</summary>
    /// <param name="tensor">Its name.</param>
    /// <param name="shape">Its extents; −1 for any.</param>
    /// <exception cref="SpexInputException">It is missing or has another shape.</exception>
    public SafetensorsEntry Require(string tensor, params ReadOnlySpan<long> shape)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (!Tensors.TryGetValue(tensor, out SafetensorsEntry? entry))
        {
            throw SafetensorsHeader.Malformed(Name, $"it has no tensor '{tensor}'");
        }

        bool fits = entry.Shape.Count == shape.Length;
        for (int i = 0; fits && i < shape.Length; i++)
        {
            fits = shape[i] < 0 || shape[i] == entry.Shape[i];
        }

        return fits
            ? entry
            : throw SafetensorsHeader.Malformed(Name, $"tensor '{tensor}' has shape [{string.Join(", ", entry.Shape)}]; [{string.Join(", ", shape.ToArray())}] is needed");
    }

    /// <summary>The bytes of a tensor, in place.</summary>
    /// <exception cref="SpexInputException">There is no such tensor, or it has 2 GB or more.</exception>
    public ReadOnlySpan<byte> Bytes(string tensor)
    {
        ObjectDisposedException.ThrowIf(_data is null, this);
        ArgumentNullException.ThrowIfNull(tensor);
        if (!Tensors.TryGetValue(tensor, out SafetensorsEntry? entry))
        {
            throw SafetensorsHeader.Malformed(Name, $"it has no tensor '{tensor}'");
        }

        return entry.ByteLength <= int.MaxValue
            ? new ReadOnlySpan<byte>(_data + entry.Offset, (int)entry.ByteLength)
            : throw SafetensorsHeader.Malformed(Name, $"tensor '{tensor}' has {entry.ByteLength} bytes; less than 2 GB a tensor can be read");
    }

    /// <summary>A tensor's numbers as float32.</summary>
    /// <exception cref="SpexInputException">There is no such tensor, or its type is not F16, BF16, F32 or F64.</exception>
    public float[] ReadSingles(string tensor)
    {
        ReadOnlySpan<byte> bytes = Bytes(tensor);
        SafetensorsEntry entry = Tensors[tensor];
        float[] numbers = new float[entry.Count];
        switch (entry.Type)
        {
            case SafetensorsType.F32:
                for (int i = 0; i < numbers.Length; i++)
                {
                    numbers[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes[(i * 4)..]);
                }

                break;
            case SafetensorsType.F16:
                for (int i = 0; i < numbers.Length; i++)
                {
                    numbers[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(bytes[(i * 2)..]);
                }

                break;
            case SafetensorsType.BF16:
                for (int i = 0; i < numbers.Length; i++)
                {
                    numbers[i] = BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(bytes[(i * 2)..]) << 16);
                }

                break;
            case SafetensorsType.F64:
                for (int i = 0; i < numbers.Length; i++)
                {
                    numbers[i] = (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes[(i * 8)..]);
                }

                break;
            default:
                throw SafetensorsHeader.Malformed(Name, $"tensor '{tensor}' has type {entry.Type}; F16, BF16, F32 or F64 is needed");
        }

        return numbers;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_data is null)
        {
            return;
        }

        _data = null;
        if (_pin.IsAllocated)
        {
            _pin.Free();
        }

        _view?.SafeMemoryMappedViewHandle.ReleasePointer();
        _view?.Dispose();
        _map?.Dispose();
    }
}
