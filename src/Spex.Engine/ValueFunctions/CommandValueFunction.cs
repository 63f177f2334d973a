using System.Security.Cryptography;
using System.Text;
using Spex.Core;
using Spex.Core.Masks;
using Spex.Engine.Devices;

namespace Spex.Engine.ValueFunctions;

/// <summary>An outside program as a value function: one mask a line in, n characters 0 or 1; one number a line out, in the same order.</summary>
/// <remarks>
/// The program runs as long as the function lives and is sent batch after batch; its input is closed at the end. What it writes to stderr goes
/// to ours. It may answer each line at once or flush when it has answered what it was sent.
/// </remarks>
public sealed class CommandValueFunction : IIncrementalValueFunction, IDisposable
{
    private const int DefaultBatchSize = 256;

    private readonly LineProgram _program;

    /// <summary>Starts the program.</summary>
    /// <param name="featureCount">n, 1 or more.</param>
    /// <param name="program">The program, found as a shell would find it.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="name">What tells this function from others with the same arguments (a model's version, say); null for none.</param>
    /// <exception cref="SpexInputException">The program cannot be started.</exception>
    public CommandValueFunction(int featureCount, string program, IReadOnlyList<string> arguments, string? name = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(program);
        ArgumentNullException.ThrowIfNull(arguments);
        if (featureCount < 1)
        {
            throw new SpexInputException($"A program explains 1 feature or more; got --features {featureCount}.");
        }

        FeatureCount = featureCount;
        string identity = string.Join('\0', [program, .. arguments, "\u0001" + name, $"{featureCount}"]);
        Fingerprint = $"command {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)))}";
        _program = new LineProgram(program, arguments, "mask");
    }

    /// <inheritdoc/>
    public int FeatureCount { get; }

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <inheritdoc/>
    public int PreferredBatchSize => DefaultBatchSize;

    /// <inheritdoc/>
    public void Evaluate(MaskBatch masks, DeviceBuffer<float> values, CancellationToken cancel) => Evaluate(masks, values, static _ => { }, cancel);

    /// <inheritdoc/>
    public void Evaluate(MaskBatch masks, DeviceBuffer<float> values, Action<int> answered, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(masks);
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(answered);
        MaskMatrix rows = new(masks.Count, FeatureCount);
        masks.Packed.CopyTo(rows.Words);
        string[] lines = [.. Enumerable.Range(0, masks.Count).Select(row => Line(rows.Row(row)))];
        _program.Ask(
            lines,
            (row, value) =>
            {
                values.CopyFrom([(float)value], row);
                answered(row + 1);
            },
            cancel);
    }

    /// <summary>Closes the program's input and ends it if it does not end by itself.</summary>
    public void Dispose() => _program.Dispose();

    private string Line(ReadOnlySpan<ulong> mask)
    {
        char[] line = new char[FeatureCount];
        for (int i = 0; i < line.Length; i++)
        {
            line[i] = (char)('0' + ((mask[i >> 6] >> (i & 63)) & 1));
        }

        return new string(line);
    }
}
