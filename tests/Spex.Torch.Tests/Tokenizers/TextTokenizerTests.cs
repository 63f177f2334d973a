using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spex.Core;
using Spex.Core.Tests.Formats;
using Spex.Torch.Models;
using Spex.Torch.Tokenizers;

namespace Spex.Torch.Tests.Tokenizers;

/// <summary>Every tokenizer gives the reference implementation's numbers on all of its texts.</summary>
public sealed class TextTokenizerTests
{
    private static readonly string[] WordPieceFiles = ["vocab.txt", "tokenizer_config.json"], BytePairFiles = ["vocab.json", "merges.txt", "tokenizer_config.json"];

    [Fact]
    public void Word_pieces_lower_case()
    {
        TextTokenizer tokenizer = TokenizerFixture.Open("tokenizer-bert", WordPieceFiles);
        Assert.All(TokenizerFixture.Cases("tokenizer-bert"), one => Assert.Equal(one.Ids("ids"), tokenizer.EncodeWhole(one.Text())));
        Assert.Equal((103, 100, 0), (tokenizer.Special.Mask, tokenizer.Special.Unknown, tokenizer.Special.Padding));
    }

    [Fact]
    public void Word_pieces_cased()
    {
        TextTokenizer tokenizer = TokenizerFixture.Open("tokenizer-bert", ["vocab.txt"], ("tokenizer_config.json", """{"do_lower_case":false}"""));
        Assert.All(TokenizerFixture.Cases("tokenizer-bert"), one => Assert.Equal(one.Ids("ids_cased"), tokenizer.EncodeWhole(one.Text())));
    }

    [Fact]
    public void Bytes_as_GPT_2_splits_them_with_their_places()
    {
        TextTokenizer tokenizer = TokenizerFixture.Open("tokenizer-gpt2", BytePairFiles);
        foreach (JsonElement one in TokenizerFixture.Cases("tokenizer-gpt2"))
        {
            string text = one.Text();
            IReadOnlyList<TextPiece> pieces = tokenizer.Encode(text);
            Assert.Equal(one.Ids("ids"), pieces.Select(piece => piece.Id));
            int[][] places = one.GetProperty("byte_offsets").Deserialize<int[][]>()!;
            Assert.Equal(places.Select(place => CharacterAt(text, place[0])), pieces.Select(piece => piece.Span.Start));
            Assert.Equal(one.GetProperty("decoded").GetString()!.Replace("<|endoftext|>", "", StringComparison.Ordinal), tokenizer.Decode(one.Ids("ids")));
        }
    }

    [Fact]
    public void Bytes_with_a_space_in_front()
    {
        TextTokenizer tokenizer = TokenizerFixture.Open("tokenizer-gpt2", ["vocab.json", "merges.txt"], ("tokenizer_config.json", """{"add_prefix_space":true}"""));
        Assert.All(TokenizerFixture.Cases("tokenizer-gpt2").Where(one => one.Text().Length > 0), one => Assert.Equal(one.Ids("ids_add_prefix_space"), tokenizer.EncodeWhole(one.Text())));
        Assert.Equal([0, 3], tokenizer.Encode("The cat").Select(piece => piece.Span.Start));
    }

    [Fact]
    public void Bytes_as_Qwen2_splits_them()
    {
        TextTokenizer tokenizer = TokenizerFixture.Open("tokenizer-gpt2", ["vocab.json", "merges.txt"], ("tokenizer_config.json", """{"tokenizer_class":"Qwen2Tokenizer"}"""));
        Assert.All(TokenizerFixture.Cases("tokenizer-qwen2-rules"), one => Assert.Equal(one.Ids("ids"), tokenizer.EncodeWhole(one.Text())));
    }

    [Fact]
    public void Sentence_pieces_with_their_places()
    {
        TextTokenizer tokenizer = TokenizerFixture.Open("tokenizer-spm-own", ["tokenizer.model"], ("tokenizer_config.json", """{"add_bos_token":false}"""));
        foreach (JsonElement one in TokenizerFixture.Cases("tokenizer-spm-own"))
        {
            // The reference here is the bare library, to which <s> and the like are text.
            string text = one.Text();
            if (text.Contains("<s>", StringComparison.Ordinal))
            {
                continue;
            }

            IReadOnlyList<TextPiece> pieces = tokenizer.Encode(text);
            Assert.Equal(one.Ids("sp_ids"), pieces.Select(piece => piece.Id));
            Assert.Equal(one.GetProperty("decoded").GetString(), tokenizer.Decode(one.Ids("sp_ids")));
            int[][] places = one.GetProperty("sp_offsets").Deserialize<int[][]>()!;
            string[] forms = one.GetProperty("sp_pieces").Deserialize<string[]>()!;
            int[] starts = [.. text.EnumerateRunes().Select(rune => rune.Utf16SequenceLength).Aggregate(new List<int> { 0 }, (sums, length) => [.. sums, sums[^1] + length])];
            for (int i = 0; i < forms.Length; i++)
            {
                // The reference gives all bytes of a character but the last an empty place at its beginning or end.
                if (!forms[i].StartsWith("<0x", StringComparison.Ordinal))
                {
                    Assert.Equal((starts[places[i][0]], starts[places[i][1]]), (pieces[i].Span.Start, pieces[i].Span.End));
                }
            }
        }
    }

