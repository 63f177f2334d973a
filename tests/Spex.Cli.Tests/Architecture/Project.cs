namespace Spex.Cli.Tests.Architecture;

/// <summary>One project of the repository, as its project file tells it.</summary>
/// <param name="Name">The project's name: Spex.Core, Spex.Core.Tests.</param>
/// <param name="Folder">The top folder it stands in: src, kernels, tests or benchmarks.</param>
/// <param name="References">The names of the projects that it refers to.</param>
/// <param name="Packages">The names of the packages that it refers to.</param>
internal sealed record Project(string Name, string Folder, IReadOnlyList<string> References, IReadOnlyList<string> Packages);
