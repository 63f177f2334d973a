using Spex.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Spex.Torch.Text;

/// <summary>A <see cref="MaskedText"/> as tensors: what the model reads under masks that lie on a device is put together there.</summary>
/// <remarks>
/// The text is a row of slots, each a token that is read where a feature is present, or where it is absent. A mask says which slots hold their token, a running sum over them where in the text each stands, and a
/// scatter puts it there.
/// </remarks>
internal sealed class TensorText : IDisposable
{
    private readonly TextPadding _padding;
    private readonly int _skipped;
    private readonly TextWindows? _windows;
    private readonly bool _hides;
    private readonly Tensor _tokens;
    private readonly Tensor _features;
    private readonly Tensor _ifPresent;
    private readonly Tensor _always;

    /// <summary>Copies a text's slots to a device.</summary>
    /// <param name="text">The text.</param>
    /// <param name="skipped">Tokens that are left out at its beginning.</param>
    /// <param name="padding">How shorter rows are filled up.</param>
    /// <param name="windows">How longer rows are cut, without what goes around a text; null where they are not.</param>
    /// <param name="device">Where masks will lie.</param>
    public TensorText(MaskedText text, int skipped, TextPadding padding, TextWindows? windows, torch.Device device)
    {
        (_padding, _skipped, _windows, _hides) = (padding, skipped, windows, text.HidesFromAttention);
        TextSlot[] slots = [.. windows is null ? text.Slots(skipped) : text.Slots(windows.Before.Count, windows.After.Count)];
        using DisposeScope scope = NewDisposeScope();
        _tokens = tensor([.. slots.Select(slot => (long)slot.Token)], 1, slots.Length, device: device).DetachFromDisposeScope();
        _features = tensor([.. slots.Select(slot => (long)Math.Max(0, slot.Feature))], device: device).DetachFromDisposeScope();
        _ifPresent = tensor([.. slots.Select(slot => slot.IfPresent ? 1f : 0f)], device: device).DetachFromDisposeScope();
        _always = tensor([.. slots.Select(slot => slot.Feature < 0)], device: device).DetachFromDisposeScope();
    }

    /// <summary>Which slots hold their token: bool, B × slots, of masks B × n float32.</summary>
    public Tensor Held(Tensor masks) => masks.index_select(1, _features).eq(_ifPresent).logical_or_(_always);

    /// <summary>Tokens of each row: int64, B × 1.</summary>
    public Tensor Lengths(Tensor held) => _hides ? full(held.shape[0], 1, TensorArithmetic.Number(held.shape[1]), ScalarType.Int64, held.device) : held.sum(1, keepdim: true);

    /// <summary>What the model reads, in windows.</summary>
    /// <param name="held">B × slots.</param>
    /// <param name="count">Windows of each row, k.</param>
    /// <returns>B·k texts, those of the first row first.</returns>
    public TextBlock Windows(Tensor held, int count)
    {
        int length = count * _windows!.Size;
        Tensor? visible = _hides ? nn.functional.pad(held, [0, length - held.shape[1]], PaddingModes.Constant, 1) : null;
        return _windows.Cut(Tokens(held, length, Lengths(held)), Lengths(held), visible, _padding);
    }

    /// <summary>What the model reads.</summary>
    /// <param name="held">B × slots.</param>
    /// <param name="length">At least the longest row's, and 1.</param>
    /// <param name="isPadded">Whether rows may be shorter.</param>
    public TextBlock Rows(Tensor held, int length, bool isPadded)
    {
        if (_hides)
        {
            return new TextBlock(_tokens.expand(held.shape[0], -1), held, null);
        }

        // Where nothing is left, what pads is the text.
        Tensor lengths = Lengths(held).clamp(min: TensorArithmetic.Number(1L)), ids = Tokens(held, length, lengths);
        if (!isPadded)
        {
            return new TextBlock(ids, null, null);
        }

        Tensor columns = TensorArithmetic.Range(0, length, held.device).unsqueeze(0);
        if (!_padding.OnTheLeft)
        {
            return new TextBlock(ids, columns.lt(lengths), null);
        }

        Tensor behindStart = columns.Plus(lengths).Plus(-(long)length);
        return new TextBlock(ids, behindStart.ge(TensorArithmetic.Number(0L)), behindStart.clamp(min: TensorArithmetic.Number(0L)).Plus((long)_skipped));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _tokens.Dispose();
        _features.Dispose();
        _ifPresent.Dispose();
        _always.Dispose();
    }

    /// <summary>The tokens that stand in each row, filled up to a length: int64, B × length.</summary>
    private Tensor Tokens(Tensor held, int length, Tensor lengths)
    {
        Tensor tokens = _tokens.expand(held.shape[0], -1);
        if (_hides)
        {
            return nn.functional.pad(tokens, [0, length - held.shape[1]], PaddingModes.Constant, _padding.Token);
        }

        // What no slot holds goes to a column behind the row, which is cut off.
        Tensor places = held.cumsum(1).Plus(-1L);
        places = (_padding.OnTheLeft ? places.Plus(lengths.neg().Plus((long)length)) : places).masked_fill(held.logical_not(), TensorArithmetic.Number((long)length));
        return full(held.shape[0], length + 1L, TensorArithmetic.Number((long)_padding.Token), ScalarType.Int64, held.device).scatter_(1, places, tokens).narrow(1, 0, length);
    }
}
