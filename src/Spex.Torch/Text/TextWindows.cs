using Spex.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Spex.Torch.Text;

/// <summary>Longer texts are read in windows, one after the other, each between the tokens that go around a text.</summary>
/// <param name="Size">The most tokens of a window.</param>
/// <param name="Before">Tokens in front of every text.</param>
/// <param name="After">Tokens behind every text.</param>
internal sealed record TextWindows(int Size, IReadOnlyList<int> Before, IReadOnlyList<int> After)
{
    /// <summary>Tokens of a whole window, with those around it.</summary>
    public int Length => Before.Count + Size + After.Count;

    /// <summary>The windows of a mask's row.</summary>
    public IEnumerable<TextSegment> Cut(int row, TextRow text)
    {
        int content = text.Tokens.Length - Before.Count - After.Count;
        return content <= Size
            ? [new TextSegment(row, text.Tokens, text.Absent)]
            : Enumerable.Range(0, (content + Size - 1) / Size).Select(index =>
            {
                int start = Before.Count + (index * Size), end = Math.Min(start + Size, Before.Count + content);
                return new TextSegment(
                    row,
                    [.. Before, .. text.Tokens[start..end], .. After],
                    text.Absent is { } absent ? [.. new bool[Before.Count], .. absent[start..end], .. new bool[After.Count]] : null);
            });
    }

    /// <summary>The windows of rows, those of the first row first, without what goes around a text.</summary>
    /// <param name="ids">int64, B × k·<see cref="Size"/>: rows that fill k windows, the last one in part; padding elsewhere.</param>
    /// <param name="lengths">int64, B × 1: tokens of each row.</param>
    /// <param name="visible">bool, as the ids: false for tokens that are hidden from attention; null where none is.</param>
    /// <param name="padding">What fills the last window up.</param>
    /// <returns>B·k texts.</returns>
    public TextBlock Cut(Tensor ids, Tensor lengths, Tensor? visible, TextPadding padding)
    {
        torch.Device device = ids.device;
        long windows = ids.shape[1] / Size;
        Tensor starts = TensorArithmetic.Range(0, (int)windows, device).mul(TensorArithmetic.Number((long)Size));
        Tensor within = (lengths - starts).clamp(TensorArithmetic.Number(0L), TensorArithmetic.Number((long)Size)).view(-1, 1);
        Tensor texts = full(within.shape[0], Length, TensorArithmetic.Number((long)padding.Token), ScalarType.Int64, device);
        texts.narrow(1, 0, Before.Count).copy_(Row(Before, device));
        texts.narrow(1, Before.Count, Size).copy_(ids.reshape(-1, Size));
        texts.scatter_(1, within.Plus(TensorArithmetic.Range(Before.Count, Before.Count + After.Count, device)), Row(After, device).expand(within.shape[0], -1));
        Tensor present = TensorArithmetic.Range(0, Length, device).unsqueeze(0).lt(within.Plus((long)Before.Count + After.Count));
        if (visible is not null)
        {
            present.narrow(1, Before.Count, Size).logical_and_(visible.reshape(-1, Size));
        }

        return new TextBlock(texts, present, null);
    }

    private static Tensor Row(IReadOnlyList<int> tokens, torch.Device device) => tensor([.. tokens.Select(token => (long)token)], 1, tokens.Count, device: device);
}
