namespace Spex.Torch.Forward;

/// <summary>What of a classifier's logits z is explained, for a class c.</summary>
public enum ClassMeasure
{
    /// <summary>z_c.</summary>
    Logit,

    /// <summary>z_c − max over the other classes of z; negative where another class is predicted.</summary>
    Margin,

    /// <summary>Softmax: exp z_c / Σ exp z, between 0 and 1.</summary>
    Probability,
}