    [Fact]
    public void A_text_begins_with_its_first_token_and_a_continuation_does_not()
    {
        TextTokenizer tokenizer = TokenizerFixture.Open("tokenizer-spm-own", ["tokenizer.model"]);
        Assert.Single(tokenizer.Special.Before);
        IReadOnlyList<int> whole = tokenizer.EncodeWhole("the man and");
        Assert.Equal(whole, [.. tokenizer.EncodeWhole("the man"), .. tokenizer.EncodeContinuation(" and")]);
        Assert.Equal("the man and", tokenizer.Decode(whole));
        Assert.Equal(" and", tokenizer.Decode(tokenizer.EncodeContinuation(" and"), continues: true));
    }

    [Fact]
    public void Places_of_word_pieces_are_those_of_the_text()
    {
        TextTokenizer tokenizer = TokenizerFixture.Open("tokenizer-bert", WordPieceFiles);
        const string Text = "  Café unaffable, [MASK]!";
        Assert.Equal(["Café", "una", "ffa", "ble", ",", "[MASK]", "!"], tokenizer.Encode(Text).Select(piece => piece.Span.In(Text)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Tokenizer_json_with_bytes_gives_the_same(bool pairsAsLists)
    {
        JsonNode vocabulary = JsonNode.Parse(File.ReadAllText(Path.Combine(TokenizerFixture.FolderOf("tokenizer-gpt2"), "vocab.json")))!;
        JsonArray merges = [.. File.ReadLines(Path.Combine(TokenizerFixture.FolderOf("tokenizer-gpt2"), "merges.txt")).Skip(1).Where(line => line.Length > 0)
            .Select(line => pairsAsLists ? new JsonArray([.. line.Split(' ').Select(part => JsonValue.Create(part))]) : (JsonNode)JsonValue.Create(line))];
        JsonObject whole = new()
        {
            ["added_tokens"] = JsonNode.Parse("""[{"id":50256,"content":"<|endoftext|>"}]"""),
            ["normalizer"] = JsonNode.Parse("""{"type":"NFC"}"""),
            ["pre_tokenizer"] = new JsonObject
            {
                ["type"] = "Sequence",
                ["pretokenizers"] = new JsonArray(
                    new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = SplitChain.Qwen2 }, ["behavior"] = "Isolated", ["invert"] = false },
                    JsonNode.Parse("""{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}""")),
            },
            ["post_processor"] = JsonNode.Parse("""{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<|endoftext|>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}]}"""),
            ["model"] = new JsonObject { ["type"] = "BPE", ["vocab"] = vocabulary, ["merges"] = merges },
        };
        TextTokenizer tokenizer = TokenizerFixture.Open("tokenizer-gpt2", [], ("tokenizer.json", whole.ToJsonString()));
        Assert.All(TokenizerFixture.Cases("tokenizer-qwen2-rules"), one => Assert.Equal([50256, .. one.Ids("ids")], tokenizer.EncodeWhole(one.Text())));
    }

    [Fact]
    public void Tokenizer_json_with_word_pieces_gives_the_same()
    {
        string[] pieces = File.ReadAllLines(Path.Combine(TokenizerFixture.FolderOf("tokenizer-bert"), "vocab.txt"));
        JsonObject vocabulary = new(pieces.Select((piece, id) => KeyValuePair.Create(piece, (JsonNode?)JsonValue.Create(id))));
        JsonObject whole = new()
        {
            ["added_tokens"] = JsonNode.Parse("""[{"id":101,"content":"[CLS]"},{"id":102,"content":"[SEP]"},{"id":103,"content":"[MASK]"},{"id":100,"content":"[UNK]"}]"""),
            ["normalizer"] = JsonNode.Parse("""{"type":"BertNormalizer","lowercase":true,"strip_accents":null,"handle_chinese_chars":true}"""),
            ["pre_tokenizer"] = JsonNode.Parse("""{"type":"BertPreTokenizer"}"""),
            ["post_processor"] = JsonNode.Parse("""{"type":"BertProcessing","sep":["[SEP]",102],"cls":["[CLS]",101]}"""),
            ["model"] = new JsonObject { ["type"] = "WordPiece", ["unk_token"] = "[UNK]", ["vocab"] = vocabulary },
        };
        TextTokenizer tokenizer = TokenizerFixture.Open("tokenizer-bert", [], ("tokenizer.json", whole.ToJsonString()));
        Assert.All(TokenizerFixture.Cases("tokenizer-bert"), one => Assert.Equal(one.Ids("ids"), tokenizer.EncodeWhole(one.Text())));
        Assert.Equal(103, tokenizer.Special.Mask);
    }

    [Fact]
    public void Tokenizer_json_with_byte_fallback_joins_by_rank()
    {
        const string Json = """
            {"model":{"type":"BPE","byte_fallback":true,"unk_token":"<unk>","vocab":{"<unk>":0,"<s>":1,"<0xC3>":2,"<0xA9>":3,"▁":4,"a":5,"b":6,"ab":7,"▁ab":8,"▁a":9},"merges":["a b","▁ ab","▁ a"]},
             "added_tokens":[{"id":0,"content":"<unk>"},{"id":1,"content":"<s>"}],
             "post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}]}}
            """;
        TextTokenizer tokenizer = TokenizerFixture.Open("tokenizer-bert", [], ("tokenizer.json", Json));
        Assert.Equal([1, 8, 9, 2, 3], tokenizer.EncodeWhole("ab aé"));
        Assert.Equal("ab aé", tokenizer.Decode([1, 8, 9, 2, 3]));
    }

    [Theory]
    [InlineData(true, new[] { 3, 4, 0, 1 })]
    [InlineData(false, new[] { 0, 1, 4, 0, 1 })]
    public void Tokenizer_json_may_take_whole_stretches_before_merges(bool ignoreMerges, int[] expected)
    {
        string json = $$$"""
            {"model":{"type":"BPE","ignore_merges":{{{(ignoreMerges ? "true" : "false")}}},"vocab":{"a":0,"b":1,"Ġa":2,"ab":3,"Ġ":4},"merges":[]},
             "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"use_regex":true}}
            """;
        TextTokenizer tokenizer = TokenizerFixture.Open("tokenizer-bert", [], ("tokenizer.json", json));
        Assert.Equal(expected, tokenizer.EncodeWhole("ab ab"));
    }

    [Fact]
    public void Llama2c_files_are_read()
    {
        if (SharedFolder.Find("weights", "tok512.bin") is not { } weights)
        {
            Assert.Skip("The tokenizer of stories260K is not here.");
            return;
        }

        using TemporaryFolder folder = new();
        folder.Write("config.json", "{}");
        File.Copy(Path.Combine(weights, "tok512.bin"), folder["tokenizer.bin"]);
        TextTokenizer tokenizer = TokenizerFolder.Open(ModelFolder.Open(folder.FullName));
        IReadOnlyList<int> ids = tokenizer.EncodeWhole("Once upon a time");
        Assert.Equal([1, 403, 407, 261, 378], ids);
        Assert.Equal("Once upon a time", tokenizer.Decode(ids));
        Assert.Equal(512, tokenizer.VocabularySize);
        Assert.Equal("Zoë!\n", tokenizer.Decode(tokenizer.EncodeWhole("Zoë!\n")));
    }

    [Theory]
    [InlineData("none", "", "has no tokenizer that can be read; supported are vocab.txt")]
    [InlineData("tokenizer.model", "nonsense", "is no SentencePiece model")]
    [InlineData("tokenizer.bin", "nonsense of some length", "is no tokenizer of llama2.c")]
    [InlineData("tokenizer.json", """{"model":{"type":"Unigram","vocab":[]}}""", "WordPiece and BPE are supported")]
    [InlineData("tokenizer.json", """{"model":{"type":"BPE","vocab":{},"merges":[]},"pre_tokenizer":{"type":"Metaspace"}}""", "Metaspace")]
    [InlineData("tokenizer.json", """{"model":{"type":"BPE","vocab":{},"merges":[]},"normalizer":{"type":"Lowercase"},"pre_tokenizer":{"type":"ByteLevel"}}""", "Lowercase")]
    [InlineData("tokenizer.json", """{"model":{"type":"WordPiece","vocab":{"a":7}},"normalizer":{"type":"BertNormalizer"}}""", "piece a has the number 7")]
    [InlineData("tokenizer.json", """{"model":{"type":"BPE","vocab":{},"merges":[]},"pre_tokenizer":{"type":"Split","pattern":{"Regex":"("},"behavior":"Isolated"}}""", "has no ByteLevel")]
    [InlineData("vocab.txt", "a\nb", "[CLS]")]
    [InlineData("tokenizer_config.json", """{"do_lower_case":"yes"}""", "true or false")]
    public void What_cannot_be_read_is_told(string file, string content, string reason)
    {
        SpexInputException error = Assert.Throws<SpexInputException>(() => TokenizerFixture.Open("tokenizer-bert", [], (file, content)));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    /// <summary>The character that holds a byte of the text's UTF-8.</summary>
    private static int CharacterAt(string text, int place)
    {
        int bytes = 0, character = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (bytes + rune.Utf8SequenceLength > place)
            {
                break;
            }

            bytes += rune.Utf8SequenceLength;
            character += rune.Utf16SequenceLength;
        }

        return character;
    }
}
