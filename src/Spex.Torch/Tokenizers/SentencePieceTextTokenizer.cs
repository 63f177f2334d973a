using System.Text;
using Spex.Torch.Text;

namespace Spex.Torch.Tokenizers;

/// <summary>SentencePiece of the BPE kind (Kudo and Richardson, 2018), as Llama and Mistral use it: the pair with the best score is joined first, the leftmost among equals.</summary>
/// <remarks>Microsoft.ML.Tokenizers reads such models too, but joins another pair among equals (runs of spaces and marks), so it is not used here.</remarks>
internal sealed class SentencePieceTextTokenizer : TextTokenizer
{
    /// <summary>Stands for a space.</summary>
    public const char Space = '\u2581';

    private readonly SentencePieceModel _model;
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly int[] _bytes = new int[256];
    private readonly int _unknown;

    /// <param name="model">The model.</param>
    /// <param name="special">The special tokens.</param>
    public SentencePieceTextTokenizer(SentencePieceModel model, SpecialTokens special)
        : base(special)
    {
        _model = model;
        _lookup = _ids.GetAlternateLookup<ReadOnlySpan<char>>();
        Array.Fill(_bytes, -1);
        for (int id = 0; id < model.Pieces.Count; id++)
        {
            SentencePieceModel.Piece piece = model.Pieces[id];
            switch (piece.Kind)
            {
                case SentencePieceModel.Kind.Byte when SentencePieceModel.IsByte(piece.Form):
                    _bytes[SentencePieceModel.ByteOf(piece.Form)] = id;
                    break;
                case SentencePieceModel.Kind.Unknown:
                    _unknown = id;
                    break;
                case SentencePieceModel.Kind.Normal or SentencePieceModel.Kind.UserDefined:
                    _ids.TryAdd(piece.Form, id);
                    break;
            }
        }

        VocabularySize = Math.Max(model.Pieces.Count, special.Contents.Values.DefaultIfEmpty(-1).Max() + 1);
    }

    /// <inheritdoc/>
    public override string Name => $"sentencepiece:{VocabularySize}";

    /// <inheritdoc/>
    public override int VocabularySize { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<int> EncodeContinuation(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<TextPiece> pieces = [];
        AddPieces(text, 0, text.Length, false, pieces);
        return [.. pieces.Select(piece => piece.Id)];
    }

    /// <inheritdoc/>
    public override string Decode(IEnumerable<int> ids, bool continues = false)
    {
        List<byte> bytes = [];
        foreach (int id in ids.Where(id => id < _model.Pieces.Count))
        {
            SentencePieceModel.Piece piece = _model.Pieces[id];
            if (piece.Kind == SentencePieceModel.Kind.Byte)
            {
                bytes.Add(SentencePieceModel.ByteOf(piece.Form));
            }
            else if (piece.Kind == SentencePieceModel.Kind.Unknown)
            {
                bytes.AddRange(" \u2047 "u8);
            }
            else if (piece.Kind != SentencePieceModel.Kind.Control)
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(piece.Form.Replace(Space, ' ')));
            }
        }

        string text = Encoding.UTF8.GetString([.. bytes]);
        return _model.AddPrefix && !continues && text.StartsWith(' ') ? text[1..] : text;
    }

    /// <inheritdoc/>
    private protected override void Encode(string text, int start, int end, List<TextPiece> pieces) => AddPieces(text, start, end, _model.AddPrefix && start == 0, pieces);

    private void AddPieces(string text, int start, int end, bool prefix, List<TextPiece> pieces)
    {
        if (start == end)
        {
            return;
        }

        // Offset by one where a space is put in front.
        string marked = (prefix ? Space.ToString() : "") + text[start..end].Replace(' ', Space);
        int shift = start - (prefix ? 1 : 0);
        List<Symbol> symbols = Characters(marked);
        Join(marked, symbols);
        for (int i = 0; i >= 0 && i < symbols.Count; i = symbols[i].Next)
        {
            Symbol symbol = symbols[i];
            int from = Math.Max(start, symbol.Start + shift);
            TextSpan span = new(from, symbol.Start + symbol.Length + shift - from);
            if (_lookup.TryGetValue(marked.AsSpan(symbol.Start, symbol.Length), out int id))
            {
                pieces.Add(new TextPiece(id, span));
            }
            else
            {
                AddUnknown(marked.AsSpan(symbol.Start, symbol.Length), span, pieces);
            }
        }
    }

    private void AddUnknown(ReadOnlySpan<char> letters, TextSpan span, List<TextPiece> pieces)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(letters)];
        Encoding.UTF8.GetBytes(letters, bytes);
        if (Array.Exists(bytes, letter => _bytes[letter] < 0))
        {
            pieces.Add(new TextPiece(_unknown, span));
            return;
        }

        foreach (byte letter in bytes)
        {
            pieces.Add(new TextPiece(_bytes[letter], span));
        }
    }

    /// <summary>A stretch that is one piece so far; a chain, since stretches are joined.</summary>
    private struct Symbol
    {
        public int Start, Length, Previous, Next;
    }

    private static List<Symbol> Characters(string text)
    {
        List<Symbol> symbols = new(text.Length);
        for (int i = 0; i < text.Length;)
        {
            int length = char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]) ? 2 : 1;
            symbols.Add(new Symbol { Start = i, Length = length, Previous = symbols.Count - 1, Next = symbols.Count + 1 });
            i += length;
        }

        return symbols;
    }

    private void Join(string text, List<Symbol> symbols)
    {
        // Smallest first: the highest score, then the leftmost.
        PriorityQueue<(int Left, int Right, int Length), (float Score, int Left)> pairs = new();
        void Offer(int left, int right)
        {
            if (left < 0 || right >= symbols.Count)
            {
                return;
            }

            int length = symbols[left].Length + symbols[right].Length;
            if (_lookup.TryGetValue(text.AsSpan(symbols[left].Start, length), out int id))
            {
                pairs.Enqueue((left, right, length), (-_model.Pieces[id].Score, left));
            }
        }

        for (int i = 0; i + 1 < symbols.Count; i++)
        {
            Offer(i, i + 1);
        }

        while (pairs.TryDequeue(out (int Left, int Right, int Length) pair, out _))
        {
            Symbol left = symbols[pair.Left], right = symbols[pair.Right];

            // A pair whose parts were joined with others meanwhile is no pair any more.
            if (left.Length == 0 || right.Length == 0 || left.Length + right.Length != pair.Length || left.Next != pair.Right)
            {
                continue;
            }

            left.Length = pair.Length;
            left.Next = right.Next;
            right.Length = 0;
            (symbols[pair.Left], symbols[pair.Right]) = (left, right);
            if (right.Next < symbols.Count)
            {
                Symbol next = symbols[right.Next];
                next.Previous = pair.Left;
                symbols[right.Next] = next;
            }

            Offer(left.Previous, pair.Left);
            Offer(pair.Left, left.Next);
        }
    }
}
