namespace Spex.Torch.Sentiment;

/// <summary>How word vectors are learned.</summary>
/// <param name="Dimension">Numbers a vector, a multiple of 16.</param>
/// <param name="Epochs">Passes over the text.</param>
/// <param name="Window">Most words to each side; the width is drawn from 1 … Window for each centre.</param>
/// <param name="LearningRate">At the start; falls linearly to a thousandth.</param>
/// <param name="Subsample">Share of the text above which a word is thinned out.</param>
internal sealed record WordVectorOptions(int Dimension = 128, int Epochs = 2, int Window = 5, float LearningRate = 0.025f, double Subsample = 1e-4);
