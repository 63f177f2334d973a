using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using Spex.Core;
using Spex.Core.Formats;
using Spex.Engine.Explaining;
using Spex.Engine.ValueFunctions;
using Spex.Reports;

namespace Spex.Cli.Commands;

/// <summary>What all `explain` commands do once they have a value function.</summary>
internal static class ExplainRun
{
    /// <summary>Explains a value function, prints the report and writes the files that were asked for.</summary>
    /// <param name="subject">What is explained.</param>
    /// <param name="function">The value function.</param>
    /// <param name="options">The options that all verbs share.</param>
    /// <param name="parsed">What was given.</param>
    /// <param name="terminal">Where to print.</param>
    /// <param name="cancel">Stops the run.</param>
    /// <param name="more">Files of this verb alone: each path, where it was given, and what writes it.</param>
    /// <returns>The exit code.</returns>
    public static int Invoke(
        Subject subject,
        IValueFunction function,
        ExplainOptions options,
        ParseResult parsed,
        Terminal terminal,
        CancellationToken cancel,
        params (string? Path, Action<string, Explanation> Write)[] more)
    {
        // A file that cannot be written is told before the ablations are paid for, not after.
        (string? Path, Action<string, Explanation> Write)[] outputs =
        [
            (parsed.GetValue(options.Result), (path, explanation) => ResultFile.Write(path, subject, explanation)),
            (parsed.GetValue(options.Html), (path, explanation) => HtmlReport.Write(path, subject, explanation)),
            (parsed.GetValue(options.Json), (path, explanation) => InteractionValuesFile.Write(path, explanation.Interactions, explanation.EstimationBudget)),
            (parsed.GetValue(options.Spectrum), (path, explanation) =>
                SpectrumFile.Write(path, explanation.Spectrum, subject.FeatureNames, json => ResultFile.WriteRun(json, explanation.Run))),
            (parsed.GetValue(options.Csv), (path, explanation) => InteractionTable.WriteCsv(path, subject, explanation)),
            (parsed.GetValue(options.Parquet), (path, explanation) => InteractionTable.WriteParquet(path, subject, explanation)),
            (parsed.GetValue(options.Masks), (path, explanation) => NpyFile.WriteMasks(path, explanation.ToSamples().Masks)),
            (parsed.GetValue(options.Values), (path, explanation) => NpyFile.WriteValues(path, explanation.ToSamples().Values.ToArray())),
            .. more,
        ];
        foreach (string path in outputs.Select(output => output.Path).OfType<string>())
        {
            OutputFile.Check(path);
        }

        using ChosenDevices devices = ChosenDevices.Open(function, options, parsed, terminal);
        IValueFunction explained = devices.On(function);
        Explainer explainer = new(devices.First);
        ExplainerSettings settings = options.Read(parsed) with { RescueFile = RescueFile(function) };
        Explanation explanation;
        try
        {
            explanation = parsed.GetValue(options.Quiet)
                ? explainer.Explain(explained, settings, null, cancel)
                : AblationProgressView.Show(terminal, progress => explainer.Explain(explained, settings, progress, cancel));
        }
        catch (OperationCanceledException error) when (settings.SamplesFile is not null && error.InnerException is null)
        {
            throw new OperationCanceledException($"The values that were evaluated are in {settings.SamplesFile}; the same command goes on from there.", error, cancel);
        }

        explanation = explanation with { Run = explanation.Run with { Device = devices.Names } };
        ConsoleReport.Write(terminal.OutputConsole, subject, explanation, parsed.GetValue(options.Top));
        return Write(outputs, explanation, settings, terminal);
    }

    /// <summary>Writes the files. One that fails does not keep the others from being written, nor the values from being kept.</summary>
    private static int Write((string? Path, Action<string, Explanation> Write)[] outputs, Explanation explanation, ExplainerSettings settings, Terminal terminal)
    {
        bool failed = false;
        foreach ((string? path, Action<string, Explanation> write) in outputs)
        {
            try
            {
                if (path is not null)
                {
                    write(path, explanation);
                }
            }
            catch (SpexException error)
            {
                terminal.Error.WriteLine($"spex: {error.Message}");
                failed = true;
            }
        }

        if (!failed)
        {
            return SpexCommand.Done;
        }

        if (settings.SamplesFile is null && settings.RescueFile is { } rescue)
        {
            explanation.SaveSamples(rescue);
            terminal.Error.WriteLine($"The values that were evaluated are in {rescue}; the same command with --samples {rescue} evaluates nothing again.");
        }

        return SpexCommand.Failed;
    }

    /// <summary>Where the values of a run that ends early are kept: one file a function, so that several such runs add up.</summary>
    public static string RescueFile(IValueFunction function) =>
        $"spex-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(function.Fingerprint)))[..8]}.samples";
}
