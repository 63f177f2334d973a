using TorchSharp;
using static TorchSharp.torch;

namespace Spex.Torch.Text;

/// <summary>Texts that a model reads in one pass, filled up to one length T.</summary>
/// <param name="Ids">int64, B × T tokens.</param>
/// <param name="Present">bool, B × T: false for padding and for tokens that are hidden from attention; null: all are present.</param>
/// <param name="Positions">int64, B × T: places in the text, where padding is on the left and not all are present; else null.</param>
internal sealed record TextBlock(Tensor Ids, Tensor? Present, Tensor? Positions)
{
    /// <summary>Of texts whose tokens the host knows.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="length">At least the longest one's.</param>
    /// <param name="padding">How shorter ones are filled up.</param>
    /// <param name="skipped">Tokens that stand before every text and are not among these.</param>
    /// <param name="device">Where the model runs.</param>
    public static TextBlock Of(IReadOnlyList<TextSegment> texts, int length, TextPadding padding, int skipped, torch.Device device)
    {
        long[] ids = new long[texts.Count * length], positions = new long[padding.OnTheLeft ? ids.Length : 0];
        bool[] present = new bool[ids.Length];
        Array.Fill(ids, padding.Token);
        bool all = true;
        for (int i = 0; i < texts.Count; i++)
        {
            TextSegment text = texts[i];
            int[] tokens = text.Tokens.Length > 0 ? text.Tokens : [padding.Token];
            int missing = length - tokens.Length, first = (i * length) + (padding.OnTheLeft ? missing : 0);
            for (int j = 0; j < tokens.Length; j++)
            {
                ids[first + j] = tokens[j];
                present[first + j] = text.Absent is not { Length: > 0 } absent || !absent[j];
            }

            for (int j = 0; padding.OnTheLeft && j < length; j++)
            {
                positions[(i * length) + j] = skipped + Math.Max(0, j - missing);
            }

            all &= missing == 0 && (text.Absent is null || !text.Absent.Contains(true));
        }

        return new TextBlock(
            tensor(ids, texts.Count, length, device: device),
            all ? null : tensor(present, texts.Count, length, device: device),
            all || !padding.OnTheLeft ? null : tensor(positions, texts.Count, length, device: device));
    }
}
