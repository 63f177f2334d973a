using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Spex.Core;
using Spex.Core.Masks;
using Spex.Core.Tables;
using Spex.Engine.Devices;

namespace Spex.Engine.ValueFunctions;

/// <summary>A row of a table and an outside program as a value function: the program reads rows of numbers, comma separated, one a line, and answers one number a line.</summary>
/// <remarks>
/// Columns that are absent have a background row's numbers; with several background rows the program is asked for each, and the value is the weighted mean of its answers. Numbers are written with as many digits as tell them from all others.
/// </remarks>
public sealed class CommandTableValueFunction : IIncrementalValueFunction, IDisposable
{
    private const int LinesPerBatch = 512;

    private readonly double[] _row;
    private readonly TableBackground _background;
    private readonly string[] _present;
    private readonly string[][] _absent;
    private readonly LineProgram _program;

    /// <summary>Starts the program.</summary>
    /// <param name="row">The row, one number a column.</param>
    /// <param name="background">What takes the place of absent columns.</param>
    /// <param name="program">The program, found as a shell would find it.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="name">What tells this function from others with the same arguments (a model's version, say); null for none.</param>
    /// <exception cref="SpexInputException">The program cannot be started.</exception>
    public CommandTableValueFunction(double[] row, TableBackground background, string program, IReadOnlyList<string> arguments, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(row);
        ArgumentNullException.ThrowIfNull(background);
        ArgumentException.ThrowIfNullOrEmpty(program);
        ArgumentNullException.ThrowIfNull(arguments);
        _row = row;
        _background = background;
        _present = Array.ConvertAll(row, Show);
        _absent = [.. background.Rows.Select(numbers => Array.ConvertAll(numbers, Show))];
        string identity = string.Join('\0', [program, .. arguments, "\u0001" + name, .. _present, "\u0001", .. _absent.SelectMany(numbers => numbers), "\u0001", .. background.Weights.Select(Show)]);
        Fingerprint = $"table command {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)))}";
        _program = new LineProgram(program, arguments, "row");
    }

    /// <inheritdoc/>
    public int FeatureCount => _row.Length;

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <inheritdoc/>
    public int PreferredBatchSize => Math.Max(1, LinesPerBatch / _absent.Length);

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
        int backgrounds = _absent.Length;
        string[] lines = [.. Enumerable.Range(0, masks.Count * backgrounds).Select(line => Line(rows, line / backgrounds, _absent[line % backgrounds]))];
        double sum = 0;
        _program.Ask(
            lines,
            (line, value) =>
            {
                sum += _background.Weights[line % backgrounds] * value;
                if (line % backgrounds == backgrounds - 1)
                {
                    values.CopyFrom([(float)sum], line / backgrounds);
                    sum = 0;
                    answered((line / backgrounds) + 1);
                }
            },
            cancel);
    }

    /// <summary>Closes the program's input and ends it if it does not end by itself.</summary>
    public void Dispose() => _program.Dispose();

    private static string Show(double number) => number.ToString("R", CultureInfo.InvariantCulture);

    private string Line(MaskMatrix masks, int row, string[] absent)
    {
        string[] cells = [.. absent];
        for (int column = 0; column < cells.Length; column++)
        {
            if (masks[row, column])
            {
                cells[column] = _present[column];
            }
        }

        return string.Join(',', cells);
    }
}
