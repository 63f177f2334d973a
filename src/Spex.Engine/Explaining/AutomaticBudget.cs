using System.Globalization;
using Spex.Core;
using Spex.Core.Designs;
using Spex.Core.Metrics;
using Spex.Engine.Decoding;
using Spex.Engine.ValueFunctions;

namespace Spex.Engine.Explaining;

/// <summary>Adds ablations in rounds until the lower end of the validated R² interval passes a target, or more of them no longer help.</summary>
/// <remarks>
/// Each round buys half as many masks again for the fit, and a quarter of that, at least <see cref="LeastValidation"/>, to validate on; both are uniform masks, and those of a round are among
/// those of the next, so nothing is paid for twice. Where the masks reach half of all 2^n, all are evaluated and the answer is exact.
/// </remarks>
internal sealed class AutomaticBudget
{
    /// <summary>Masks of the first round's fit.</summary>
    public const long First = 256;

    /// <summary>The fewest masks that a round validates on.</summary>
    public const int LeastValidation = 128;

    private const double Growth = 1.5;
    private const double ValidationShare = 0.25;

    // Rounds end when the last three, 3.4 times as many masks, brought the lower end up by less than this.
    private const int Patience = 3;
    private const double LeastGain = 0.02;

    // What more would cost is told up to so many times what was spent; beyond it no line through a few rounds can be trusted.
    private const long MostForecast = 100;

    private readonly Explainer _explainer;
    private readonly IValueFunction _function;
    private readonly ExplainerSettings _settings;
    private readonly IProgress<AblationProgress>? _progress;
    private readonly CancellationToken _cancel;
    private readonly double _target;
    private readonly long _most;
    private readonly long _all;

    public AutomaticBudget(Explainer explainer, IValueFunction function, ExplainerSettings settings, IProgress<AblationProgress>? progress, CancellationToken cancel)
    {
        (_explainer, _function, _settings, _progress, _cancel) = (explainer, function, settings, progress, cancel);
        _target = settings.TargetFaithfulness!.Value;
        _all = function.FeatureCount <= ExactMethod.FeatureLimit ? 1L << function.FeatureCount : long.MaxValue;
        _most = settings.Budget ?? Explainer.MostBudget;
    }

