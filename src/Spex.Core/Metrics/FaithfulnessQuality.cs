namespace Spex.Core.Metrics;

/// <summary>What a faithfulness means, in a word.</summary>
public enum FaithfulnessQuality
{
    /// <summary>R² below <see cref="Faithfulness.FairThreshold"/>: much of what the model does is missing; take the interactions as hints at most.</summary>
    Poor,

    /// <summary>R² from <see cref="Faithfulness.FairThreshold"/>: the strongest interactions can be trusted, small ones not.</summary>
    Fair,

    /// <summary>R² from <see cref="Faithfulness.GoodThreshold"/>: the interactions tell what the model does.</summary>
    Good,
}
