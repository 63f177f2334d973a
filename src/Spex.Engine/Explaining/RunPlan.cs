using System.Diagnostics;
using System.Globalization;
using Spex.Core;
using Spex.Core.Designs;
using Spex.Engine.Decoding;

namespace Spex.Engine.Explaining;

/// <summary>What a run evaluates, settled before the first ablation.</summary>
internal sealed class RunPlan
{
    private readonly int _validate;
    private FillDesign? _validation;

    private RunPlan(ExplanationMethod method, long budget, DecoderSettings decoder, MaskDesign design, TakenMasks taken, FillDesign fill, int validate)
    {
        _validate = validate;
        Method = method;
        Budget = budget;
        Decoder = decoder;
        Design = design;
        Taken = taken;
        Fill = fill;
    }

    /// <summary>The method.</summary>
    public ExplanationMethod Method { get; }

    /// <summary>The most ablations.</summary>
    public long Budget { get; }

    /// <summary>The decoder's settings.</summary>
    public DecoderSettings Decoder { get; }

    /// <summary>The method's masks.</summary>
    public MaskDesign Design { get; }

    /// <summary>What is known of the method's masks.</summary>
    public TakenMasks Taken { get; }

    /// <summary>The masks that fill the budget up.</summary>
    public FillDesign Fill { get; }

    /// <summary>The masks outside the budget, on which the finished fit is measured.</summary>
    public FillDesign Validation => _validation ??= Fill.CreateFurther(Taken, _validate);

    /// <summary>Ablations within the budget.</summary>
    public long AblationCount => Design.Count + Fill.Count;

    /// <summary>How long the plan took to make.</summary>
    public double Seconds { get; private init; }

    /// <summary>Whether the uniform masks of <see cref="Fill"/> are a validation set.</summary>
    public bool KeepsValidationSet => Fill.UniformCount >= Explainer.LeastValidationCount;

    /// <summary>Settles method, budget and masks.</summary>
    /// <exception cref="SpexInputException">The settings do not fit.</exception>
    public static RunPlan Make(int featureCount, ExplainerSettings settings)
    {
        long start = Stopwatch.GetTimestamp();
        Check(featureCount, settings);
        DecoderSettings decoder = DecoderOf(settings);
        (ExplanationMethod method, long budget) = ExplanationMethods.Choose(settings.Method, featureCount, settings.Budget, decoder);
        MaskDesign design = method.CreateDesign(featureCount, budget, decoder);
        long left = (featureCount < 62 ? Math.Min(budget, 1L << featureCount) : budget) - design.Count;
        TakenMasks taken = new(design, keepMasks: left > 0 || settings.Validate > 0);
        FillDesign fill = FillDesign.Create(taken, settings.Seed, left);
        return new RunPlan(method, budget, decoder, design, taken, fill, settings.Validate) { Seconds = Stopwatch.GetElapsedTime(start).TotalSeconds };
    }

    /// <summary>What the decoder is told.</summary>
    public static DecoderSettings DecoderOf(ExplainerSettings settings) => new()
    {
        MaxDegree = settings.MaxDegree,
        Order = Math.Min(settings.Order, OrderLimit.MostOrder),
        Seed = settings.Seed,
        BinDecoding = settings.BinDecoding,
        UniformMasksOnly = settings.TargetFaithfulness is not null,
        ProxySearch = settings.PaperSearch ? ProxySearchSettings.Paper : null,
    };

    private static void Check(int featureCount, ExplainerSettings settings)
    {
        if (featureCount == 0)
        {
            throw new SpexInputException("There is nothing to explain: there are no features that could be switched off. At least one is needed.");
        }

        if (settings.Budget is < 1 or > Explainer.MostBudget)
        {
            throw new SpexInputException($"The budget is 1 to {Explainer.MostBudget} ablations; got {settings.Budget}.");
        }

        if (settings.TargetFaithfulness is { } target && !(target > 0 && target < 1))
        {
            throw new SpexInputException($"The faithfulness to reach is an R² above 0 and below 1; got {target.ToString(CultureInfo.InvariantCulture)}.");
        }

        if (settings.Order < 1)
        {
            throw new SpexInputException($"The order is the size of the largest set that is reported, 1 or more; got {settings.Order}.");
        }

        if (settings.MaxDegree is < 1 or > 6)
        {
            throw new SpexInputException($"The largest degree of the spectrum is 1 to 6; got {settings.MaxDegree}.");
        }

        if (settings.Validate is < 0 or 1 or > 1 << 24)
        {
            throw new SpexInputException($"A validation takes 2 to {1 << 24} masks, or 0 for none; got {settings.Validate}.");
        }
    }
}
