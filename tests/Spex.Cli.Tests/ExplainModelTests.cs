using Spex.Core.Tests.Formats;
using Spex.Torch.Tests.Text;

namespace Spex.Cli.Tests;

/// <summary>`explain text --model DIR` and `explain rag`, on tiny models in the real file formats.</summary>
public class ExplainModelTests
{
    [Fact]
    public void A_classifier_s_folder_is_explained()
    {
        using TemporaryFolder folder = TextModels.Encoder();
        SpexRun run = SpexRun.Of("explain", "text", "Her acting never fails to impress", "--model", folder.FullName, "--value", "probability", "--target", "LABEL_2", "--result", folder["result.json"]);
        Assert.Equal(0, run.Code);
        Assert.Contains("6 words; the value is the probability of LABEL_2; the model says LABEL_2 with probability 0.", run.Output);
        Assert.Contains("exact on all 64 masks", run.Output);
        Assert.Matches("model: [0-9,]+ ablations a second, [0-9]+ % of the [0-9,]+ whole texts", run.Error);
        Assert.Contains("\"probability of LABEL_2", File.ReadAllText(folder["result.json"]).Replace("the ", "", StringComparison.Ordinal));
    }

    [Fact]
    public void A_language_model_s_answer_is_explained_and_the_question_kept()
    {
        using TemporaryFolder folder = TextModels.Decoder();
        string[] command =
        [
            "explain", "text", "A cat is here. It sat. Q: is it a cat? A:", "--model", folder.FullName, "--unit", "sentence", "--keep", "Q: is it a cat? A:", "--answer", "True", "--against", "False",
            "--removal", "delete", "--samples", folder["values"],
        ];
        SpexRun run = SpexRun.Of(command);
        Assert.Equal(0, run.Code);
        Assert.Contains("2 sentences; the value is the log-probability of \"True\" less that of \"False\"", run.Output);
        Assert.Contains("4 of 4 ablations", run.Output);

        // The same command evaluates nothing again; another answer is another function.
        Assert.Contains("(4 known before)", SpexRun.Of(command).Output);
        SpexRun other = SpexRun.Of([.. command[..10], "Maybe", .. command[11..]]);
        Assert.Equal(2, other.Code);
    }

    [Fact]
    public void Documents_are_explained_pair_by_pair()
    {
        using TemporaryFolder folder = TextModels.Decoder();
        string first = folder.Write("cat.txt", "A b."), second = folder.Write("hat.txt", "In. It.");
        SpexRun run = SpexRun.Of("explain", "rag", "--question", "Is it in a hat, or is it in the house of a cat?", "--documents", first, second, "--model", folder.FullName, "--answer", "a", "--instruction", "", "--result", folder["result.json"]);
        Assert.Equal(2, run.Code);
        Assert.Contains("and the model takes 64: ", run.Error);
        run = SpexRun.Of(
            "explain", "rag", "--question", "Q", "--documents", first, second, "--model", folder.FullName, "--answer", "a", "--instruction", "", "--unit", "sentence", "--result", folder["result.json"]);
        Assert.True(run.Code == 0, run.Error);
        Assert.Contains("3 sentences", run.Output);
        Assert.Contains("by document pair", run.Output);
        Assert.Contains("cat × hat", run.Output);
        Assert.Contains("within hat", run.Output);
        Assert.Contains("\"groups\"", File.ReadAllText(folder["result.json"]));
        run = SpexRun.Of("explain", "rag", "--question", "Q", "--documents", first, second, "--model", folder.FullName, "--answer", "a", "--instruction", "", "--unit", "document");
        Assert.Contains("2 documents", run.Output);
        Assert.Contains("cat × hat", run.Output);
    }

    [Theory]
    [InlineData("bert", "--answer is for language models", "--answer", "x")]
    [InlineData("bert", "no class good", "--target", "good")]
    [InlineData("bert", "the text does not have it", "--keep", "absent")]
    [InlineData("bert", "--neutral is the word of --removal neutral", "--neutral", "it")]
    [InlineData("bert", "There is no file", "--offsets", "/nowhere/offsets")]
    [InlineData("bert", "--offsets says what the features are", "--offsets", "x", "--keep", "film")]
    [InlineData("llama", "--target is for classifiers", "--target", "0")]
    [InlineData("llama", "answer is empty", "--answer", "")]
    public void What_does_not_fit_the_model_is_told_with_one_line_and_2(string fixture, string expected, params string[] arguments)
    {
        using TemporaryFolder folder = fixture == "bert" ? TextModels.Encoder() : TextModels.Decoder();
        SpexRun run = SpexRun.Of(["explain", "text", "the film was not bad", "--model", folder.FullName, .. arguments]);
        Assert.Equal(2, run.Code);
        Assert.Equal("", run.Output);
        Assert.Contains(expected, run.Error);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public void The_built_in_model_takes_larger_units_and_refuses_what_it_cannot_do()
    {
        SpexRun run = SpexRun.Of("explain", "text", "The plot is dull. Her acting never fails to impress.", "--unit", "sentence");
        Assert.Equal(0, run.Code);
        Assert.Contains("2 sentences", run.Output);
        Assert.Contains("2 lines", SpexRun.Of("explain", "text", "good\nbad", "--unit", "line").Output);
        Assert.Contains("2 paragraphs", SpexRun.Of("explain", "text", "good\n\nbad", "--unit", "paragraph").Output);
        Assert.Contains("--keep is for models from a folder", SpexRun.Of("explain", "text", "good", "--keep", "good").Error);
        Assert.Contains("--target is positive or negative", SpexRun.Of("explain", "text", "good", "--target", "1").Error);
    }

    [Fact]
    public void Features_may_come_from_a_file()
    {
        using TemporaryFolder folder = TextModels.Encoder();
        string offsets = folder.Write("offsets.txt", "0 8\n13 20\n");
        SpexRun run = SpexRun.Of("explain", "text", "the film was not bad", "--model", folder.FullName, "--offsets", offsets);
        Assert.True(run.Code == 0, run.Error);
        Assert.Contains("2 parts", run.Output);
        Assert.Contains("the film", run.Output);
        Assert.Contains("not bad", run.Output);
    }

    [Fact]
    public void A_missing_model_and_a_missing_tokenizer_are_told()
    {
        Assert.Contains("There is no folder", SpexRun.Of("explain", "text", "x", "--model", "/nowhere/at/all").Error);
        using TemporaryFolder folder = TextModels.Encoder();
        File.Delete(folder["vocab.txt"]);
        SpexRun run = SpexRun.Of("explain", "text", "x", "--model", folder.FullName);
        Assert.Equal(2, run.Code);
        Assert.Contains("has no tokenizer that can be read", run.Error);
        Assert.Contains("There is no file", SpexRun.Of("convert", "llama2c", "/nowhere/model.bin", "/nowhere/tok.bin", folder["out"]).Error);
    }
}
