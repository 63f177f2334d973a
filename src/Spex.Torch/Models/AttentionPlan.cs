using Spex.Core;
using Spex.Torch.Native;
using static TorchSharp.torch;

namespace Spex.Torch.Models;

/// <summary>What all layers of a pass share: positions and their turns, who attends to whom, head masks.</summary>
/// <remarks>Its tensors belong to the dispose scope of the pass.</remarks>
internal sealed class AttentionPlan
{
    private readonly DecoderShape _shape;
    private readonly DecoderPass _pass;
    private readonly int _tokenCount;
    private readonly bool _onlyLast;
    private readonly Tensor? _visible;
    private readonly Tensor? _visibleInWindow;
    private readonly Tensor? _factors;

    private AttentionPlan(DecoderModel model, Tensor ids, DecoderPass pass)
    {
        (_shape, _pass, _tokenCount) = (model.Shape, pass, (int)ids.shape[1]);
        int before = pass.Prefix?.Length ?? 0;
        Device device = ids.device;
        Positions = pass.Positions ?? TensorArithmetic.Range(before, before + _tokenCount, device);
        Rotation = model.RotationOf(Positions);
        Outputs = pass.Outputs is { } outputs ? tensor([.. outputs.Select(output => (long)output)], device: device) : null;
        _onlyLast = pass.Outputs is [int only] && only == _tokenCount - 1;

        // Without a mask, attention can be told that each token attends to all before it; and the last token attends to all there are.
        bool isPlain = pass.Present is null && pass.Branches is null && (pass.Prefix is null || _tokenCount == 1) && (Outputs is null || _onlyLast);
        bool hasWindow = _shape.Window is { } window && window < before + _tokenCount;
        _visible = isPlain && !hasWindow ? null : Visible(before, device);
        _visibleInWindow = hasWindow ? _visible! & InWindow(before, device) : null;
        if (pass.Heads is { } heads)
        {
            using Tensor factors = heads.Factors();
            _factors = factors.to_type(model.Compute);
        }
    }

    /// <summary>int64, [T] or [B, T].</summary>
    public Tensor Positions { get; }

    /// <summary>The turns at the positions; null where the model has none.</summary>
    public Rotation? Rotation { get; }

    /// <summary>int64: the tokens that are wanted; null for all.</summary>
    public Tensor? Outputs { get; }

    /// <summary>Keys and values before the tokens.</summary>
    public KeyValueCache? Prefix => _pass.Prefix;

    /// <summary>Checks a pass and plans it.</summary>
    public static AttentionPlan Make(DecoderModel model, Tensor ids, DecoderPass pass)
    {
        ArgumentNullException.ThrowIfNull(ids);
        DecoderShape shape = model.Shape;
        if (ids.dim() != 2 || ids.dtype != ScalarType.Int64 || ids.shape[1] == 0)
        {
            throw new ArgumentException($"Tokens are int64, B × T with T at least 1; got {ids.dtype}, [{string.Join(", ", ids.shape)}].", nameof(ids));
        }

        if (!pass.IsChecked)
        {
            long length = pass.Positions is { } positions ? positions.max().item<long>() + 1 : (pass.Prefix?.Length ?? 0) + ids.shape[1];
            if (length > shape.ContextLength)
            {
                throw TooLong(length, shape.ContextLength);
            }
        }

        if (pass.Heads is { } heads)
        {
            if (heads.Kept.dim() != 3 || heads.Kept.shape[2] != shape.HeadCount || heads.FirstLayer < 0 || heads.FirstLayer + heads.LayerCount > shape.LayerCount)
            {
                throw new ArgumentException(
                    $"A head mask is B × layers × {shape.HeadCount} for layers among 0 to {shape.LayerCount - 1}; got [{string.Join(", ", heads.Kept.shape)}] from layer {heads.FirstLayer} on.", nameof(pass));
            }

            if (pass.Prefix is not null)
            {
                throw new ArgumentException("A prefix was computed with all heads: with a head mask it would be another one. Leave out one of the two.", nameof(pass));
            }

            if (ids.shape[0] != 1 && heads.Kept.shape[0] != ids.shape[0])
            {
                throw new ArgumentException($"{ids.shape[0]} rows of tokens take as many head masks; got {heads.Kept.shape[0]}.", nameof(pass));
            }
        }

        return new AttentionPlan(model, ids, pass);
    }

    /// <summary>A text that does not fit.</summary>
    public static SpexInputException TooLong(long tokens, int context) => new(
        $"The text has {tokens} tokens and the model takes {context}: {tokens - context} too many. Give a shorter text.");

    /// <summary>Who attends to whom in a layer: true where it does, 1 or B × 1 × asking × all; or none, and whether each attends to all before it.</summary>
    public (Tensor? Mask, bool Causal) MaskOf(int layer, Tensor? outputs)
    {
        Tensor? visible = layer >= _shape.FirstWindowLayer ? _visibleInWindow ?? _visible : _visible;
        return visible is null
            ? (null, _tokenCount > 1 && !(outputs is not null && _onlyLast))
            : (outputs is null ? visible : visible.index_select(2, outputs), false);
    }

    /// <summary>What the outputs of a layer's heads are multiplied by: B × 1 × heads × 1; null where the layer has no mask.</summary>
    public Tensor? HeadFactors(int layer)
    {
        int row = layer - (_pass.Heads?.FirstLayer ?? 0);
        return _factors is null || row < 0 || row >= _factors.shape[1] ? null : _factors.select(1, row).unsqueeze(1).unsqueeze(-1);
    }

    /// <summary>Own text before, present tokens, own branch and trunk; and always oneself, so that no token attends to nothing.</summary>
    private Tensor Visible(int before, Device device)
    {
        Tensor numbers = TensorArithmetic.Range(0, before + _tokenCount, device);
        Tensor asking = numbers.narrow(0, before, _tokenCount).unsqueeze(1);
        Tensor visible = numbers.unsqueeze(0) <= asking;
        if (_pass.Branches is { } branches)
        {
            Tensor all = before == 0 ? branches : cat([zeros(before, dtype: ScalarType.Int64, device: device), branches]);
            visible &= all.unsqueeze(0).eq(TensorArithmetic.Number(0)) | (all.unsqueeze(0) == branches.unsqueeze(1));
        }

        visible = visible.view(1, 1, _tokenCount, before + _tokenCount);
        if (_pass.Present is { } present)
        {
            Tensor all = before == 0 ? present : cat([ones(present.shape[0], before, dtype: ScalarType.Bool, device: device), present], 1);
            Tensor self = (numbers.unsqueeze(0) == asking).view(1, 1, _tokenCount, before + _tokenCount);
            visible = (visible & all.view(all.shape[0], 1, 1, -1)) | self;
        }

        return visible;
    }

    private Tensor InWindow(int before, Device device)
    {
        Tensor asking = Positions.dim() == 1 ? Positions.unsqueeze(0) : Positions;
        Tensor all = before == 0 ? asking : cat([TensorArithmetic.Range(0, before, device).unsqueeze(0).expand(asking.shape[0], -1), asking], 1);
        return (asking.unsqueeze(-1) - all.unsqueeze(1)).lt(TensorArithmetic.Number(_shape.Window!.Value)).unsqueeze(1);
    }
}
