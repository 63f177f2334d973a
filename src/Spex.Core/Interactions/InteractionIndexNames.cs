namespace Spex.Core.Interactions;

/// <summary>The indices' names as papers and files write them.</summary>
public static class InteractionIndexNames
{
    private static readonly (InteractionIndex Index, string Name)[] Names =
    [
        (InteractionIndex.Fbii, "FBII"),
        (InteractionIndex.Fsii, "FSII"),
        (InteractionIndex.Stii, "STII"),
        (InteractionIndex.Sii, "SII"),
        (InteractionIndex.KSii, "k-SII"),
        (InteractionIndex.Sv, "SV"),
        (InteractionIndex.Bv, "BV"),
        (InteractionIndex.Bii, "BII"),
        (InteractionIndex.Chii, "CHII"),
        (InteractionIndex.Moebius, "Moebius"),
        (InteractionIndex.CoMoebius, "Co-Moebius"),
        (InteractionIndex.Fourier, "Fourier"),
    ];

    /// <summary>All names, in the order in which help lists them.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Names.Select(entry => entry.Name)];

    /// <summary>The index's name: FBII, k-SII, Co-Moebius, ….</summary>
    public static string Name(this InteractionIndex index)
    {
        foreach ((InteractionIndex known, string name) in Names)
        {
            if (known == index)
            {
                return name;
            }
        }

        throw new ArgumentOutOfRangeException(nameof(index), index, "Not an interaction index.");
    }

    /// <summary>Whether the index is of single features, whatever order is asked for: Shapley and Banzhaf values.</summary>
    public static bool IsOfSingleFeatures(this InteractionIndex index) => index is InteractionIndex.Sv or InteractionIndex.Bv;

    /// <summary>The index of a name; letter case, hyphens and the spelling of ö do not matter.</summary>
    /// <returns>Whether there is such an index.</returns>
    public static bool TryParse(string? name, out InteractionIndex index)
    {
        string key = Key(name ?? "");
        foreach ((InteractionIndex known, string knownName) in Names)
        {
            if (Key(knownName) == key)
            {
                index = known;
                return true;
            }
        }

        index = default;
        return false;
    }

    /// <summary>The index of a name; letter case, hyphens and the spelling of ö do not matter.</summary>
    /// <exception cref="SpexInputException">There is no such index; the message lists those there are.</exception>
    public static InteractionIndex Parse(string? name) => TryParse(name, out InteractionIndex index)
        ? index
        : throw new SpexInputException($"There is no interaction index '{name}'. Choose one of {string.Join(", ", All)}.");

    private static string Key(string name) =>
        name.Trim().ToUpperInvariant().Replace("Ö", "OE").Replace("-", "").Replace("_", "").Replace("MOBIUS", "MOEBIUS");
}
