using System.Security.Cryptography;
using System.Text;
using Spex.Core;
using Spex.Torch.Models;
using Spex.Torch.Tokenizers;
using static TorchSharp.torch;

namespace Spex.Torch.Text;

/// <summary>A prompt and a language model: the value is the mean log-probability of an answer's tokens, or the difference of two answers'.</summary>
/// <remarks>
/// With a_1 … a_k the answer's tokens and m(x) what is left of the prompt, f(m) = (1/k) Σ_i log p(a_i | m(x), a_1 … a_{i−1}), natural logarithms, p the softmax over the model's true
/// logits (Kang et al., 2025, length-normalised). The answer is scored in one pass (teacher forcing). Keys and values of what stands before the first feature are computed once.
/// </remarks>
public sealed class AnswerTextFunction : TextValueFunction
{
    private readonly DecoderModel _model;
    private readonly ContinuationTree _answers;
    private readonly TextRemoval _removal;
    private readonly KeyValueCache? _prefix;
    private readonly int? _start;

    /// <summary>Tokenises a prompt and prepares its ablations.</summary>
    /// <param name="model">The model; must live as long as this. Owned by the caller.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="parts">The prompt, in the tokenizer's form, and its features.</param>
    /// <param name="options">Answers and removal; null for the model's own answer.</param>
    /// <param name="startToken">The token that begins texts, read where everything was deleted and nothing else is left; null for the tokenizer's.</param>
    /// <exception cref="SpexInputException">
    /// Prompt and answer are too long for the model, an answer is empty, nothing can be switched off, the model has no mask token and one is wanted, the tokenizer is another model's, or what
    /// predicts the answer could itself be hidden from attention.
    /// </exception>
    public AnswerTextFunction(DecoderModel model, TextTokenizer tokenizer, TextParts parts, AnswerTextOptions? options = null, int? startToken = null)
        : base(model, Mask(tokenizer, parts, options ?? new AnswerTextOptions()))
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= new AnswerTextOptions();
        _model = model;
        _removal = RemovalOf(tokenizer, options);
        _start = startToken ?? model.EndTokens.Cast<int?>().FirstOrDefault();
        if (_removal == TextRemoval.Attention && !Masked.EndIsKept)
        {
            throw new SpexInputException(
                "The answer is predicted from the prompt's last token, which attention cannot be kept from. End the prompt with something that is kept (--keep \"Answer:\"), or choose another removal.");
        }

        bool mayBeEmpty = _removal == TextRemoval.Delete && Masked.PrefixLength == 0 && !Masked.EndIsKept;
        if (mayBeEmpty && _start is null)
        {
            throw new SpexInputException("Where everything is deleted the model has nothing to go on from, and it has no token that begins texts. Keep a part of the prompt (--keep), or choose another removal.");
        }

        // The token that predicts the answer is read for every mask, so at least one is left outside the prefix.
        int prefix = Math.Min(Masked.PrefixLength, Masked.Tokens.Count - 1) - (_removal == TextRemoval.Delete && !Masked.EndIsKept ? 1 : 0);
        Skipped = Math.Max(0, prefix);
        CheckLength(0);
        using Tensor readable = model.Tokens([.. Masked.Slots().Select(slot => slot.Token)]);
        IReadOnlyList<int> answer = options.Answer is { } given ? AnswerTokens(tokenizer, given) : OwnAnswer(options.AnswerTokens);
        IReadOnlyList<int>? against = options.Against is { } other ? AnswerTokens(tokenizer, other) : null;
        if (against is not null && against.SequenceEqual(answer))
        {
            throw new SpexInputException($"The two answers are the same, \"{options.Against}\": their difference is always 0. Give another one to compare with.");
        }

