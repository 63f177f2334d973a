namespace Spex.Torch.Sentiment;

/// <summary>How often the model is right, in percent.</summary>
/// <param name="Dev">SST-2 development sentences (872).</param>
/// <param name="Test">SST-2 test sentences (1,821).</param>
/// <param name="Masked25">The test sentences with a quarter of the words masked.</param>
/// <param name="Masked50">… with half of the words masked.</param>
/// <param name="Masked75">… with three quarters of the words masked.</param>
/// <param name="Reviews">IMDB test reviews (2,000), whole.</param>
public sealed record SentimentAccuracy(double Dev, double Test, double Masked25, double Masked50, double Masked75, double Reviews);
