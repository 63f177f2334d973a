using System.Globalization;
using System.Net;
using System.Text;
using Spex.Engine.Benchmarking;
using Spex.Reports.Figures;

namespace Spex.Reports;

/// <summary>R² over the number of ablations, one line a method, as SVG: the figure of the SPEX and ProxySPEX papers.</summary>
/// <remarks>Colours are those of Okabe and Ito (2008), which colour-blind people can tell apart; each line also has its own dashes and its name at its end.</remarks>
public static class FaithfulnessFigure
{
    private const double Width = 760, Height = 420, Left = 52, Right = 190, Top = 20, Bottom = 44;

    private static readonly string[] Colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F7F7F", "#8C6D31"];
    private static readonly string[] Dashes = ["", "6 3", "2 3", "8 3 2 3", "12 4", "1 4"];

    /// <summary>Draws the figure.</summary>
    /// <param name="cells">The cells; those that were skipped are left out.</param>
    public static string Draw(IReadOnlyList<BenchmarkCell> cells)
    {
        ArgumentNullException.ThrowIfNull(cells);
        IReadOnlyList<MethodCurve> curves = MethodCurve.Of(cells);
        StringBuilder svg = new();
        svg.Append(Say($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" font-family=\"system-ui, sans-serif\" font-size=\"12\" role=\"img\">\n"));
        svg.Append("<title>R² on unseen masks over the number of ablations</title>\n");
        svg.Append("<style>text{fill:#222}.axis{stroke:#888}.grid{stroke:#8884}@media(prefers-color-scheme:dark){text{fill:#ddd}}</style>\n");
        if (curves.Count == 0)
        {
            return svg.Append("<text x=\"60\" y=\"60\">No method ran.</text>\n</svg>\n").ToString();
        }

        long[] budgets = [.. curves.SelectMany(curve => curve.Points).Select(point => point.Budget).Distinct().Order()];
        double low = Math.Log(budgets[0]), span = Math.Max(1e-9, Math.Log(budgets[^1]) - low);
        double X(long budget) => budgets.Length == 1 ? Left + 20 : Left + ((Math.Log(budget) - low) / span * (Width - Left - Right));
        double Y(double r2) => Top + ((1 - Math.Clamp(r2, 0, 1)) * (Height - Top - Bottom));
        for (int tenth = 0; tenth <= 10; tenth += 2)
        {
            svg.Append(Say($"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(tenth / 10.0):0.0}\" y2=\"{Y(tenth / 10.0):0.0}\"/><text x=\"{Left - 8}\" y=\"{Y(tenth / 10.0) + 4:0.0}\" text-anchor=\"end\">{tenth / 10.0:0.0}</text>\n"));
        }

        foreach (long budget in budgets)
        {
            svg.Append(Say($"<text x=\"{X(budget):0.0}\" y=\"{Height - Bottom + 18}\" text-anchor=\"middle\">{budget}</text>\n"));
        }

        svg.Append(Say($"<text x=\"{(Left + Width - Right) / 2:0.0}\" y=\"{Height - 8}\" text-anchor=\"middle\">ablations</text><text x=\"14\" y=\"{Height / 2}\" transform=\"rotate(-90 14 {Height / 2})\" text-anchor=\"middle\">R² on unseen masks (below 0 shown as 0)</text>\n"));
        double[] places = LabelPlaces.Spread([.. curves.Select(curve => Y(curve.Points[^1].R2))], 14, Height - Bottom);
        for (int c = 0; c < curves.Count; c++)
        {
            MethodCurve curve = curves[c];
            string colour = Colours[c % Colours.Length];
            string upper = string.Join(' ', curve.Points.Select(point => Say($"{X(point.Budget):0.0},{Y(point.Upper):0.0}")));
            string lower = string.Join(' ', curve.Points.Reverse().Select(point => Say($"{X(point.Budget):0.0},{Y(point.Lower):0.0}")));
            string line = string.Join(' ', curve.Points.Select(point => Say($"{X(point.Budget):0.0},{Y(point.R2):0.0}")));
            svg.Append(Say($"<g stroke=\"{colour}\" fill=\"{colour}\"><polygon points=\"{upper} {lower}\" stroke=\"none\" fill-opacity=\"0.12\"/><polyline points=\"{line}\" fill=\"none\" stroke-width=\"2\" stroke-dasharray=\"{Dashes[c % Dashes.Length]}\"/>"));
            foreach ((long budget, double r2, _, _, _) in curve.Points)
            {
                svg.Append(Say($"<circle cx=\"{X(budget):0.0}\" cy=\"{Y(r2):0.0}\" r=\"3\"/>"));
            }

            svg.Append(Say($"</g><text x=\"{Width - Right + 14}\" y=\"{places[c] + 4:0.0}\" style=\"fill:{colour}\">{WebUtility.HtmlEncode(curve.Method)} {curve.Points[^1].R2:0.00}</text>\n"));
        }

        svg.Append(SpeedUp(curves, X, Y));
        return svg.Append("</svg>\n").ToString();
    }

    /// <summary>Marks how many times fewer ablations the best curve needs for the R² that SPEX has at the end.</summary>
    private static string SpeedUp(IReadOnlyList<MethodCurve> curves, Func<long, double> x, Func<double, double> y)
    {
        MethodCurve? spex = curves.FirstOrDefault(curve => curve.Method == "spex");
        MethodCurve? best = curves.Where(curve => curve.Method != "spex").MaxBy(curve => curve.Points[^1].R2);
        if (spex is null || best is null)
        {
            return "";
        }

        (long budget, double r2, _, _, _) = spex.Points[^1];
        foreach ((long fewer, double reached, _, _, _) in best.Points)
        {
            if (reached >= r2 && fewer < budget && r2 > 0)
            {
                return Say($"<line class=\"axis\" x1=\"{x(fewer):0.0}\" x2=\"{x(budget):0.0}\" y1=\"{y(r2):0.0}\" y2=\"{y(r2):0.0}\" stroke-dasharray=\"3 3\"/><text x=\"{(x(fewer) + x(budget)) / 2:0.0}\" y=\"{y(r2) - 6:0.0}\" text-anchor=\"middle\">{budget / (double)fewer:0.#}× fewer ({WebUtility.HtmlEncode(best.Method)})</text>\n");
            }
        }

        return "";
    }

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
