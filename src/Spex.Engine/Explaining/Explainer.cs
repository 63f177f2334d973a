using System.Diagnostics;
using System.Globalization;
using Spex.Core;
using Spex.Core.Designs;
using Spex.Core.Formats;
using Spex.Core.Interactions;
using Spex.Core.Masks;
using Spex.Core.Metrics;
using Spex.Core.Spectra;
using Spex.Engine.Decoding;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.ValueFunctions;

namespace Spex.Engine.Explaining;

/// <summary>Joins the parts, once through and no way back: design → masks → value function → values → decoder → spectrum → index → interactions.</summary>
/// <remarks>
/// <para>
/// The budget is never exceeded, no mask is evaluated twice, and all of it is used up to 2^n. What a method's design leaves over buys first the two corners (all features
/// present, none present), then uniformly random masks. Of these, 64 or more are kept out of the fit as a validation set; with fewer the method's own cross-validation
/// tells the faithfulness. <see cref="ExplainerSettings.Validate"/> buys uniform masks outside the budget after the fit is finished, and these then tell it.
/// </para>
/// <para>The device is the caller's, who disposes it.</para>
/// </remarks>
public sealed class Explainer
{
    /// <summary>Fewer uniform masks than this are no validation set.</summary>
    public const int LeastValidationCount = 64;

    /// <summary>The largest budget: 2^28 ablations.</summary>
    public const long MostBudget = 1L << 28;

    private readonly Device _device;

    /// <summary>Makes an explainer that works on a device.</summary>
    public Explainer(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        _device = device;
    }

