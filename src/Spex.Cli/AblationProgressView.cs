using System.Globalization;
using Spectre.Console;
using Spex.Engine.Explaining;

namespace Spex.Cli;

/// <summary>Shows how far the ablations are: a bar on a terminal, a line now and then elsewhere.</summary>
internal static class AblationProgressView
{
    private static readonly TimeSpan FirstLine = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(30);

    /// <summary>Runs <paramref name="work"/> and shows its progress on stderr.</summary>
    public static T Show<T>(Terminal terminal, Func<IProgress<AblationProgress>, T> work, TimeProvider? clock = null)
    {
        if (!terminal.ErrorIsTerminal)
        {
            return work(new Lines(terminal.Error, clock ?? TimeProvider.System));
        }

        return terminal.ErrorConsole.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn())
            .Start(context =>
            {
                ProgressTask task = context.AddTask("ablations");
                return work(new Bar(task));
            });
    }

    /// <summary>1,200 of 10,000 ablations, 85 a second, 1 min 44 s left.</summary>
    internal static string Describe(AblationProgress progress)
    {
        string rate = progress.Rate > 0
            ? string.Create(CultureInfo.InvariantCulture, $", {progress.Rate.ToString(progress.Rate < 10 ? "0.0" : "N0", CultureInfo.InvariantCulture)} a second")
            : "";
        string left = progress.Remaining is { } time && progress.Done < progress.Total ? $", {Describe(time)} left" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{progress.Done:N0} of {progress.Total:N0} ablations{rate}{left}");
    }

    private static string Describe(TimeSpan time) => time switch
    {
        { TotalSeconds: < 60 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(time.TotalSeconds):0} s"),
        { TotalMinutes: < 60 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes} min {time.Seconds} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalHours:N0} h {time.Minutes} min"),
    };

    private sealed class Bar(ProgressTask task) : IProgress<AblationProgress>
    {
        public void Report(AblationProgress value)
        {
            task.MaxValue = Math.Max(1, value.Total);
            task.Value = value.Done;
            task.Description = Markup.Escape(Describe(value));
        }
    }

    private sealed class Lines(TextWriter writer, TimeProvider clock) : IProgress<AblationProgress>
    {
        private readonly long _start = clock.GetTimestamp();
        private TimeSpan _next = FirstLine;

        public void Report(AblationProgress value)
        {
            TimeSpan elapsed = clock.GetElapsedTime(_start);
            if (elapsed >= _next)
            {
                writer.WriteLine(Describe(value));
                _next = elapsed + BetweenLines;
            }
        }
    }
}
