namespace Spex.Reports.Figures;

/// <summary>What a figure shows of a result.</summary>
public enum FigureKind
{
    /// <summary>The text itself: units coloured by their own effect, arcs over pairs and brackets over larger sets.</summary>
    Text,

    /// <summary>The strongest interactions as bars, with their intervals.</summary>
    Bar,

    /// <summary>The strongest features on a circle, with what acts between them.</summary>
    Network,

    /// <summary>The strongest interactions as columns over a matrix of their members.</summary>
    Upset,

    /// <summary>How the interactions lead from the baseline to the output.</summary>
    Waterfall,

    /// <summary>Own effects and pairs as a matrix; attention heads as layers × heads.</summary>
    Heatmap,

    /// <summary>How much of the spectrum's energy sets of each size hold.</summary>
    Energy,
}
