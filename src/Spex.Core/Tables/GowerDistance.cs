namespace Spex.Core.Tables;

/// <summary>Gower's distance between rows (Biometrics 27, 1971): the mean over the columns of |x − y| / range, and of 0 or 1 for categories.</summary>
internal sealed class GowerDistance
{
    private readonly TableColumn[] _columns;
    private readonly double[] _ranges;

    /// <summary>Takes the ranges from a table's background rows.</summary>
    public GowerDistance(Table table)
    {
        _columns = [.. table.Columns];
        double[][] rows = table.BackgroundRows.ToArray();
        _ranges = [.. _columns.Select((_, column) => rows.Max(row => row[column]) - rows.Min(row => row[column]))];
    }

    /// <summary>The distance, 0 to 1.</summary>
    public double Between(double[] left, double[] right)
    {
        double sum = 0;
        for (int column = 0; column < _columns.Length; column++)
        {
            double difference = Math.Abs(left[column] - right[column]);
            sum += difference == 0 ? 0 : _columns[column].IsCategorical ? 1 : difference / _ranges[column];
        }

        return sum / _columns.Length;
    }
}
