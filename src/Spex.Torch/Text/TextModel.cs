using Spex.Core;
using Spex.Torch.Models;
using Spex.Torch.Tokenizers;
using static TorchSharp.torch;

namespace Spex.Torch.Text;

/// <summary>A model that reads text, with its tokenizer, from one folder.</summary>
public sealed class TextModel : IDisposable
{
    private readonly PretrainedModel _model;
    private readonly int? _startToken;

    private TextModel(PretrainedModel model, TextTokenizer tokenizer, int? startToken)
    {
        _model = model;
        Tokenizer = tokenizer;
        _startToken = startToken;
    }

    /// <summary>Its tokenizer.</summary>
    public TextTokenizer Tokenizer { get; }

    /// <summary>The class of its weights.</summary>
    public string Architecture => _model.Architecture;

    /// <summary>Whether it is a language model, which answers; else it is a classifier.</summary>
    public bool Answers => _model is DecoderModel;

    /// <summary>Opens a folder.</summary>
    /// <param name="path">The folder: config.json, weights, tokenizer.</param>
    /// <param name="compute">What it computes with: Float32, or BFloat16.</param>
    /// <param name="device">Where it runs; null for the processor.</param>
    /// <exception cref="SpexInputException">A file is missing or malformed, or the architecture is unknown or does not read text.</exception>
    public static TextModel Open(string path, ScalarType compute = ScalarType.Float32, Device? device = null)
    {
        ModelFolder folder = ModelFolder.Open(path);
        ModelArchitecture architecture = ModelArchitectures.Find(folder.Configuration);
        Type[] kinds = [typeof(EncoderClassifier), typeof(DecoderModel)];
        if (!kinds.Any(kind => kind.IsAssignableFrom(architecture.Model)))
        {
            throw new SpexInputException(
                $"{path} holds {architecture.Name}, which is {architecture.What}; a text is read by one of {string.Join(", ", kinds.Select(ModelArchitectures.NamesOf))}.");
        }

        // The tokenizer first: it is quick, and what is wrong with it is told before large weights are read.
        TextTokenizer tokenizer = TokenizerFolder.Open(folder);
        ModelConfiguration configuration = folder.Configuration;
        int? start = configuration.Has("bos_token_id") ? configuration.WholeNumber("bos_token_id", 0) : null;
        return new TextModel(folder.Load<PretrainedModel>(compute, device), tokenizer, start);
    }

    /// <summary>What a classifier says about a text.</summary>
    /// <param name="parts">The text, in the tokenizer's form, and its features.</param>
    /// <param name="options">Target, measure, removal.</param>
    /// <exception cref="SpexInputException">The model is no classifier, or as <see cref="ClassifierTextFunction"/>.</exception>
    public ClassifierTextFunction Classify(TextParts parts, ClassifierTextOptions? options = null) => _model is EncoderClassifier classifier
        ? new ClassifierTextFunction(classifier, Tokenizer, parts, options)
        : throw new SpexInputException($"{Architecture} is a language model: it has no classes. Explain an answer.");

    /// <summary>What a language model answers to a prompt.</summary>
    /// <param name="parts">The prompt, in the tokenizer's form, and its features.</param>
    /// <param name="options">Answers and removal.</param>
    /// <exception cref="SpexInputException">The model is no language model, or as <see cref="AnswerTextFunction"/>.</exception>
    public AnswerTextFunction Answer(TextParts parts, AnswerTextOptions? options = null) => _model is DecoderModel decoder
        ? new AnswerTextFunction(decoder, Tokenizer, parts, options, _startToken)
        : throw new SpexInputException($"{Architecture} is a classifier: it gives no answers. Explain one of its classes.");

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();
}
