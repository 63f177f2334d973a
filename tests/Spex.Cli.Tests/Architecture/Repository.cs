using System.Xml.Linq;

namespace Spex.Cli.Tests.Architecture;

/// <summary>The repository that the tests were built from.</summary>
internal static class Repository
{
    private static readonly string[] TopFolders = ["src", "kernels", "tests", "benchmarks"];

    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Every project file below the top folders.</summary>
    public static IEnumerable<string> ProjectFiles =>
        TopFolders.SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.csproj", SearchOption.AllDirectories));

    /// <summary>Reads every project.</summary>
    public static Project[] ReadProjects() => [.. ProjectFiles.Select(ReadProject)];

    private static Project ReadProject(string path)
    {
        XDocument document = XDocument.Load(path);
        IEnumerable<string> Included(string element) =>
            document.Descendants(element).Select(item => (string?)item.Attribute("Include")).OfType<string>();
        return new Project(
            Path.GetFileNameWithoutExtension(path),
            Path.GetRelativePath(Root, path).Split(Path.DirectorySeparatorChar)[0],
            [.. Included("ProjectReference").Select(reference => Path.GetFileNameWithoutExtension(reference.Replace('\\', '/')))],
            [.. Included("PackageReference")]);
    }

    private static string FindRoot()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Spex.Gpu.sln")))
            {
                return folder;
            }
        }

        throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} holds Spex.Gpu.sln; run the tests from where they were built.");
    }
}
