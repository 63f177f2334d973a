using Spex.Core.Masks;

namespace Spex.Core.Formats;

/// <summary>The values that were paid for, in a file that only grows: every mask with its value, found again by the mask.</summary>
/// <remarks>
/// <para>
/// What <see cref="Append"/> has returned from is with the operating system: a killed process loses nothing of it. <see cref="Dispose"/> brings it to the disk.
/// A record that was torn when the process or the machine died is dropped on opening, and records whose checksum does not fit are skipped.
/// </para>
/// <para>
/// While a process writes, others that open the file are refused; several may read at a time. Values are keyed by mask, so any method, index, seed or larger budget can use them again; where a
/// mask was recorded twice, its first value holds. Not safe for concurrent threads.
/// </para>
/// </remarks>
public sealed class SamplesFile : IDisposable
{
    // Bytes that are read at once; a whole number of records of them.
    private const int BlockLength = 1 << 22;

    private readonly FileStream _stream;
    private readonly MaskLookup _masks;
    private readonly List<SamplesPlanChange> _planChanges = [];
    private readonly int _recordLength;
    private readonly string _path;
    private float[] _values = new float[1024];

    private SamplesFile(string path, FileStream stream, SamplesHeader header)
    {
        _path = path;
        _stream = stream;
        Header = header;
        _recordLength = SamplesFormat.RecordLength(header.FeatureCount);
        _masks = new MaskLookup(header.FeatureCount);
    }

    /// <summary>What holds for all samples. A file that existed before keeps its own batch plan.</summary>
    public SamplesHeader Header { get; }

    /// <summary>Number of distinct masks with a value.</summary>
    public int Count => _masks.Count;

    /// <summary>Where the batch plan changed, in the order of recording.</summary>
    public IReadOnlyList<SamplesPlanChange> PlanChanges => _planChanges;

    /// <summary>Bytes at the end that were dropped on opening, because their record was not written to its end.</summary>
    public int DroppedBytes { get; private set; }

    /// <summary>Records that were skipped on opening, because their checksum does not fit.</summary>
    public long DamagedRecords { get; private set; }

    /// <summary>The values in the order of recording, one a mask.</summary>
    public ReadOnlySpan<float> Values => _values.AsSpan(0, Count);