    /// <summary>Explains a value function.</summary>
    /// <param name="function">What is explained.</param>
    /// <param name="settings">The settings; null for the defaults.</param>
    /// <param name="progress">Told after every batch of ablations, on the calling thread.</param>
    /// <param name="cancel">Ends the run; values that were paid for are in the samples file, or in the rescue file where one is named.</param>
    /// <exception cref="SpexInputException">The settings do not fit the function: a budget below the method's least, an unknown method, a samples file of another function.</exception>
    /// <exception cref="SpexException">The function failed or gave a value that is not finite, or a file could not be written.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Explanation Explain(
        IValueFunction function,
        ExplainerSettings? settings = null,
        IProgress<AblationProgress>? progress = null,
        CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        settings ??= new ExplainerSettings();
        return settings.TargetFaithfulness is null
            ? ExplainOnce(function, settings, progress, cancel)
            : new AutomaticBudget(this, function, settings, progress, cancel).Explain();
    }

    /// <summary>Explains many value functions at once, each as <see cref="Explain"/> does by itself, bit for bit.</summary>
    /// <remarks>
    /// Functions with as many features and the same batch size share their masks, which are made once, the look at their values, and their decode as far as the method can take many in one launch:
    /// short texts cost few launches, however many they are. Memory is the values of all of them; they decode as many at once as there is memory for.
    /// </remarks>
    /// <param name="functions">What is explained.</param>
    /// <param name="settings">The settings of all; null for the defaults. A samples file keeps the values of one function: none may be named. A rescue file is not written.</param>
    /// <param name="progress">Told after every batch of ablations, on the calling thread: of all functions that go together.</param>
    /// <param name="cancel">Ends the run.</param>
    /// <returns>One explanation a function, in their order.</returns>
    /// <exception cref="SpexInputException">The settings do not fit a function, or name a samples file.</exception>
    /// <exception cref="SpexException">A function failed or gave a value that is not finite.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public IReadOnlyList<Explanation> ExplainBatch(
        IReadOnlyList<IValueFunction> functions,
        ExplainerSettings? settings = null,
        IProgress<AblationProgress>? progress = null,
        CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(functions);
        ExplainerSettings chosen = settings ?? new ExplainerSettings();
        if (chosen.SamplesFile is not null)
        {
            throw new SpexInputException($"A samples file keeps the values of one function; {functions.Count} are explained at once. Explain them one by one, or without {chosen.SamplesFile}.");
        }

        if (chosen.TargetFaithfulness is not null)
        {
            return [.. functions.Select(function => Explain(function, chosen, progress, cancel))];
        }

        Explanation[] explanations = new Explanation[functions.Count];
        foreach (IGrouping<(int, int), int> alike in Enumerable.Range(0, functions.Count).GroupBy(number => (functions[number].FeatureCount, AblationRunner.AtOnceFor(functions[number]))))
        {
            int[] numbers = [.. alike];
            RunPlan plan = RunPlan.Make(alike.Key.Item1, chosen);
            using BatchAblations batch = new(_device, [.. numbers.Select(number => functions[number])], numbers, plan.AblationCount + plan.Validation.Count, progress);
            IReadOnlyList<Decoded> decoded = plan.Method.DecodeBatch(batch.SamplesOf(plan.Design, cancel), plan.Decoder, _device, cancel);
            for (int i = 0; i < numbers.Length; i++)
            {
                Decoded own = decoded[i];
                explanations[numbers[i]] = new Run(_device, functions[numbers[i]], chosen, plan, batch.For(i), cancel) { Decode = _ => own }.Explain();
            }
        }

        return explanations;
    }

    /// <summary>One round.</summary>
    internal Explanation ExplainOnce(IValueFunction function, ExplainerSettings settings, IProgress<AblationProgress>? progress, CancellationToken cancel)
    {
        RunPlan plan = RunPlan.Make(function.FeatureCount, settings);
        using SamplesFile? samples = settings.SamplesFile is null
            ? null
            : SamplesFile.Open(settings.SamplesFile, new SamplesHeader(function.Fingerprint, function.FeatureCount, AblationRunner.PlanFor(function)));
        using AblationRunner runner = new(function, _device, samples, null, progress);
        try
        {
            return new Run(_device, function, settings, plan, runner, cancel).Explain();
        }
        catch (Exception error) when (settings.RescueFile is not null && runner.Evaluated > 0 && (samples is null || runner.RecordingFailed))
        {
            string note = Rescue(runner.Known, settings.RescueFile);
            throw error switch
            {
                OperationCanceledException => new OperationCanceledException(note, error, cancel),
                SpexInputException => new SpexInputException($"{error.Message} {note}", error),
                SpexException => new SpexException($"{error.Message} {note}", error),
                _ => new SpexException($"The run failed with {error.GetType().Name}: {error.Message} {note}", error),
            };
        }
    }

    /// <summary>Saves what was paid for, and says where it is.</summary>
    private static string Rescue(KnownValues values, string path)
    {
        try
        {
            long saved = values.Save(path);
            return string.Create(CultureInfo.InvariantCulture, $"The {saved} values that were evaluated are in {path}; the same run with --samples {path} goes on from there.");
        }
        catch (SpexException error)
        {
            return $"The values that were evaluated could not be saved: {error.Message}";
        }
    }

    /// <summary>One explanation on its way.</summary>
    private sealed class Run
    {
        private readonly Device _device;
        private readonly IValueFunction _function;
        private readonly ExplainerSettings _settings;
        private readonly RunPlan _plan;
        private readonly IAblations _runner;
        private readonly CancellationToken _cancel;
        private readonly int _batchSize;
        private readonly List<(string Part, double Seconds)> _timings = [];
        private readonly List<string> _remarks = [];

        public Run(Device device, IValueFunction function, ExplainerSettings settings, RunPlan plan, IAblations runner, CancellationToken cancel)
        {
            (_device, _function, _settings, _plan, _runner, _cancel) = (device, function, settings, plan, runner, cancel);
            _batchSize = runner.BatchSize;
        }

        /// <summary>What decodes instead of the method; null for the method.</summary>
        public Func<Samples, Decoded>? Decode { get; init; }

        public Explanation Explain()
        {
            RunPlan plan = _plan;
            _runner.Total = plan.AblationCount;

            // What the decoder reads stays where the value function left it.
            using DeviceBuffer<float>? onDevice = _device is CpuDevice || Decode is not null ? null : _device.Allocate<float>(plan.Design.Count);
            float[] values = _runner.Run(plan.Design, 0, _cancel, onDevice);
            Samples samples = new(plan.Design, values) { OnDevice = onDevice };
            float[] filled = _runner.Run(plan.Fill, plan.Design.Count, _cancel);

            Decoded decoded = Decode is null ? plan.Method.Decode(samples, plan.Decoder, _device, _cancel) : Decode(samples);
            FillDesign validation = plan.Validation;
            _runner.Total += validation.Count;
            float[] validated = _runner.Run(validation, plan.AblationCount, _cancel);
            _timings.Add(("masks", plan.Seconds + _runner.Seconds - _runner.ModelSeconds));
            _timings.Add(("model", _runner.ModelSeconds));
            _timings.AddRange(decoded.Timings);

            Spectrum spectrum = decoded.Spectrum;
            Faithfulness faithfulness = Timed("faithfulness", () => Measure(plan, decoded, values, filled, validation, validated));
            InteractionValues interactions = Timed("interactions", () => InteractionConverter.Convert(spectrum, _settings.Index, _settings.Order));
            IReadOnlyDictionary<FeatureSet, Interval>? intervals = !_settings.Intervals ? null : Timed(
                "intervals",
                () => StrengthBootstrap.Intervals(samples, spectrum, interactions, _settings.Seed, _device, _cancel));
            CornerValue output = Corner(plan, true, spectrum, values, filled), baseline = Corner(plan, false, spectrum, values, filled);
            Remark(plan, faithfulness, output, baseline, [values, filled, validated]);
            return new Explanation
            {
                Spectrum = spectrum,
                Interactions = interactions,
                Intervals = intervals,
                Faithfulness = faithfulness,
                Output = output,
                Baseline = baseline,
                Remarks = _remarks,
                Values = _runner.Known,
                Run = new ExplanationRun
                {
                    Method = decoded.Trials.FirstOrDefault(trial => trial.Chosen)?.Name ?? plan.Method.Name,
                    Trials = decoded.Trials,
                    RequestedMethod = _settings.Method,
                    Budget = plan.Budget,
                    Ablations = plan.AblationCount,
                    ValidationAblations = validation.Count,
                    Reused = _runner.Reused,
                    MaxDegree = _settings.MaxDegree,
                    BinDecoding = _settings.BinDecoding,
                    Seed = _settings.Seed,
                    Device = _device.Name,
                    DeviceDescription = _device.Description,
                    Fingerprint = _function.Fingerprint,
                    BatchSize = _batchSize,
                    PlanChanges = _runner.PlanChanges,
                    Timings = [.. _timings.GroupBy(timing => timing.Part).Select(part => (part.Key, part.Sum(timing => timing.Seconds)))],
                },
            };
        }

        private T Timed<T>(string part, Func<T> work)
        {
            long start = Stopwatch.GetTimestamp();
            T result = work();
            _timings.Add((part, Stopwatch.GetElapsedTime(start).TotalSeconds));
            return result;
        }

        private Faithfulness Measure(RunPlan plan, Decoded decoded, float[] values, float[] filled, FillDesign validation, float[] validated)
        {
            if (validation.Count > 0)
            {
                return OnMasks(decoded.Spectrum, validation, 0, validated);
            }

            if (plan.KeepsValidationSet)
            {
                return OnMasks(decoded.Spectrum, plan.Fill, plan.Fill.CornerCount, filled);
            }

            if (decoded.OutOfFold is not { } errors)
            {
                return Faithfulness.Exact(plan.Design.Count);
            }

            double squares = 0;
            foreach (float value in values)
            {
                squares += (double)value * value;
            }

            return Faithfulness.OfErrors(
                errors.Residual, errors.Total, errors.SampleCount, FaithfulnessMeasure.CrossValidated, _settings.Seed, Math.Sqrt(squares / values.Length));
        }

        private Faithfulness OnMasks(Spectrum spectrum, MaskDesign design, int first, float[] values)
        {
            double[] measured = new double[values.Length - first], predicted = new double[measured.Length];
            const int Rows = 1024;
            for (int start = 0; start < measured.Length; start += Rows)
            {
                _cancel.ThrowIfCancellationRequested();
                MaskMatrix masks = design.ToMatrix(first + start, Math.Min(Rows, measured.Length - start));
                spectrum.Evaluate(masks).CopyTo(predicted, start);
            }

            for (int i = 0; i < measured.Length; i++)
            {
                measured[i] = values[first + i];
            }

            return Faithfulness.Of(measured, predicted, FaithfulnessMeasure.Validated, _settings.Seed);
        }

        private static CornerValue Corner(RunPlan plan, bool present, Spectrum spectrum, float[] values, float[] filled)
        {
            long index = present ? plan.Taken.OutputIndex : plan.Taken.BaselineIndex;
            int fillIndex = plan.Fill.IndexOfCorner(present);
            if (index >= 0 || fillIndex >= 0)
            {
                return new CornerValue(index >= 0 ? values[index] : filled[fillIndex], true);
            }

            ulong[] mask = new ulong[MaskMatrix.WordsFor(spectrum.FeatureCount)];
            FillDesign.WriteCorner(present, spectrum.FeatureCount, mask);
            return new CornerValue(spectrum.Evaluate(mask), false);
        }

        private void Remark(RunPlan plan, Faithfulness faithfulness, CornerValue output, CornerValue baseline, float[][] values)
        {
            if (IsConstant(values, out float constant))
            {
                _remarks.Add(Say($"The value is {constant} for every mask that was evaluated: no feature acts on it."));
            }
            else if (faithfulness.Quality == FaithfulnessQuality.Poor)
            {
                _remarks.Add(Say(
                    $"The fit is poor: the spectrum tells {100 * Math.Max(0, faithfulness.R2):0} % of the value's variance. Take the interactions as hints at most; a larger --budget may help."));
            }

            string? predicted = (output.Measured, baseline.Measured) switch
            {
                (true, true) => null,
                (true, false) => "baseline value; it is the spectrum's prediction.",
                (false, true) => "output value; it is the spectrum's prediction.",
                _ => "output and baseline values; they are the spectrum's predictions.",
            };
            if (predicted is not null)
            {
                _remarks.Add($"The budget did not reach to the {predicted}");
            }

            long validated = values[2].Length;
            if (validated < _settings.Validate)
            {
                _remarks.Add(validated == 0
                    ? "All masks were evaluated: none is left to validate on."
                    : Say($"Only {validated} masks were left to validate on, not {_settings.Validate}."));
            }

            if (_runner.PlanChanges.Count > 0)
            {
                _remarks.Add(Say($"Memory was short: batches went from {_batchSize} masks to {_runner.BatchSize}."));
            }
        }

        private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

        private static bool IsConstant(float[][] values, out float constant)
        {
            constant = values[0][0];
            foreach (float[] part in values)
            {
                if (part.AsSpan().ContainsAnyExcept(constant))
                {
                    return false;
                }
            }

            return true;
        }
    }
}
