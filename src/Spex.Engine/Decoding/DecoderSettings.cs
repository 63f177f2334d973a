namespace Spex.Engine.Decoding;

/// <summary>What people may choose about a method.</summary>
public sealed record DecoderSettings
{
    /// <summary>The largest set a spectrum may hold, 1 to 6; the t of SPEX's code.</summary>
    public int MaxDegree { get; init; } = 5;

    /// <summary>The largest set of methods that fit all sets up to a size, 1 to 4.</summary>
    public int Order { get; init; } = OrderLimit.MostOrder;

    /// <summary>The run's seed, from which every random choice follows.</summary>
    public ulong Seed { get; init; }

    /// <summary>How SPEX reads the bins' signs.</summary>
    public BinDecoding BinDecoding { get; init; } = BinDecoding.Soft;

    /// <summary>Whether "auto" keeps to uniform masks, whatever the budget carries: masks of a smaller budget are then among those of a larger one.</summary>
    internal bool UniformMasksOnly { get; init; }

    /// <summary>Which boosted trees ProxySPEX tries; null for what suits the number of masks and features.</summary>
    internal ProxySearchSettings? ProxySearch { get; init; }
}
