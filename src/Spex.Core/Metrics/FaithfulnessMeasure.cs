namespace Spex.Core.Metrics;

/// <summary>How a faithfulness was measured.</summary>
public enum FaithfulnessMeasure
{
    /// <summary>All 2^n masks were evaluated and the spectrum reproduces them; there is nothing left to predict.</summary>
    Exact,

    /// <summary>Every sample was predicted by a fit that did not see it.</summary>
    CrossValidated,

    /// <summary>The frozen fit predicted uniformly random masks that it never saw.</summary>
    Validated,
}
