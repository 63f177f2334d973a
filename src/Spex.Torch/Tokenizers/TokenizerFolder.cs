using System.Text;
using Spex.Core;
using Spex.Core.Formats;
using Spex.Torch.Models;

namespace Spex.Torch.Tokenizers;

/// <summary>Finds a model folder's tokenizer.</summary>
/// <remarks>
/// Read are, the first that is there: vocab.txt (WordPiece); tokenizer.model (SentencePiece of the BPE kind); tokenizer.bin (llama2.c); tokenizer.json (WordPiece, BPE over bytes, BPE
/// with byte fallback); vocab.json with merges.txt (BPE over bytes: GPT-2, RoBERTa, Qwen2). Special tokens come from tokenizer_config.json, special_tokens_map.json and added_tokens.json.
/// </remarks>
public static class TokenizerFolder
{
    private const string WordPieces = "vocab.txt", SentencePieces = "tokenizer.model", Llama2c = "tokenizer.bin", Whole = "tokenizer.json", Vocabulary = "vocab.json", Merges = "merges.txt";

    /// <summary>Opens the tokenizer.</summary>
    /// <exception cref="SpexInputException">The folder has none that can be read, or its files are malformed.</exception>
    public static TextTokenizer Open(ModelFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        TokenizerSettings settings = TokenizerSettings.Read(folder);
        return folder.Has(WordPieces) ? OpenWordPieces(folder, settings)
            : folder.Has(SentencePieces) ? OpenSentencePieces(SentencePieceModel.Read(folder.FileOf(SentencePieces)), settings)
            : folder.Has(Llama2c) ? OpenSentencePieces(SentencePieceModel.ReadLlama2c(folder.FileOf(Llama2c)), settings)
            : folder.Has(Whole) ? TokenizerJson.Read(folder.FileOf(Whole), settings)
            : folder.Has(Vocabulary) && folder.Has(Merges) ? OpenBytePairs(folder, settings)
            : throw new SpexInputException(
                $"{folder.Path} has no tokenizer that can be read; supported are {WordPieces} (WordPiece), {Vocabulary} with {Merges} (BPE over bytes), {SentencePieces} (SentencePiece, BPE), "
                + $"{Whole} (WordPiece or BPE) and llama2.c's {Llama2c}. Copy the tokenizer's files beside {ModelFolder.ConfigurationFile}.");
    }

    private static WordPieceTextTokenizer OpenWordPieces(ModelFolder folder, TokenizerSettings settings)
    {
        string[] pieces = Encoding.UTF8.GetString(InputFile.ReadAll(folder.FileOf(WordPieces))).TrimEnd('\n').Split('\n');
        pieces = [.. pieces.Select(piece => piece.TrimEnd('\r'))];
        int? IdOf(string piece) => Array.IndexOf(pieces, piece) is >= 0 and int id ? id : null;
        bool lower = settings.Flag("do_lower_case", true);
        BertWords words = new(lower, settings.Flag("strip_accents", lower), settings.Flag("tokenize_chinese_chars", true));
        string unknown = settings.Content("unk_token") ?? "[UNK]";
        return new WordPieceTextTokenizer(pieces, unknown, words, settings.Special(IdOf, "[CLS]", "[SEP]", ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"]));
    }

    private static SentencePieceTextTokenizer OpenSentencePieces(SentencePieceModel model, TokenizerSettings settings)
    {
        int? IdOf(string piece)
        {
            int id = model.Pieces.Select(known => known.Form.Trim('\n')).ToList().IndexOf(piece);
            return id < 0 ? null : id;
        }

        string? before = settings.Flag("add_bos_token", true) ? settings.Content("bos_token") ?? "<s>" : null;
        string? after = settings.Flag("add_eos_token", false) ? settings.Content("eos_token") ?? "</s>" : null;
        return new SentencePieceTextTokenizer(model, settings.Special(IdOf, before, after, []) with { Unknown = IdOf(settings.Content("unk_token") ?? "<unk>") });
    }

    private static ByteLevelTokenizer OpenBytePairs(ModelFolder folder, TokenizerSettings settings)
    {
        Dictionary<string, int> vocabulary = JsonPart.ReadFile(
            folder.FileOf(Vocabulary), root => root.Properties().ToDictionary(piece => piece.Name, piece => piece.Part.Int32(0, int.MaxValue), StringComparer.Ordinal));
        string[] merges = [.. Encoding.UTF8.GetString(InputFile.ReadAll(folder.FileOf(Merges))).Split('\n')
            .Select(line => line.TrimEnd('\r')).Where(line => line.Length > 0 && !line.StartsWith("#version", StringComparison.Ordinal))];
        string kind = settings.Class.Length > 0 ? settings.Class : folder.Configuration.ModelType;
        bool roberta = kind.Contains("roberta", StringComparison.OrdinalIgnoreCase), qwen = kind.Contains("qwen2", StringComparison.OrdinalIgnoreCase);
        bool prefix = settings.Flag("add_prefix_space", false);
        ByteLevelTokenizer.Rules rules = new(
            $"{(qwen ? "qwen2" : "gpt2")}{(prefix ? "+space" : "")}", SplitChain.Of(qwen ? SplitChain.Qwen2 : SplitChain.Gpt2), qwen, prefix);
        string? before = roberta ? settings.Content("cls_token") ?? "<s>" : settings.Flag("add_bos_token", false) ? settings.Content("bos_token") : null;
        string? after = roberta ? settings.Content("sep_token") ?? "</s>" : null;
        string[] usual = roberta ? ["<s>", "</s>", "<unk>", "<pad>", "<mask>"] : ["<|endoftext|>"];
        SpecialTokens special = settings.Special(piece => vocabulary.TryGetValue(piece, out int id) ? id : null, before, after, usual);
        return new ByteLevelTokenizer(vocabulary, merges, rules, special);
    }
}
