using Spex.Core;
using Spex.Core.Formats;

namespace Spex.Torch.Tokenizers;

/// <summary>Reads tokenizer.json, the one-file form of Hugging Face's tokenizers library, for the models in it that the classes here can run.</summary>
/// <remarks>
/// WordPiece with BertNormalizer and BertPreTokenizer; BPE over bytes with ByteLevel, Split (a regular expression, isolated) and Digits; BPE with byte fallback, as converted from SentencePiece. Everything
/// else is refused by name.
/// </remarks>
internal static class TokenizerJson
{
    /// <summary>Reads the file.</summary>
    /// <exception cref="SpexInputException">It is malformed, or holds something that is not supported.</exception>
    public static TextTokenizer Read(string path, TokenizerSettings settings) => JsonPart.ReadFile(path, root => Read(root, settings));

    private static TextTokenizer Read(JsonPart root, TokenizerSettings settings)
    {
        if (root.Find("added_tokens", out JsonPart added))
        {
            foreach (JsonPart token in added.Entries())
            {
                settings.Add(token.Property("content").String(), token.Property("id").Int32(0, int.MaxValue));
            }
        }

        JsonPart model = root.Property("model");
        Dictionary<string, int> vocabulary = new(StringComparer.Ordinal);
        string kind = KindOf(model);
        if (kind is not ("WordPiece" or "BPE"))
        {
            model.Fail($"is of type {kind}", "WordPiece and BPE are supported");
        }

        foreach ((string piece, JsonPart id) in model.Property("vocab").Properties())
        {
            vocabulary[piece] = id.Int32(0, int.MaxValue);
        }

        (string? before, string? after) = root.Find("post_processor", out JsonPart processor) ? Around(processor) : (null, null);
        int? IdOf(string piece) => vocabulary.TryGetValue(piece, out int id) ? id : null;
        if (kind == "WordPiece")
        {
            string unknown = model.Find("unk_token", out JsonPart piece) ? piece.String() : "[UNK]";
            string?[] pieces = new string?[vocabulary.Count];
            foreach ((string form, int id) in vocabulary)
            {
                pieces[id < pieces.Length ? id : throw new SpexInputException($"{root.File}: piece {form} has the number {id}, and there are {pieces.Length} pieces; numbers from 0 without gaps are needed.")] = form;
            }

            if (Array.IndexOf(pieces, null) is >= 0 and int missing)
            {
                throw new SpexInputException($"{root.File}: the vocabulary of {pieces.Length} pieces has none with number {missing}; numbers from 0 without gaps are needed.");
            }

            return new WordPieceTextTokenizer(pieces!, unknown, WordsOf(root), settings.Special(IdOf, before, after, ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"]));
        }

        string[] merges = [.. model.Property("merges").Entries().Select(merge => merge.IsArray ? string.Join(' ', merge.Strings()) : merge.String())];
        SpecialTokens special = settings.Special(IdOf, before, after, []);
        return model.Find("byte_fallback", out JsonPart fallback) && fallback.Boolean()
            ? new SentencePieceTextTokenizer(ScoredByMerges(vocabulary, merges, model), special)
            : new ByteLevelTokenizer(vocabulary, merges, RulesOf(root) with { WholeFirst = model.Find("ignore_merges", out JsonPart ignored) && ignored.Boolean() }, special);
    }

    private static BertWords WordsOf(JsonPart root)
    {
        JsonPart normaliser = root.Property("normalizer");
        if (KindOf(normaliser) != "BertNormalizer")
        {
            normaliser.Fail($"is of type {KindOf(normaliser)}", "BertNormalizer is supported with WordPiece");
        }

        bool Flag(string name, bool otherwise) => normaliser.Find(name, out JsonPart value) ? value.Boolean() : otherwise;
        bool lower = Flag("lowercase", true);
        return new BertWords(lower, Flag("strip_accents", lower), Flag("handle_chinese_chars", true));
    }

    /// <summary>Byte pairs ranked by their merges: the first has the best score. What no merge makes is a letter or a byte.</summary>
    private static SentencePieceModel ScoredByMerges(Dictionary<string, int> vocabulary, string[] merges, JsonPart model)
    {
        int size = vocabulary.Values.DefaultIfEmpty(-1).Max() + 1;
        if (size > 4 * vocabulary.Count)
        {
            model.Fail($"has {vocabulary.Count} pieces with numbers up to {size - 1}", "numbers without large gaps are allowed");
        }

        Dictionary<string, float> ranks = new(StringComparer.Ordinal);
        for (int rank = 0; rank < merges.Length; rank++)
        {
            ranks.TryAdd(merges[rank].Replace(" ", "", StringComparison.Ordinal), -rank);
        }

        string unknown = model.Find("unk_token", out JsonPart piece) ? piece.String() : "<unk>";
        SentencePieceModel.Piece[] pieces = new SentencePieceModel.Piece[size];
        Array.Fill(pieces, new SentencePieceModel.Piece("", 0, SentencePieceModel.Kind.Unused));
        foreach ((string form, int id) in vocabulary)
        {
            SentencePieceModel.Kind kind = form == unknown ? SentencePieceModel.Kind.Unknown
                : SentencePieceModel.IsByte(form) ? SentencePieceModel.Kind.Byte
                : ranks.ContainsKey(form) || new System.Globalization.StringInfo(form).LengthInTextElements == 1 ? SentencePieceModel.Kind.Normal
                : SentencePieceModel.Kind.Control;
            pieces[id] = new SentencePieceModel.Piece(form, ranks.GetValueOrDefault(form), kind);
        }

        return new SentencePieceModel(pieces, true);
    }

    private static ByteLevelTokenizer.Rules RulesOf(JsonPart root)
    {
        bool composes = false;
        if (root.Find("normalizer", out JsonPart normaliser))
        {
            composes = KindOf(normaliser) == "NFC";
            if (!composes)
            {
                normaliser.Fail($"is of type {KindOf(normaliser)}", "NFC or none is supported with BPE over bytes");
            }
        }

        List<string> patterns = [];
        bool isByteLevel = false, prefix = false;
        void Take(JsonPart part)
        {
            switch (KindOf(part))
            {
                case "Sequence":
                    foreach (JsonPart inner in part.Property("pretokenizers").Entries())
                    {
                        Take(inner);
                    }

                    break;
                case "ByteLevel":
                    isByteLevel = true;
                    prefix |= part.Find("add_prefix_space", out JsonPart space) && space.Boolean();
                    if (!part.Find("use_regex", out JsonPart regex) || regex.Boolean())
                    {
                        patterns.Add(SplitChain.Gpt2);
                    }

                    break;
                case "Digits":
                    patterns.Add(part.Find("individual_digits", out JsonPart each) && each.Boolean() ? @"\p{N}" : @"\p{N}+");
                    break;
                case "Split":
                    string behaviour = part.Property("behavior").String();
                    if (behaviour is not ("Isolated" or "isolated") || (part.Find("invert", out JsonPart invert) && invert.Boolean()))
                    {
                        part.Fail($"splits as \"{behaviour}\"", "Isolated, not inverted, is supported");
                    }

                    JsonPart pattern = part.Property("pattern");
                    patterns.Add(pattern.Find("Regex", out JsonPart expression) ? expression.String() : System.Text.RegularExpressions.Regex.Escape(pattern.Property("String").String()));
                    break;
                default:
                    part.Fail($"is of type {KindOf(part)}", "ByteLevel, Split, Digits and Sequence are supported with BPE");
                    break;
            }
        }

        JsonPart splitter = root.Property("pre_tokenizer");
        Take(splitter);
        if (!isByteLevel)
        {
            splitter.Fail("has no ByteLevel", "BPE over bytes, or with byte_fallback, is supported");
        }

        try
        {
            return new ByteLevelTokenizer.Rules($"{string.Join('\n', patterns)}{(prefix ? "+space" : "")}{(composes ? "+nfc" : "")}", SplitChain.Of(patterns), composes, prefix);
        }
        catch (ArgumentException error)
        {
            throw new SpexInputException($"{root.File}: a pattern of the pre_tokenizer cannot be used: {error.Message}", error);
        }
    }

    /// <summary>What a post-processor puts in front of a text and behind it.</summary>
    private static (string? Before, string? After) Around(JsonPart processor)
    {
        switch (KindOf(processor))
        {
            case "BertProcessing" or "RobertaProcessing":
                return (processor.Property("cls").Entries().First().String(), processor.Property("sep").Entries().First().String());
            case "TemplateProcessing":
                string? before = null, after = null;
                bool behind = false;
                foreach (JsonPart part in processor.Property("single").Entries())
                {
                    if (part.Find("SpecialToken", out JsonPart token))
                    {
                        string content = token.Property("id").String();
                        (before, after) = behind ? (before, content) : (content, after);
                    }

                    behind |= part.Find("Sequence", out _);
                }

                return (before, after);
            case "Sequence":
                foreach (JsonPart part in processor.Property("processors").Entries())
                {
                    if (Around(part) is not (null, null) and var around)
                    {
                        return around;
                    }
                }

                return (null, null);
            case "ByteLevel":
                return (null, null);
            default:
                processor.Fail($"is of type {KindOf(processor)}", "BertProcessing, RobertaProcessing, TemplateProcessing and ByteLevel are supported");
                return default;
        }
    }

    private static string KindOf(JsonPart part) => part.Find("type", out JsonPart type) ? type.String() : "BPE";
}
