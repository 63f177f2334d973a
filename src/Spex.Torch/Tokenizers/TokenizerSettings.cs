using System.Globalization;
using Spex.Core;
using Spex.Core.Formats;
using Spex.Torch.Models;

namespace Spex.Torch.Tokenizers;

/// <summary>A folder's tokenizer_config.json, special_tokens_map.json and added_tokens.json; all of them may be missing.</summary>
internal sealed class TokenizerSettings
{
    private static readonly string[] Roles = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    private readonly Dictionary<string, string> _contents = [];
    private readonly Dictionary<string, bool> _flags = [];
    private readonly Dictionary<string, int> _added = new(StringComparer.Ordinal);

    private TokenizerSettings()
    {
    }

    /// <summary>"tokenizer_class"; empty where it is not said.</summary>
    public string Class { get; private set; } = "";

    /// <summary>Reads what is there.</summary>
    /// <exception cref="SpexInputException">A file is malformed.</exception>
    public static TokenizerSettings Read(ModelFolder folder)
    {
        TokenizerSettings settings = new();
        foreach (string file in (string[])["special_tokens_map.json", "tokenizer_config.json"])
        {
            if (folder.Has(file))
            {
                _ = JsonPart.ReadFile(folder.FileOf(file), root => settings.Take(root));
            }
        }

        if (folder.Has("added_tokens.json"))
        {
            _ = JsonPart.ReadFile(folder.FileOf("added_tokens.json"), root =>
            {
                foreach ((string content, JsonPart id) in root.Properties())
                {
                    settings._added[content] = id.Int32(0, int.MaxValue);
                }

                return true;
            });
        }

        return settings;
    }

    /// <summary>What a role's token is in text, such as "[MASK]" for "mask_token"; null where it is not said.</summary>
    public string? Content(string role) => _contents.GetValueOrDefault(role);

    /// <summary>A setting.</summary>
    public bool Flag(string name, bool otherwise) => _flags.GetValueOrDefault(name, otherwise);

    /// <summary>Notes a token that is not in the vocabulary's file.</summary>
    public void Add(string content, int id) => _added[content] = id;

    /// <summary>The special tokens.</summary>
    /// <param name="idOf">The number of a piece of the vocabulary; null where it has none.</param>
    /// <param name="before">What goes in front of a text; null for nothing.</param>
    /// <param name="after">What goes behind it; null for nothing.</param>
    /// <param name="usual">What such vocabularies usually have, where the files do not say.</param>
    public SpecialTokens Special(Func<string, int?> idOf, string? before, string? after, IReadOnlyList<string> usual)
    {
        int? Find(string content) => _added.TryGetValue(content, out int id) ? id : idOf(content);
        int[] One(string? content) => content is null ? []
            : [Find(content) ?? throw new SpexInputException($"The tokenizer puts {content} around a text, and its vocabulary has no such token. Are its files of one model?")];
        int? Role(string role, string otherwise) => Content(role) is { } content ? Find(content) : usual.Contains(otherwise) ? Find(otherwise) : null;
        bool wordPieces = usual.Contains("[MASK]");
        Dictionary<string, int> contents = new(StringComparer.Ordinal);
        foreach (string content in _added.Keys.Concat(Roles.Select(Content).OfType<string>()).Concat(usual))
        {
            if (content.Length > 0 && Find(content) is { } id)
            {
                contents[content] = id;
            }
        }

        return new SpecialTokens
        {
            Contents = contents,
            Before = One(before),
            After = One(after),
            Mask = Role("mask_token", wordPieces ? "[MASK]" : "<mask>"),
            Unknown = Role("unk_token", wordPieces ? "[UNK]" : "<unk>"),
            Padding = Role("pad_token", wordPieces ? "[PAD]" : "<pad>"),
        };
    }

    private bool Take(JsonPart root)
    {
        foreach (string role in Roles)
        {
            if (root.Find(role, out JsonPart token))
            {
                _contents[role] = token.IsObject ? token.Property("content").String() : token.String();
            }
        }

        foreach (string flag in (string[])["do_lower_case", "strip_accents", "tokenize_chinese_chars", "add_bos_token", "add_eos_token", "add_prefix_space"])
        {
            if (root.Find(flag, out JsonPart value))
            {
                _flags[flag] = value.Boolean();
            }
        }

        if (root.Find("tokenizer_class", out JsonPart name))
        {
            Class = name.String();
        }

        if (root.Find("added_tokens_decoder", out JsonPart added))
        {
            foreach ((string id, JsonPart token) in added.Properties())
            {
                if (!int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
                {
                    added.Fail($"has the key \"{id}\"", "the numbers of tokens are allowed");
                }

                _added[token.Property("content").String()] = number;
            }
        }

        return true;
    }
}
