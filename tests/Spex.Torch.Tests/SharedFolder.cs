namespace Spex.Torch.Tests;

/// <summary>Data and weights that are too large for the repository: a folder "shared" above it, where there is one.</summary>
internal static class SharedFolder
{
    /// <summary>The folder shared/<paramref name="name"/> that holds a file; null where there is none.</summary>
    public static string? Find(string name, string file)
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            string candidate = Path.Combine(directory.FullName, "shared", name);
            if (File.Exists(Path.Combine(candidate, file)))
            {
                return candidate;
            }
        }

        return null;
    }

    /// <summary>The path of a file in shared/<paramref name="name"/>; skips the test where there is none.</summary>
    public static string Need(string name, string file)
    {
        string? folder = Find(name, file);
        Assert.SkipWhen(folder is null, $"No ../shared/{name} with {file} above this folder.");
        return Path.Combine(folder, file);
    }
}