    /// <summary>Runs the rounds.</summary>
    /// <exception cref="SpexInputException">The method's masks for a larger budget do not contain those for a smaller one, or the budget does not carry the first round.</exception>
    public Explanation Explain()
    {
        // Values of earlier rounds come from the samples file; without one, from a file that lives as long as the rounds.
        if (_settings.SamplesFile is not null)
        {
            return Rounds(_settings);
        }

        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            return Rounds(_settings with { SamplesFile = path });
        }
        catch (Exception error) when (_settings.RescueFile is { } rescue && File.Exists(path))
        {
            string kept = Keep(path, rescue);
            string note = $"The values that were evaluated are in {kept}; the same run with --samples {kept} goes on from there.";
            throw error switch
            {
                OperationCanceledException => new OperationCanceledException(note, error, _cancel),
                SpexInputException => new SpexInputException($"{error.Message} {note}", error),
                _ => new SpexException($"{error.Message} {note}", error),
            };
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static string Keep(string path, string rescue)
    {
        for (int number = 1; File.Exists(rescue); number++)
        {
            rescue = Path.ChangeExtension(rescue, null) + string.Create(CultureInfo.InvariantCulture, $"-{number}.samples");
        }

        File.Move(path, rescue);
        return rescue;
    }

    private Explanation Rounds(ExplainerSettings settings)
    {
        RequireNested(settings);
        List<(long Spent, Faithfulness Faithfulness)> rounds = [];
        List<(string Part, double Seconds)> timings = [];
        long evaluated = 0;
        for (double fit = First; ; fit *= Growth)
        {
            (long budget, int validate) = Cut((long)fit);
            bool last = budget + validate >= _most;
            Explanation explanation = _explainer.ExplainOnce(_function, settings with { Budget = budget, Validate = validate }, _progress, _cancel);
            long spent = explanation.Run.Ablations + explanation.Run.ValidationAblations;
            rounds.Add((spent, explanation.Faithfulness));
            timings.AddRange(explanation.Run.Timings);
            evaluated += spent - explanation.Run.Reused;
            bool reached = explanation.Faithfulness.Measure == FaithfulnessMeasure.Exact || explanation.Faithfulness.Lower >= _target;
            bool stalled = rounds.Count > Patience && explanation.Faithfulness.Lower < rounds[^(Patience + 1)].Faithfulness.Lower + LeastGain;
            if (reached || stalled || last || explanation.Run.Ablations >= _all)
            {
                return explanation with
                {
                    Remarks = [.. explanation.Remarks, .. Remarks(rounds, reached, stalled)],
                    Run = explanation.Run with
                    {
                        Reused = Math.Max(0, spent - evaluated),
                        Timings = [.. timings.GroupBy(timing => timing.Part).Select(part => (part.Key, part.Sum(timing => timing.Seconds)))],
                    },
                };
            }
        }
    }

    /// <summary>The masks of a round: no more than the budget, and all of them where they come near.</summary>
    private (long Budget, int Validate) Cut(long fit)
    {
        int validate = (int)Math.Clamp((long)(ValidationShare * fit), LeastValidation, 1 << 24);
        if (fit + validate >= _all / 2 && _all <= _most)
        {
            return (_all, 0);
        }

        if (fit + validate <= _most)
        {
            return (fit, validate);
        }

        validate = (int)Math.Max(LeastValidation, _most / 5);
        return (_most - validate, validate);
    }

    private void RequireNested(ExplainerSettings settings)
    {
        long least = First + LeastValidation;
        if (_most < Math.Min(_all, least))
        {
            throw new SpexInputException($"Ablations are added in rounds, of which the first takes {least}; the budget is {_most}. Raise --budget, or give a number without --faithfulness.");
        }

        if (_all / 2 <= least && _all <= _most)
        {
            return;
        }

        DecoderSettings decoder = RunPlan.DecoderOf(settings);
        (ExplanationMethod method, long budget) = ExplanationMethods.Choose(settings.Method, _function.FeatureCount, null, decoder);
        if (method is not ExactMethod && method.CreateDesign(_function.FeatureCount, budget, decoder) is not UniformDesign)
        {
            throw new SpexInputException(
                $"The masks of the method {method.Name} for a larger budget do not contain those for a smaller one, so it cannot add ablations in rounds. Give a number with --budget, or --method auto.");
        }
    }

    private List<string> Remarks(List<(long Spent, Faithfulness Faithfulness)> rounds, bool reached, bool stalled)
    {
        List<string> remarks =
        [
            $"Rounds: {string.Join(", ", rounds.Select(round => Say($"{round.Spent:N0} ablations R² {round.Faithfulness.R2:0.000} (at least {round.Faithfulness.Lower:0.000})")))}.",
        ];
        double next = reached ? (1 + _target) / 2 : _target;
        if (!reached)
        {
            remarks.Add(Say($"R² {_target} was not reached: {(stalled ? "more ablations hardly help any more. A SPEX design (--method spex with a number for --budget) finds sets of higher order" : "the budget is spent")}."));
        }

        if (Forecast([.. rounds.Select(round => (round.Spent, round.Faithfulness.R2))], next) is { } needed)
        {
            string about = needed >= MostForecast * rounds[^1].Spent ? "more than" : "about";
            remarks.Add(Say($"R² {next} is expected from {about} {needed:N0} ablations."));
        }

        return remarks;
    }

    /// <summary>1 − R² falls like a power of the ablations: the line through the first and last of the last three rounds, on logarithmic axes, up to <see cref="MostForecast"/> times what was spent; null where it is flat or nothing is left.</summary>
    internal static long? Forecast(IReadOnlyList<(long Spent, double R2)> rounds, double goal)
    {
        (long spent, double r2) = rounds[^1];
        (long before, double first) = rounds[Math.Max(0, rounds.Count - 3)];
        double left = 1 - r2;
        if (left <= 1 - goal || first >= r2 || before == spent)
        {
            return null;
        }

        double slope = Math.Log((1 - first) / left) / Math.Log((double)spent / before);
        double needed = spent * Math.Pow(left / (1 - goal), 1 / slope);
        return slope < 0.1 ? null : needed >= MostForecast * spent ? MostForecast * spent : (long)Math.Ceiling(needed / 100) * 100;
    }

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
