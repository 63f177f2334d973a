namespace Spex.Reports;

/// <summary>What was explained, as people know it.</summary>
/// <param name="Kind">text, rag, image, table, heads, game or command.</param>
/// <param name="Title">A line that names it: the text, the game's file, the program.</param>
/// <param name="Value">What the numbers are, after "the value is": "the logit of positive", "what the game gives".</param>
/// <param name="FeatureKind">What a feature is, in the singular: "word", "feature".</param>
/// <param name="FeatureNames">One name a feature, or null where they have none.</param>
public sealed record Subject(string Kind, string Title, string Value, string FeatureKind, IReadOnlyList<string>? FeatureNames)
{
    /// <summary>The whole text, where one was explained.</summary>
    public string? Text { get; init; }

    /// <summary>Where each feature stands in the text: first character and length, in UTF-16 units.</summary>
    public IReadOnlyList<(int Start, int Length)>? Spans { get; init; }

    /// <summary>Names of what the features are parts of, such as the documents of a retrieval prompt.</summary>
    public IReadOnlyList<string>? Groups { get; init; }

    /// <summary>The group of each feature, an index into <see cref="Groups"/>; given where they are.</summary>
    public IReadOnlyList<int>? GroupOfFeature { get; init; }

    /// <summary>The picture, where one was explained.</summary>
    public SubjectImage? Image { get; init; }

    /// <summary>The attention head that each feature is, where heads were explained.</summary>
    public IReadOnlyList<HeadPosition>? Heads { get; init; }

    /// <summary>What each feature was in a table's row; its column's name is the feature's name.</summary>
    public IReadOnlyList<ColumnValue>? Columns { get; init; }
}
