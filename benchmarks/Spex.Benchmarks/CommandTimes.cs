using System.Diagnostics;
using System.Globalization;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Explaining;
using Spex.Torch.Sentiment;

namespace Spex.Benchmarks;

/// <summary>What a person waits for: the time outside the model, and the command from its start to its end.</summary>
internal static class CommandTimes
{
    private const string Sentence = "The film is slow at first but her acting never fails me";

    /// <summary>A review of 500 words with 10,000 ablations: where the time goes.</summary>
    public static int Overhead(string[] arguments)
    {
        if (arguments is not [string file])
        {
            Console.Error.WriteLine("overhead FILE: a text, examples/review.txt; its words are repeated up to 500.");
            return 2;
        }

        string[] words = File.ReadAllText(file).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        string text = string.Join(' ', Enumerable.Range(0, 500).Select(i => words[i % words.Length]));
        using SentimentModel model = SentimentModel.LoadBuiltIn();
        using SentimentValueFunction function = new(model, text);
        Console.WriteLine($"{Rounds.Machine()}; {function.FeatureCount} words, method spex");
        Console.WriteLine($"{"threads",8}{"wall s",9}{"CPU s",8}{"model s",9}{"share",8}{"µs outside",12}   parts in ms (median run of 7)");
        foreach (int threads in new[] { 1, Environment.ProcessorCount }.Distinct())
        {
            using CpuDevice device = new(threads);
            List<(double Wall, double Cpu, Explanation Explanation)> runs = [];
            for (int round = 0; round < 8; round++)
            {
                long start = Stopwatch.GetTimestamp();
                TimeSpan before = Environment.CpuUsage.TotalTime;
                Explanation explanation = new Explainer(device).Explain(function, new ExplainerSettings { Method = "spex", Budget = 10_000 });
                runs.Add((Stopwatch.GetElapsedTime(start).TotalSeconds, (Environment.CpuUsage.TotalTime - before).TotalSeconds, explanation));
            }

            runs.RemoveAt(0);
            double Model(Explanation explanation) => explanation.Run.Timings.First(timing => timing.Part == "model").Seconds;
            (double wall, double cpu, Explanation middle) = runs.OrderBy(run => run.Wall - Model(run.Explanation)).ElementAt(3);
            double inModel = Model(middle);
            string parts = string.Join(", ", middle.Run.Timings.Select(timing => string.Create(CultureInfo.InvariantCulture, $"{timing.Part} {timing.Seconds * 1000:0.0}")));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{threads,8}{wall,9:0.000}{cpu,8:0.000}{inModel,9:0.000}{inModel / wall,8:0.000}{(wall - inModel) / middle.Run.Ablations * 1e6,12:0.00}   {parts}"));
        }

        return 0;
    }

    /// <summary>The published binary on a sentence of 12 words, from the start of the process to its end.</summary>
    public static int Startup(string[] arguments)
    {
        if (arguments is not [string binary])
        {
            Console.Error.WriteLine("startup PATH: the published command, from `dotnet publish src/Spex.Cli -c Release -r linux-x64 --self-contained -p:PublishReadyToRun=true -o DIR`.");
            return 2;
        }

        double Once()
        {
            ProcessStartInfo start = new(Path.GetFullPath(binary), ["explain", "text", Sentence]) { RedirectStandardOutput = true, RedirectStandardError = true };
            long before = Stopwatch.GetTimestamp();
            using Process process = Process.Start(start)!;
            Task<string> error = process.StandardError.ReadToEndAsync();
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            double wall = Stopwatch.GetElapsedTime(before).TotalSeconds;
            return process.ExitCode == 0 ? wall : throw new InvalidOperationException($"It ended with {process.ExitCode}: {error.Result}");
        }

        double first = Once();
        double[] runs = [.. Enumerable.Range(0, 9).Select(_ => Once()).Order()];
        Console.WriteLine($"{Rounds.Machine()}; {Sentence.Split(' ').Length} words");
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"first {first:0.00} s; then of {runs.Length}: least {runs[0]:0.00} s, median {runs[runs.Length / 2]:0.00} s, most {runs[^1]:0.00} s"));
        return 0;
    }
}
