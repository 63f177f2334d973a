using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
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

    private static readonly TimeSpan EndGrace = TimeSpan.FromMilliseconds(200);

    // A run that is stopped waits this long in all, and this long from answer to answer, for answers that are on their way already: they were paid for.
    private static readonly TimeSpan StopGrace = TimeSpan.FromMilliseconds(100), AnswerGrace = TimeSpan.FromMilliseconds(20);

    // How long a program may take to end once its input is closed.
    private static readonly TimeSpan CloseGrace = TimeSpan.FromMilliseconds(300);

    private readonly string _program;
    private readonly Process _process;
    private readonly BlockingCollection<string?> _answers = [];
    private Task _sending = Task.CompletedTask;
    private long _line;
    private long? _stopped;

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
        _program = program;
        string identity = string.Join('\0', [program, .. arguments, "\u0001" + name, $"{featureCount}"]);
        Fingerprint = $"command {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)))}";
        ProcessStartInfo start = new(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        try
        {
            _process = Process.Start(start)!;
        }
        catch (Exception error) when (error is Win32Exception or FileNotFoundException or UnauthorizedAccessException)
        {
            throw new SpexInputException($"The program {program} cannot be started: {error.Message}. Check its path and that it may be run.", error);
        }

        // Reading goes on beside writing: a program that answers at once would else fill the pipe and wait for us while we wait for it.
        Thread reader = new(ReadAnswers) { IsBackground = true, Name = "answers of the program" };
        reader.Start();
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
        _sending = Task.Run(() => Send(lines), CancellationToken.None);
        for (int row = 0; row < lines.Length; row++)
        {
            _line++;
            values.CopyFrom([Parse(Receive(lines[row], cancel), lines[row])], row);
            answered(row + 1);
        }

        _sending.Wait(cancel);
    }

    /// <summary>Closes the program's input and ends it if it does not end by itself.</summary>
    public void Dispose()
    {
        // A program that does not read what it was sent would keep us waiting at the full pipe for ever: it is ended at once.
        if (!_sending.IsCompleted)
        {
            _process.Kill(entireProcessTree: true);
        }

        try
        {
            if (_sending.Wait(CloseGrace))
            {
                _process.StandardInput.Close();
            }
        }
        catch (IOException)
        {
            // It is dead already: there is nobody to tell that no mask comes any more.
        }

        if (!_process.WaitForExit(CloseGrace))
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private string Line(ReadOnlySpan<ulong> mask)
    {
        char[] line = new char[FeatureCount];
        for (int i = 0; i < line.Length; i++)
        {
            line[i] = (char)('0' + ((mask[i >> 6] >> (i & 63)) & 1));
        }

        return new string(line);
    }

    private void Send(string[] lines)
    {
        try
        {
            foreach (string line in lines)
            {
                _process.StandardInput.Write(line);
                _process.StandardInput.Write('\n');
            }

            _process.StandardInput.Flush();
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // It stopped reading; the missing answer tells which mask it was about.
        }
    }

    private void ReadAnswers()
    {
        try
        {
            while (_process.StandardOutput.ReadLine() is { } line)
            {
                _answers.Add(line);
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The run was ended and the process disposed; nobody waits for an answer.
        }

        _answers.Add(null);
    }

    private string Receive(string mask, CancellationToken cancel)
    {
        if (Take(cancel) is { } answer)
        {
            return answer;
        }

        // Ctrl+C reaches the program as well, and its end may be seen first.
        if (cancel.WaitHandle.WaitOne(EndGrace))
        {
            cancel.ThrowIfCancellationRequested();
        }

        string end = _process.WaitForExit(TimeSpan.FromSeconds(1)) ? $"ended with exit code {_process.ExitCode}" : "closed its output";
        throw new SpexException($"{_program} {end} before it answered line {_line}, mask {Shorten(mask)}. It must answer one number for each line it reads, and flush.");
    }

    /// <summary>The next answer, null at the end of the program's output. What is there already is taken even when the run was stopped.</summary>
    private string? Take(CancellationToken cancel)
    {
        if (_answers.TryTake(out string? answer))
        {
            return answer;
        }

        try
        {
            return _answers.Take(cancel);
        }
        catch (OperationCanceledException)
        {
            _stopped ??= Stopwatch.GetTimestamp();
            if (Stopwatch.GetElapsedTime(_stopped.Value) < StopGrace && _answers.TryTake(out answer, AnswerGrace))
            {
                return answer;
            }

            throw;
        }
    }

    private float Parse(string answer, string mask) =>
        float.TryParse(answer.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out float value)
            ? value
            : throw new SpexException($"{_program} answered \"{Shorten(answer)}\" to line {_line}, mask {Shorten(mask)}; a number is allowed, such as 0.25.");

    private static string Shorten(string text) => text.Length <= 80 ? text : $"{text[..77]}…";
}
