namespace Spex.Core.Tables;

/// <summary>A column of a <see cref="Table"/>.</summary>
/// <param name="Name">Its name in the header.</param>
/// <param name="Categories">The values of a categorical column; null where its cells are numbers.</param>
/// <param name="Codes">The number that stands for each category: itself where all are numbers, else its place in ordinal order, from 0.</param>
public sealed record TableColumn(string Name, IReadOnlyList<string>? Categories, IReadOnlyList<double>? Codes)
{
    /// <summary>Whether it holds categories, which have no mean and no distance but equal or not.</summary>
    public bool IsCategorical => Categories is not null;
}
