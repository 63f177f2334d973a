namespace Spex.Core.Games;

/// <summary>What a term of a sparse function stands for.</summary>
public enum SparseBasis
{
    /// <summary>f(m) = Σ_S c_S·(−1)^{|S∩m|}, the Walsh-Hadamard form.</summary>
    Fourier,

    /// <summary>f(m) = Σ_T a_T·[T ⊆ m], the AND form.</summary>
    Moebius,
}
