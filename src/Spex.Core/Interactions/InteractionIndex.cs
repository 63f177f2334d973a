namespace Spex.Core.Interactions;

/// <summary>The definition that turns a function into interactions; formulas in <see cref="IndexWeights"/>.</summary>
public enum InteractionIndex
{
    /// <summary>Faithful Banzhaf interaction index: the best approximation up to the order on uniformly random masks (Tsai, Yeh and Ravikumar, JMLR 2023).</summary>
    Fbii,

    /// <summary>Faithful Shapley interaction index: the best efficient approximation up to the order under Shapley's kernel (Tsai, Yeh and Ravikumar, JMLR 2023).</summary>
    Fsii,

    /// <summary>Shapley-Taylor interaction index (Dhamdhere, Agarwal and Sundararajan, ICML 2020).</summary>
    Stii,

    /// <summary>Shapley interaction index (Grabisch and Roubens, 1999).</summary>
    Sii,

    /// <summary>k-Shapley values: SII aggregated to be efficient up to the order (Bordt and von Luxburg, AISTATS 2023).</summary>
    KSii,

    /// <summary>Shapley values (Shapley, 1953).</summary>
    Sv,

    /// <summary>Banzhaf values (Banzhaf, 1965).</summary>
    Bv,

    /// <summary>Banzhaf interaction index (Grabisch and Roubens, 1999).</summary>
    Bii,

    /// <summary>Chaining interaction index (Marichal and Roubens, 1999).</summary>
    Chii,

    /// <summary>Möbius coefficients, Harsanyi dividends: f(m) = Σ_T a_T·[T ⊆ m].</summary>
    Moebius,

    /// <summary>Co-Möbius transform: Σ_{T ⊇ S} a_T.</summary>
    CoMoebius,

    /// <summary>Fourier (Walsh-Hadamard) coefficients: f(m) = Σ_S F(S)·(−1)^{|S∩m|}.</summary>
    Fourier,
}
