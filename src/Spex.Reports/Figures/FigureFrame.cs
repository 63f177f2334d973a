using System.Globalization;
using Spex.Core.Interactions;
using Spex.Engine.Explaining;
using Spex.Reports.Drawings;

namespace Spex.Reports.Figures;

/// <summary>What all figures share: the head that says what is seen and how far it can be trusted, remarks below, margins and fonts.</summary>
internal sealed class FigureFrame
{
    /// <summary>Free space at all sides.</summary>
    public const double Margin = 22;

    private const double TitleSize = 15, RemarkSize = 11.5, RemarkLine = 16;

    private FigureFrame(double width, bool dark, string title)
    {
        Colours = dark ? EffectColours.Dark : EffectColours.Light;
        Drawing = new Drawing(width, Colours.Background, title);
    }

    /// <summary>The drawing.</summary>
    public Drawing Drawing { get; }

    /// <summary>The colours.</summary>
    public EffectColours Colours { get; }

    /// <summary>How far down the drawing has come.</summary>
    public double Y { get; set; }

    /// <summary>The width between the margins.</summary>
    public double Inner => Drawing.Width - (2 * Margin);

    /// <summary>The right margin's place.</summary>
    public double Right => Drawing.Width - Margin;

    /// <summary>Text of the usual size.</summary>
    public Font Label => new(12.5, Colours.Ink);

    /// <summary>Numbers at axes.</summary>
    public Font Tick => new(11, Colours.Muted);

    /// <summary>Starts a figure of a result.</summary>
    /// <param name="result">The result.</param>
    /// <param name="settings">Width and ground.</param>
    /// <param name="what">What the figure shows, without a full stop.</param>
    public static FigureFrame Of(Result result, FigureSettings settings, string what)
    {
        Subject subject = result.Subject;
        Explanation explanation = result.Explanation;
        FigureFrame frame = Start(settings, subject.Title, $"{subject.Title}: {what}");
        int n = explanation.Spectrum.FeatureCount;
        frame.Remark(string.Create(CultureInfo.InvariantCulture, $"{n:N0} {subject.FeatureKind}{(n == 1 ? "" : "s")}; the value is {subject.Value}"));
        frame.Remark(explanation.Faithfulness.ToString());
        frame.Remark(what);
        frame.Y += 8;
        return frame;
    }

    /// <summary>Starts a figure with a head of one line.</summary>
    public static FigureFrame Start(FigureSettings settings, string head, string title)
    {
        FigureFrame frame = new(settings.Width, settings.Dark, FontMetrics.Fit(title, 1, 400)) { Y = Margin + TitleSize };
        frame.Drawing.Text(Margin, frame.Y, FontMetrics.Fit(head, TitleSize, frame.Inner, bold: true), new Font(TitleSize, frame.Colours.Ink, Bold: true));
        frame.Y += 4;
        return frame;
    }

    /// <summary>How an index is named in a figure's head: FBII of order 5.</summary>
    public static string NameOf(InteractionValues values) => values.Index.Name() + (values.Index.IsOfSingleFeatures() ? "" : $" of order {values.Order}");

    /// <summary>How many interactions are drawn: the 10 strongest of 63 interactions.</summary>
    public static string CountOf(TopInteractions top, string noun = "interaction")
    {
        string all = string.Create(CultureInfo.InvariantCulture, $"{top.Count:N0} {noun}{(top.Count == 1 ? "" : "s")}");
        return top.OtherCount > 0 ? $"the {top.Shown.Count} strongest of {all}" : all;
    }

    /// <summary>The entry that sums up what is not drawn one by one.</summary>
    public static string OthersName(int count) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} other{(count == 1 ? "" : "s")}, summed");

    /// <summary>Small print, in as many lines as it takes.</summary>
    public void Remark(string text)
    {
        foreach (string line in FontMetrics.Wrap(text, RemarkSize, Inner))
        {
            Y += RemarkLine;
            Drawing.Text(Margin, Y, line, new Font(RemarkSize, Colours.Muted));
        }
    }

    /// <summary>Ends the figure below what was drawn last.</summary>
    public Drawing Finish(params IEnumerable<string?> remarks)
    {
        foreach (string remark in remarks.OfType<string>())
        {
            Remark(remark);
        }

        Drawing.Height = Math.Ceiling(Y + Margin - 4);
        return Drawing;
    }

    /// <summary>A figure that has nothing to draw says so.</summary>
    public Drawing Nothing(string why)
    {
        Y += 20;
        Drawing.Text(Margin, Y, why, Label);
        return Finish();
    }
}
