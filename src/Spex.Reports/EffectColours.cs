using Spex.Reports.Drawings;

namespace Spex.Reports;

/// <summary>The colours of effects: blue raises the value, orange lowers it, a pair that colour-blind people tell apart.</summary>
internal sealed record EffectColours
{
    /// <summary>On a light ground.</summary>
    public static readonly EffectColours Light = new()
    {
        Background = Colour.Of("#FFFFFF"),
        Ink = Colour.Of("#1F2328"),
        Muted = Colour.Of("#636B75"),
        Grid = Colour.Of("#E3E6EA"),
        Positive = Colour.Of("#1F74D1"),
        Negative = Colour.Of("#E07B13"),
        Other = Colour.Of("#9AA2AB"),
        Energy = Colour.Of("#3C8D7A"),
    };

    /// <summary>On a dark ground.</summary>
    public static readonly EffectColours Dark = new()
    {
        Background = Colour.Of("#16191E"),
        Ink = Colour.Of("#E8EAED"),
        Muted = Colour.Of("#A2AAB4"),
        Grid = Colour.Of("#2F353D"),
        Positive = Colour.Of("#5CA8F5"),
        Negative = Colour.Of("#F29A45"),
        Other = Colour.Of("#79818B"),
        Energy = Colour.Of("#58B09C"),
    };

    /// <summary>The ground.</summary>
    public required Colour Background { get; init; }

    /// <summary>Text and axes.</summary>
    public required Colour Ink { get; init; }

    /// <summary>Remarks and ticks.</summary>
    public required Colour Muted { get; init; }

    /// <summary>Grid lines.</summary>
    public required Colour Grid { get; init; }

    /// <summary>What raises the value.</summary>
    public required Colour Positive { get; init; }

    /// <summary>What lowers the value.</summary>
    public required Colour Negative { get; init; }

    /// <summary>What is summed up.</summary>
    public required Colour Other { get; init; }

    /// <summary>What has no sign: shares of energy.</summary>
    public required Colour Energy { get; init; }

    /// <summary>The colour of a sign.</summary>
    public Colour Of(double strength) => strength < 0 ? Negative : Positive;

    /// <summary>The colour of a sign for a terminal, whose ground is not known: one that is read on light and on dark.</summary>
    public static string ConsoleName(double strength) => strength < 0 ? "#D97706" : "#2F86EA";

    /// <summary>The colour of a strength on a scale from the ground, which is 0, to the full colour at ±1.</summary>
    public Colour OnScale(double share) => Background.Towards(Of(share), Math.Sqrt(Math.Min(1, Math.Abs(share))));
}
