using Spex.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Spex.Torch.Models;

/// <summary>Continuations of one text, laid out so that a single pass tells the log-probability of each: all of them behind the text, as branches that do not see each other.</summary>
/// <remarks>The text's last token predicts every first token, and each further token is predicted by the one before it in its branch (teacher forcing); a branch's last token predicts nothing and is left out.</remarks>
public sealed class ContinuationTree
{
    private readonly int[][] _continuations;
    private readonly long[] _tokens;
    private readonly long[] _branches;
    private readonly long[] _offsets;

    /// <summary>Lays out continuations.</summary>
    /// <param name="continuations">Tokens of each, one or more.</param>
    /// <exception cref="ArgumentException">There is none, or one is empty.</exception>
    public ContinuationTree(IEnumerable<IReadOnlyList<int>> continuations)
    {
        ArgumentNullException.ThrowIfNull(continuations);
        _continuations = [.. continuations.Select(tokens => tokens.ToArray())];
        if (_continuations.Length == 0 || _continuations.Any(tokens => tokens.Length == 0))
        {
            throw new ArgumentException("There must be a continuation, and each must have a token.", nameof(continuations));
        }

        _tokens = [.. _continuations.SelectMany(tokens => tokens[..^1]).Select(token => (long)token)];
        _branches = [.. _continuations.SelectMany((tokens, branch) => Enumerable.Repeat(branch + 1L, tokens.Length - 1))];
        _offsets = [.. _continuations.SelectMany(tokens => Enumerable.Range(1, tokens.Length - 1)).Select(offset => (long)offset)];
    }

    /// <summary>Number of continuations.</summary>
    public int Count => _continuations.Length;

    /// <summary>Tokens of each.</summary>
    public IReadOnlyList<int> Lengths => [.. _continuations.Select(tokens => tokens.Length)];

    /// <summary>Texts with the branches behind them, and the pass that reads them.</summary>
    /// <param name="ids">int64, B × T.</param>
    /// <param name="pass">What else is asked for; its outputs are replaced.</param>
    internal (Tensor Ids, DecoderPass Pass) Attach(Tensor ids, DecoderPass pass)
    {
        int length = (int)ids.shape[1], further = _tokens.Length;
        pass = pass with { Outputs = [.. Enumerable.Range(length - 1, further + 1)] };
        if (further == 0)
        {
            return (ids, pass);
        }

        Device device = ids.device;
        Tensor all = cat([ids, tensor(_tokens, device: device).unsqueeze(0).expand(ids.shape[0], -1)], 1);
        int before = pass.Prefix?.Length ?? 0;
        Tensor positions = pass.Positions ?? TensorArithmetic.Range(before, before + length, device);
        Tensor behind = positions.narrow(-1, length - 1, 1).Plus(tensor(_offsets, device: device));
        return (all, pass with
        {
            Positions = cat([positions, behind], -1),
            Branches = Count == 1 ? null : cat([zeros(length, dtype: ScalarType.Int64, device: device), tensor(_branches, device: device)]),
            Present = pass.Present is { } present ? cat([present, ones(present.shape[0], further, dtype: ScalarType.Bool, device: device)], 1) : null,
        });
    }

    /// <summary>The continuations' log-probabilities, natural logarithms of softmax over the whole vocabulary.</summary>
    /// <param name="logits">B × K × vocabulary, of the pass's outputs.</param>
    /// <returns>float64, B × <see cref="Count"/>.</returns>
    internal Tensor LogProbabilities(Tensor logits)
    {
        using DisposeScope scope = NewDisposeScope();
        long vocabulary = logits.shape[2];
        Tensor normalisers = logits.logsumexp(-1, keepdim: false);
        List<long> rows = [], targets = [];
        int row = 0;
        foreach (int[] tokens in _continuations)
        {
            for (int i = 0; i < tokens.Length; i++)
            {
                // All first tokens are predicted by row 0.
                rows.Add(i == 0 ? 0 : ++row);
                targets.Add((rows[^1] * vocabulary) + tokens[i]);
            }
        }

        Tensor picked = logits.view(logits.shape[0], -1).index_select(1, tensor(targets.ToArray(), device: logits.device));
        Tensor all = (picked.to_type(ScalarType.Float64) - normalisers.index_select(1, tensor(rows.ToArray(), device: logits.device)).to_type(ScalarType.Float64));
        Tensor[] sums = new Tensor[Count];
        for (int first = 0, i = 0; i < Count; first += _continuations[i++].Length)
        {
            sums[i] = all.narrow(1, first, _continuations[i].Length).sum(1);
        }

        return stack(sums, 1).MoveToOuterDisposeScope();
    }
}
