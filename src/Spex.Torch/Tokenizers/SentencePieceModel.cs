using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Spex.Core;
using Spex.Core.Formats;

namespace Spex.Torch.Tokenizers;

/// <summary>What a SentencePiece model of the BPE kind holds: pieces with scores and kinds, and how spaces are treated.</summary>
/// <param name="Pieces">The pieces; ▁ (U+2581) stands for a space.</param>
/// <param name="AddPrefix">Whether a space is put in front of a text.</param>
internal sealed record SentencePieceModel(IReadOnlyList<SentencePieceModel.Piece> Pieces, bool AddPrefix)
{
    /// <summary>One piece.</summary>
    public readonly record struct Piece(string Form, float Score, Kind Kind);

    /// <summary>What a piece is, numbered as in the file.</summary>
    public enum Kind
    {
        Normal = 1,
        Unknown = 2,
        Control = 3,
        UserDefined = 4,
        Unused = 5,
        Byte = 6,
    }

    private const int BytePairs = 2;

    /// <summary>Reads tokenizer.model: a protocol buffer (sentencepiece_model.proto).</summary>
    /// <exception cref="SpexInputException">It is malformed, or of a kind or with a normaliser that is not supported.</exception>
    public static SentencePieceModel Read(string path)
    {
        byte[] bytes = InputFile.ReadAll(path);
        List<Piece> pieces = [];
        int kind = 1;
        bool prefix = true, collapse = true, escape = true, suffix = false;
        string normaliser = "";
        foreach ((int field, ulong _, ReadOnlyMemory<byte> part) in Fields(path, bytes))
        {
            switch (field)
            {
                case 1:
                    pieces.Add(ReadPiece(path, part));
                    break;
                case 2:
                    foreach ((int inner, ulong number, ReadOnlyMemory<byte> _) in Fields(path, part))
                    {
                        kind = inner == 3 ? (int)number : kind;
                        suffix = inner == 24 ? number != 0 : suffix;
                    }

                    break;
                case 3:
                    foreach ((int inner, ulong number, ReadOnlyMemory<byte> text) in Fields(path, part))
                    {
                        normaliser = inner == 1 ? Encoding.UTF8.GetString(text.Span) : normaliser;
                        prefix = inner == 3 ? number != 0 : prefix;
                        collapse = inner == 4 ? number != 0 : collapse;
                        escape = inner == 5 ? number != 0 : escape;
                    }

                    break;
            }
        }

        if (pieces.Count == 0)
        {
            throw Malformed(path);
        }

        if (kind != BytePairs)
        {
            throw new SpexInputException($"{path} is a SentencePiece model of kind {kind} (1 is unigram); kind {BytePairs}, byte pairs, is supported.");
        }

        if (normaliser is not ("identity" or "") || collapse || !escape || suffix)
        {
            throw new SpexInputException(
                $"{path} changes text by the normaliser \"{normaliser}\"{(collapse ? " and removes spaces" : "")}; the normaliser identity that keeps all spaces is supported, as Llama's and Mistral's are.");
        }

        return new SentencePieceModel(pieces, prefix);
    }

    /// <summary>Reads llama2.c's tokenizer.bin: the longest piece's length, then for each piece a score (float32), a length (int32) and its bytes, little endian.</summary>
    /// <exception cref="SpexInputException">It is cut short or something else.</exception>
    public static SentencePieceModel ReadLlama2c(string path)
    {
        byte[] bytes = InputFile.ReadAll(path);
        List<Piece> pieces = [];
        int place = sizeof(int);
        while (place < bytes.Length)
        {
            int length = bytes.Length - place >= 8 ? BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(place + 4)) : -1;
            if (length < 0 || length > bytes.Length - place - 8)
            {
                throw new SpexInputException($"{path} is no tokenizer of llama2.c, or was cut short: piece {pieces.Count} at byte {place} does not fit the file.");
            }

            string form = Encoding.UTF8.GetString(bytes.AsSpan(place + 8, length));
            Kind kind = pieces.Count switch
            {
                0 => Kind.Unknown,
                1 or 2 => Kind.Control,
                _ => IsByte(form) ? Kind.Byte : Kind.Normal,
            };
            pieces.Add(new Piece(form.Replace(' ', SentencePieceTextTokenizer.Space), BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(place)), kind));
            place += 8 + length;
        }

        return pieces.Count > 3 ? new SentencePieceModel(pieces, true) : throw new SpexInputException($"{path} is no tokenizer of llama2.c: it holds {pieces.Count} pieces.");
    }

    /// <summary>The byte of a piece such as "&lt;0x0A&gt;".</summary>
    public static byte ByteOf(string form) => byte.Parse(form.AsSpan(3, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    /// <summary>Whether a piece has the form "&lt;0x0A&gt;".</summary>
    public static bool IsByte(string form) =>
        form.Length == 6 && form.StartsWith("<0x", StringComparison.Ordinal) && form[5] == '>' && byte.TryParse(form.AsSpan(3, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out _);

    private static Piece ReadPiece(string path, ReadOnlyMemory<byte> bytes)
    {
        Piece piece = new("", 0, Kind.Normal);
        foreach ((int field, ulong number, ReadOnlyMemory<byte> part) in Fields(path, bytes))
        {
            piece = field switch
            {
                1 => piece with { Form = Encoding.UTF8.GetString(part.Span) },
                2 => piece with { Score = BitConverter.UInt32BitsToSingle((uint)number) },
                3 => piece with { Kind = (Kind)number },
                _ => piece,
            };
        }

        return piece;
    }

    /// <summary>The fields of a protocol buffer message: numbers of whatever width in Number, texts and messages in Part.</summary>
    private static IEnumerable<(int Field, ulong Number, ReadOnlyMemory<byte> Part)> Fields(string path, ReadOnlyMemory<byte> message)
    {
        int place = 0;
        ulong Varint()
        {
            ulong number = 0;
            for (int shift = 0; shift < 64; shift += 7)
            {
                byte next = place < message.Length ? message.Span[place++] : throw Malformed(path);
                number |= (ulong)(next & 0x7F) << shift;
                if (next < 0x80)
                {
                    return number;
                }
            }

            throw Malformed(path);
        }

        ReadOnlyMemory<byte> Take(ulong length)
        {
            if (length > (ulong)(message.Length - place))
            {
                throw Malformed(path);
            }

            ReadOnlyMemory<byte> taken = message.Slice(place, (int)length);
            place += (int)length;
            return taken;
        }

        while (place < message.Length)
        {
            ulong key = Varint();
            yield return (key & 7) switch
            {
                0 => ((int)(key >> 3), Varint(), default),
                1 => ((int)(key >> 3), BinaryPrimitives.ReadUInt64LittleEndian(Take(8).Span), default),
                2 => ((int)(key >> 3), 0, Take(Varint())),
                5 => ((int)(key >> 3), BinaryPrimitives.ReadUInt32LittleEndian(Take(4).Span), default),
                _ => throw Malformed(path),
            };
        }
    }

    private static SpexInputException Malformed(string path) => new($"{path} is no SentencePiece model, or was cut short; copy it again.");
}