        Answer = options.Answer ?? tokenizer.Decode(answer, continues: true).Trim();
        Against = options.Against;
        CheckLength(Math.Max(answer.Count, against?.Count ?? 0));
        _answers = new ContinuationTree(against is null ? [answer] : [answer, against]);
        using Tensor checkedAnswers = model.Tokens([.. answer, .. against ?? []]);
        byte[] scored = Encoding.UTF8.GetBytes(string.Join(',', answer) + "|" + string.Join(',', against ?? []));
        Fingerprint = $"{model.Fingerprint}:{Masked.Fingerprint}:answer:{Convert.ToHexStringLower(SHA256.HashData(scored))[..16]}:start-{_start}".ToLowerInvariant();
        try
        {
            _prefix = Skipped > 0 ? model.Prefix([.. Masked.Tokens.Take(Skipped)]) : null;
            Prepare();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The answer, as given or as the model gave it.</summary>
    public string Answer { get; }

    /// <summary>The answer that is taken off; null for none.</summary>
    public string? Against { get; }

    /// <summary>Tokens at the prompt's beginning that are computed once, not for each mask.</summary>
    public int SharedTokens => Skipped;

    /// <inheritdoc/>
    public override string Fingerprint { get; }

    /// <inheritdoc/>
    public override string Value => Against is null
        ? $"the mean log-probability a token of the answer \"{OneLine(Answer)}\""
        : $"the log-probability of \"{OneLine(Answer)}\" less that of \"{OneLine(Against)}\", both a token";

    private protected override int OutputCount => _answers.Count;

    private protected override int Skipped { get; }

    private protected override double MultiplicationsPerToken
    {
        get
        {
            DecoderShape shape = _model.Shape;
            double hidden = shape.HiddenSize;
            return shape.LayerCount * ((12 * hidden * hidden) + (2 * hidden * TokenCount));
        }
    }

    /// <summary>On the left: the answer follows the last token of every text.</summary>
    private protected override TextPadding Padding => new(_start ?? 0, OnTheLeft: true);

    private protected override Tensor Run(TextBlock texts, bool usePrefix)
    {
        DecoderPass pass = new() { Prefix = usePrefix ? _prefix : null, Present = texts.Present, Positions = texts.Positions, IsChecked = true };
        Tensor sums = _model.LogProbabilities(texts.Ids, _answers, pass);
        return (sums / tensor(_answers.Lengths.Select(tokens => (double)tokens).ToArray(), device: _model.Device)).to_type(ScalarType.Float32);
    }

    private protected override Tensor ValuesOf(Tensor outputs) => Against is null ? outputs.select(1, 0) : outputs.select(1, 0) - outputs.select(1, 1);

    private protected override long BytesPerText(int length)
    {
        DecoderShape shape = _model.Shape;
        int answer = _answers.Lengths.Sum();
        long all = length + Skipped + answer;
        return 4L * (((length + answer) * ((16L * shape.HiddenSize) + (shape.HeadCount * all))) + (2L * (answer + 1) * shape.VocabularySize) + (2L * all * shape.HiddenSize));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _prefix?.Dispose();
        base.Dispose(disposing);
    }

    private static MaskedText Mask(TextTokenizer tokenizer, TextParts parts, AnswerTextOptions options)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(parts);
        return MaskedText.Make(tokenizer, parts, RemovalOf(tokenizer, options), options.Neutral);
    }

    private static TextRemoval RemovalOf(TextTokenizer tokenizer, AnswerTextOptions options) =>
        options.Removal ?? (tokenizer.Special.Mask is null ? TextRemoval.Delete : TextRemoval.Mask);

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");

    /// <summary>An answer is set off from the prompt by a space, unless the prompt ends in one or the answer begins with one.</summary>
    private IReadOnlyList<int> AnswerTokens(TextTokenizer tokenizer, string answer)
    {
        if (string.IsNullOrWhiteSpace(answer))
        {
            throw new SpexInputException("The answer is empty: give the text whose probability is explained, or none for the model's own answer.");
        }

        bool setOff = char.IsWhiteSpace(answer[0]) || (Text.Length > 0 && char.IsWhiteSpace(Text[^1]));
        IReadOnlyList<int> tokens = tokenizer.EncodeContinuation(setOff ? answer : $" {answer}");
        return tokens.Count > 0 ? tokens : throw new SpexInputException($"The tokenizer makes no token of the answer \"{answer}\". Give another one.");
    }

    private IReadOnlyList<int> OwnAnswer(int count)
    {
        IReadOnlyList<int> tokens = _model.Greedy(Masked.Tokens, count, _model.EndTokens);
        return tokens.Count > 0 ? tokens : throw new SpexInputException("The model gives no answer of its own: it ends the text at once. Give one with --answer.");
    }

    private void CheckLength(int answer)
    {
        int longest = Masked.LongestRow + Math.Max(1, answer) - 1, context = _model.Shape.ContextLength;
        if (longest > context)
        {
            throw new SpexInputException(
                $"The prompt has {Masked.LongestRow} tokens{(answer > 0 ? $" and the answer {answer}" : "")}, and the model takes {context}: {longest - context} too many. Give a shorter prompt.");
        }
    }
}