    /// <summary>Opens a samples file to go on with it, or makes a new one.</summary>
    /// <param name="path">The file.</param>
    /// <param name="header">The function that will be evaluated, and the batch plan in case the file is new.</param>
    /// <exception cref="SpexInputException">The file is of another function or n, is no samples file, is in use by another process, or cannot be opened.</exception>
    /// <exception cref="SpexException">The disk is full.</exception>
    public static SamplesFile Open(string path, SamplesHeader header)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(header);
        FileStream stream = OpenStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        try
        {
            if (stream.Length == 0 || SamplesFormat.Decode(stream, path) is not (SamplesHeader found, int length))
            {
                return Create(path, stream, header);
            }

            Compare(path, found, header);
            SamplesFile file = new(path, stream, found);
            file.ReadRecords(length);
            if (file.DroppedBytes > 0)
            {
                stream.SetLength(stream.Length - file.DroppedBytes);
            }

            stream.Seek(0, SeekOrigin.End);
            return file;
        }
        catch (IOException error)
        {
            stream.Dispose();
            throw OutputFile.IsDiskFull(error)
                ? new SpexException(OutputFile.Explain(path, error), error)
                : new SpexInputException(InputFile.Explain(path, error), error);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Opens a samples file to read it only, while no process writes it.</summary>
    /// <exception cref="SpexInputException">The file is missing, in use by a run, no samples file, or ends within its header.</exception>
    public static SamplesFile OpenRead(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        FileStream stream = OpenStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        try
        {
            (SamplesHeader header, int length) = SamplesFormat.Decode(stream, path)
                ?? throw new SpexInputException($"{path} ends within its header and holds no samples: it was cut short. Make or copy it again.");
            SamplesFile file = new(path, stream, header);
            file.ReadRecords(length);
            return file;
        }
        catch (IOException error)
        {
            stream.Dispose();
            throw new SpexInputException(InputFile.Explain(path, error), error);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>The value of a mask laid out as a <see cref="MaskMatrix"/> row, if it was recorded.</summary>
    public bool TryGet(ReadOnlySpan<ulong> mask, out float value)
    {
        int number = _masks.Find(mask);
        value = number < 0 ? 0 : _values[number];
        return number >= 0;
    }

    /// <summary>All masks, in the order of recording.</summary>
    public MaskMatrix ToMatrix() => _masks.ToMatrix();

    /// <summary>Records values. Those of masks that have one already are left out.</summary>
    /// <param name="masks">values.Length × ⌈n/64⌉ words, laid out as in a <see cref="MaskMatrix"/>.</param>
    /// <param name="values">One finite value a mask.</param>
    /// <exception cref="ArgumentException">The words do not fit the values, or a value is NaN or infinite.</exception>
    /// <exception cref="SpexException">The disk is full or failed; what was recorded before is kept.</exception>
    public void Append(ReadOnlySpan<ulong> masks, ReadOnlySpan<float> values)
    {
        int words = MaskMatrix.WordsFor(Header.FeatureCount);
        if (masks.Length != (long)values.Length * words)
        {
            throw new ArgumentException($"{values.Length} masks of {Header.FeatureCount} features take {(long)values.Length * words} words; {masks.Length} were given.", nameof(masks));
        }

        foreach (float value in values)
        {
            if (!float.IsFinite(value))
            {
                throw new ArgumentException($"A value is {value}; only finite values are recorded.", nameof(values));
            }
        }

        int perBlock = Math.Max(1, BlockLength / _recordLength);
        byte[] block = new byte[Math.Min(values.Length, perBlock) * _recordLength];
        for (int start = 0; start < values.Length; start += perBlock)
        {
            int filled = 0;
            for (int row = start; row < Math.Min(values.Length, start + perBlock); row++)
            {
                ReadOnlySpan<ulong> mask = masks.Slice(row * words, words);
                if (Remember(mask, values[row]))
                {
                    SamplesFormat.WriteSample(block.AsSpan(filled, _recordLength), mask, Header.FeatureCount, values[row]);
                    filled += _recordLength;
                }
            }

            Write(block.AsSpan(0, filled));
        }
    }

    /// <summary>Records that batches have another size from a mask on.</summary>
    /// <exception cref="SpexException">The disk is full or failed.</exception>
    public void AppendPlanChange(SamplesPlanChange change)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(change.FirstIndex);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(change.BatchSize);
        _planChanges.Add(change);
        byte[] record = new byte[_recordLength];
        SamplesFormat.WritePlanChange(record, change);
        Write(record);
    }

    /// <summary>Brings all to the disk and lets other processes have the file.</summary>
    public void Dispose()
    {
        try
        {
            if (_stream.CanWrite)
            {
                _stream.Flush(flushToDisk: true);
            }
        }
        catch (IOException)
        {
            // The records are with the operating system; devices and some file systems cannot promise more.
        }

        _stream.Dispose();
    }

    private static FileStream OpenStream(string path, FileMode mode, FileAccess access, FileShare share)
    {
        try
        {
            // Without a buffer every write goes to the operating system at once.
            return new FileStream(path, mode, access, share, bufferSize: 0);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SpexInputException(
                error switch
                {
                    FileNotFoundException => InputFile.Explain(path, error),
                    DirectoryNotFoundException or UnauthorizedAccessException => OutputFile.Explain(path, error),
                    _ when File.Exists(path) => $"{path} is in use by another process, which may be a run that records its samples. Wait for its end, or give another samples file.",
                    _ => $"{path} cannot be opened: {error.Message}",
                },
                error);
        }
    }

    private static SamplesFile Create(string path, FileStream stream, SamplesHeader header)
    {
        byte[] expected = SamplesFormat.Encode(header);
        byte[] start = new byte[Math.Min(stream.Length, expected.Length)];
        stream.Seek(0, SeekOrigin.Begin);
        stream.ReadExactly(start);

        // Only what is left of this same header is overwritten: no file of somebody else's.
        if (!expected.AsSpan().StartsWith(start))
        {
            throw new SpexInputException($"{path} ends within the header of another run's samples; it holds none. Delete it, or give the name of a new file.");
        }

        SamplesFile file = new(path, stream, header);
        if (start.Length > 0)
        {
            stream.SetLength(0);
        }

        file.Write(expected);
        return file;
    }

    private static void Compare(string path, SamplesHeader found, SamplesHeader wanted)
    {
        if (found.FeatureCount != wanted.FeatureCount)
        {
            throw new SpexInputException(
                $"{path} holds samples of a function with {found.FeatureCount} features; this one has {wanted.FeatureCount}. Give another samples file, or explain what the file was made for.");
        }

        if (found.Fingerprint != wanted.Fingerprint)
        {
            throw new SpexInputException(
                $"{path} holds samples of another function: its fingerprint is {found.Fingerprint}, this one's {wanted.Fingerprint}. Give another samples file, or explain what the file was made for.");
        }
    }

    private void ReadRecords(int headerLength)
    {
        int words = MaskMatrix.WordsFor(Header.FeatureCount);
        ulong beyond = ~MaskMatrix.LastWordMask(Header.FeatureCount);
        ulong[] mask = new ulong[words];
        byte[] block = new byte[Math.Max(1, BlockLength / _recordLength) * _recordLength];
        _stream.Seek(headerLength, SeekOrigin.Begin);
        int read;
        while ((read = _stream.ReadAtLeast(block, block.Length, throwOnEndOfStream: false)) > 0)
        {
            for (int at = 0; at + _recordLength <= read; at += _recordLength)
            {
                ReadOnlySpan<byte> record = block.AsSpan(at, _recordLength);
                if (!SamplesFormat.IsSound(record))
                {
                    DamagedRecords++;
                }
                else if (record[0] == SamplesFormat.Sample)
                {
                    float value = SamplesFormat.ReadSample(record, mask, Header.FeatureCount);
                    if (float.IsFinite(value) && (words == 0 || (mask[^1] & beyond) == 0))
                    {
                        Remember(mask, value);
                    }
                    else
                    {
                        DamagedRecords++;
                    }
                }
                else if (record[0] == SamplesFormat.PlanChange)
                {
                    _planChanges.Add(SamplesFormat.ReadPlanChange(record));
                }
                else
                {
                    DamagedRecords++;
                }
            }

            DroppedBytes = read % _recordLength;
        }
    }

    private bool Remember(ReadOnlySpan<ulong> mask, float value)
    {
        int number = _masks.Add(mask, out bool added);
        if (added)
        {
            if (number == _values.Length)
            {
                Array.Resize(ref _values, 2 * _values.Length);
            }

            _values[number] = value;
        }

        return added;
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        long before = _stream.CanSeek ? _stream.Position : 0;
        try
        {
            _stream.Write(bytes);
        }
        catch (IOException error)
        {
            try
            {
                // Half a record in the middle would shift all that follow.
                _stream.SetLength(before);
                _stream.Position = before;
            }
            catch (IOException)
            {
            }

            throw new SpexException($"{OutputFile.Explain(_path, error)} What was recorded before is kept.", error);
        }
    }
}
