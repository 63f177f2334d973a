using Spex.Engine.Benchmarking;

namespace Spex.Reports;

/// <summary>A method's mean R² over the functions, by number of ablations.</summary>
/// <param name="Method">The method.</param>
/// <param name="Points">Budget, mean R², the mean of the intervals' ends, and how many functions it ran on; ascending budgets.</param>
internal sealed record MethodCurve(string Method, IReadOnlyList<(long Budget, double R2, double Lower, double Upper, int Functions)> Points)
{
    /// <summary>The most functions that any point has.</summary>
    public int MostFunctions => Points.Max(point => point.Functions);

    /// <summary>The curves of all methods that ran, in the order in which they first stand.</summary>
    public static IReadOnlyList<MethodCurve> Of(IReadOnlyList<BenchmarkCell> cells) =>
    [
        .. cells.Where(cell => cell.R2 is not null).GroupBy(cell => cell.Method).Select(method => new MethodCurve(method.Key,
        [
            .. method.GroupBy(cell => cell.Budget).OrderBy(budget => budget.Key).Select(budget => (
                budget.Key,
                budget.Average(cell => cell.R2!.Value),
                budget.Average(cell => cell.Lower!.Value),
                budget.Average(cell => cell.Upper!.Value),
                budget.Select(cell => cell.Fingerprint).Distinct().Count())),
        ])),
    ];
}
