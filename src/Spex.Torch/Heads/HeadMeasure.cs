namespace Spex.Torch.Heads;

/// <summary>What the answers to multiple-choice questions are worth.</summary>
public enum HeadMeasure
{
    /// <summary>The share of questions whose right answer has the highest log-probability; the first of equal answers counts as the highest.</summary>
    Accuracy,

    /// <summary>Mean of log p(right answer) − max log p(another answer), natural logarithms: it also tells how sure the model is, so few questions say more.</summary>
    Margin,
}
