using System.Text.Json;
using Spex.Core.Tests.Formats;
using Spex.Torch.Models;
using Spex.Torch.Tokenizers;

namespace Spex.Torch.Tests.Tokenizers;

/// <summary>A tokenizer's files, and what the reference implementation makes of some texts.</summary>
internal static class TokenizerFixture
{
    public static string FolderOf(string name) => Path.Combine(AppContext.BaseDirectory, "Fixtures", name);

    public static IEnumerable<JsonElement> Cases(string name, string list = "cases")
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(FolderOf(name), "expected.json")));
        return document.RootElement.GetProperty(list).Clone().EnumerateArray();
    }

    /// <summary>Opens a tokenizer from copies of some files, with others written beside them; config.json is empty unless one is given.</summary>
    public static TextTokenizer Open(string fixture, string[] files, params (string Name, string Content)[] written)
    {
        using TemporaryFolder folder = new();
        folder.Write("config.json", "{}");
        foreach (string file in files)
        {
            File.Copy(Path.Combine(FolderOf(fixture), file), folder[file]);
        }

        foreach ((string name, string content) in written)
        {
            folder.Write(name, content);
        }

        return TokenizerFolder.Open(ModelFolder.Open(folder.FullName));
    }

    public static int[] Ids(this JsonElement element, string name) => element.GetProperty(name).Deserialize<int[]>()!;

    public static string Text(this JsonElement element) => element.GetProperty("text").GetString()!;
}
