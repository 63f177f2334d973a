using Spex.Core;
using Spex.Core.Tests.Formats;
using Spex.Torch.Models;

namespace Spex.Torch.Tests.Models;

public sealed class ModelConfigurationTests
{
    [Fact]
    public void Gives_typed_values_and_what_takes_their_place()
    {
        using TemporaryFolder folder = new();
        ModelConfiguration configuration = ModelConfiguration.Read(folder.Write(
            "config.json",
            """{"architectures":["A","B"],"model_type":"t","n":3,"x":1e-5,"f":true,"nothing":null,"list":[1,2.5],"in":{"m":4},"id2label":{"1":"one","0":"zero"}}"""));
        Assert.Equal("A", configuration.Architecture);
        Assert.Equal("t", configuration.ModelType);
        Assert.Equal(3, configuration.WholeNumber("n"));
        Assert.Equal(7, configuration.WholeNumber("nothing", 1, 9, 7));
        Assert.Equal(1e-5, configuration.Number("x"));
        Assert.True(configuration.Flag("f", false));
        Assert.False(configuration.Has("nothing"));
        Assert.Equal([1, 2.5], configuration.Numbers("list"));
        Assert.True(configuration.IsList("list"));
        Assert.Equal(4, configuration.Section("in")!.WholeNumber("m"));
        Assert.Null(configuration.Section("out"));
        Assert.Equal(["zero", "one"], configuration.Labels);
        Assert.Equal("word", configuration.Text("absent", "word"));
    }

    [Theory]
    [InlineData("""{"n":"3"}""", "n")]
    [InlineData("""{"n":0}""", "1 to")]
    [InlineData("""{}""", "\"n\"")]
    public void A_wrong_value_names_file_and_key(string json, string reason)
    {
        using TemporaryFolder folder = new();
        ModelConfiguration configuration = ModelConfiguration.Read(folder.Write("config.json", json));
        string message = Assert.Throws<SpexInputException>(() => configuration.WholeNumber("n")).Message;
        Assert.Contains(folder["config.json"], message, StringComparison.Ordinal);
        Assert.Contains(reason, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{\"a\":")]
    [InlineData("")]
    public void What_is_no_object_is_refused(string json)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("config.json", json);
        Assert.Contains(path, Assert.Throws<SpexInputException>(() => ModelConfiguration.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_without_names_are_numbered_and_gaps_refused()
    {
        using TemporaryFolder folder = new();
        Assert.Equal(["LABEL_0", "LABEL_1", "LABEL_2"], ModelConfiguration.Read(folder.Write("a.json", """{"num_labels":3}""")).Labels);
        Assert.Throws<SpexInputException>(() => ModelConfiguration.Read(folder.Write("b.json", """{"id2label":{"0":"a","7":"b"}}""")).Labels);
    }
}
