using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Spex.Core;

namespace Spex.Engine.ValueFunctions;

/// <summary>An outside program that reads lines and answers one number a line, in the same order.</summary>
/// <remarks>
/// It runs as long as this lives and is sent batch after batch; its input is closed at the end. What it writes to stderr goes to ours. It may answer each line at once or flush when it
/// has answered what it was sent. One batch at a time.
/// </remarks>
internal sealed class LineProgram : IDisposable
{
    private static readonly TimeSpan EndGrace = TimeSpan.FromMilliseconds(200);

    // A run that is stopped waits this long in all, and this long from answer to answer, for answers that are on their way already: they were paid for.
    private static readonly TimeSpan StopGrace = TimeSpan.FromMilliseconds(100), AnswerGrace = TimeSpan.FromMilliseconds(20);

    // How long a program may take to end once its input is closed.
    private static readonly TimeSpan CloseGrace = TimeSpan.FromMilliseconds(300);

    private readonly string _program;
    private readonly string _what;
    private readonly Process _process;
    private readonly BlockingCollection<string?> _answers = [];
    private Task _sending = Task.CompletedTask;
    private long _line;
    private long? _stopped;

    /// <summary>Starts the program.</summary>
    /// <param name="program">The program, found as a shell would find it.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="what">What a line holds, for messages: "mask".</param>
    /// <exception cref="SpexInputException">The program cannot be started.</exception>
    public LineProgram(string program, IReadOnlyList<string> arguments, string what)
    {
        ArgumentException.ThrowIfNullOrEmpty(program);
        ArgumentNullException.ThrowIfNull(arguments);
        _program = program;
        _what = what;
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

    /// <summary>Sends lines and takes the answers.</summary>
    /// <param name="lines">The lines, without their ends.</param>
    /// <param name="answered">Called with each line's number in the batch, from 0, and its answer, on the calling thread.</param>
    /// <param name="cancel">Ends the waiting.</param>
    /// <exception cref="SpexException">The program ended, or answered something that is no number.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public void Ask(string[] lines, Action<int, double> answered, CancellationToken cancel)
    {
        _sending = Task.Run(() => Send(lines), CancellationToken.None);
        for (int row = 0; row < lines.Length; row++)
        {
            _line++;
            answered(row, Parse(Receive(lines[row], cancel), lines[row]));
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
            // It is dead already: there is nobody to tell that no line comes any more.
        }

        if (!_process.WaitForExit(CloseGrace))
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
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
            // It stopped reading; the missing answer tells which line it was about.
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

    private string Receive(string line, CancellationToken cancel)
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
        throw new SpexException($"{_program} {end} before it answered line {_line}, {_what} {Shorten(line)}. It must answer one number for each line it reads, and flush.");
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

    private double Parse(string answer, string line) =>
        double.TryParse(answer.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            ? value
            : throw new SpexException($"{_program} answered \"{Shorten(answer)}\" to line {_line}, {_what} {Shorten(line)}; a number is allowed, such as 0.25.");

    private static string Shorten(string text) => text.Length <= 80 ? text : $"{text[..77]}…";
}
