using Spex.Torch.Native;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Spex.Torch.Sentiment;

/// <summary>An <see cref="AblationTable"/> as a tensor: what attention gathers under masks that lie on a device is computed there.</summary>
/// <remarks>The same sums as the table's own, in stretches of <see cref="Stretch"/> tokens, so that rounding grows slowly with the text's length; their order is torch's.</remarks>
internal sealed class TensorAblationTable : IDisposable
{
    // Tokens whose rows are added at once.
    private const int Stretch = 256;

    private readonly AblationTable _table;
    private readonly EmbeddingBag _rows;
    private readonly Tensor _classToken;
    private readonly Tensor _firstRow;

    /// <summary>Copies a table to a device.</summary>
    /// <param name="table">The table.</param>
    /// <param name="device">Where masks will lie.</param>
    public TensorAblationTable(AblationTable table, torch.Device device)
    {
        _table = table;
        using DisposeScope scope = NewDisposeScope();
        _rows = nn.EmbeddingBag_from_pretrained(table.RowsAndZero().to(device), mode: EmbeddingBagMode.Sum);
        _classToken = table.ClassToken().to(device).DetachFromDisposeScope();
        _firstRow = TensorArithmetic.Range(0, table.TokenCount, device).to_type(ScalarType.Float32).Times(AblationTable.Patterns).DetachFromDisposeScope();
    }

    /// <summary>What attention gathers.</summary>
    /// <param name="present">B × T float32, 1 for a token that is present and 0 for another.</param>
    /// <returns>B × d, head after head, in the scope of the call.</returns>
    public Tensor Gather(Tensor present)
    {
        int tokens = _table.TokenCount, dimension = _table.Dimension, stretch = Math.Min(tokens, Stretch), stretches = (tokens + stretch - 1) / stretch;
        Tensor padded = F.pad(present, [AblationTable.Reach, AblationTable.Reach]);

        // Row 16·i + p, p the pattern of the neighbours; float32 holds these whole numbers exactly. Behind the last row lies one of zeros, for tokens that are absent.
        Tensor row = _firstRow.Plus(padded.narrow(1, 0, tokens));
        for (int bit = 1; bit < 2 * AblationTable.Reach; bit++)
        {
            row = row.Plus(padded.narrow(1, bit < AblationTable.Reach ? bit : bit + 1, tokens).Times(1 << bit));
        }

        long zero = (long)tokens * AblationTable.Patterns;
        row = row.masked_fill(present.lt(TensorArithmetic.Number(0.5)), TensorArithmetic.Number((double)zero)).to_type(ScalarType.Int64);
        row = F.pad(row, [0, ((long)stretch * stretches) - tokens], PaddingModes.Constant, zero);
        Tensor sums = _rows.call(row.view(-1, stretch)).view(-1, stretches, _table.Stride).sum(1).Plus(_classToken);
        Tensor weights = sums.narrow(1, dimension, _table.Heads).unsqueeze(-1);
        return (sums.narrow(1, 0, dimension).view(-1, _table.Heads, dimension / _table.Heads) / weights).view(-1, dimension);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _rows.Dispose();
        _classToken.Dispose();
        _firstRow.Dispose();
    }
}
