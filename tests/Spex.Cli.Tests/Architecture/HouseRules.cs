namespace Spex.Cli.Tests.Architecture;

/// <summary>
/// Which way the arrows point: Cli → Reports, Torch → Engine → Core; Engine → Kernels, and nothing else refers to the kernels. Core refers to nothing, not even a package.
/// Optimisation is Engine's: it alone refers to OR-Tools.
/// </summary>
internal static class HouseRules
{
    // What a project's code may use. Every source project has a line: a new one is given its place here first.
    private static readonly Dictionary<string, string[]> MayUse = new()
    {
        ["Spex.Core"] = [],
        ["Spex.Kernels"] = [],
        ["Spex.Engine"] = ["Spex.Core", "Spex.Kernels"],
        ["Spex.Torch"] = ["Spex.Engine", "Spex.Core"],
        ["Spex.Reports"] = ["Spex.Engine", "Spex.Core"],
        ["Spex.Cli"] = ["Spex.Reports", "Spex.Torch", "Spex.Engine", "Spex.Core"],
    };

    // The programs among the benchmarks that are tested: what judges others must be able to fail.
    private static readonly string[] TestedBenchmarks = ["Spex.GpuCheck"];

    /// <summary>What breaks the rules, one sentence each.</summary>
    public static IEnumerable<string> Violations(IReadOnlyCollection<Project> projects)
    {
        HashSet<string> names = [.. projects.Select(project => project.Name)];
        foreach (Project project in projects)
        {
            foreach (string violation in project.Folder == "tests" ? OfTests(project) : OfSource(project, names))
            {
                yield return violation;
            }
        }
    }

    /// <summary>What a compiled assembly uses against the rules: the references of project files are passed on, so they alone do not tell.</summary>
    /// <param name="project">The assembly's project.</param>
    /// <param name="references">The names of the assemblies that its code uses.</param>
    public static IEnumerable<string> Violations(string project, IEnumerable<string> references)
    {
        string[] allowed = MayUse[project];
        foreach (string reference in references)
        {
            if (reference.StartsWith("Spex.", StringComparison.Ordinal) ? !allowed.Contains(reference) : project == "Spex.Core" && !IsOfTheRuntime(reference))
            {
                yield return $"{project}'s code uses {reference}.";
            }
            else if (IsOptimiser(reference) && project != "Spex.Engine")
            {
                yield return $"{project}'s code uses {reference}.";
            }
        }
    }

    private static IEnumerable<string> OfSource(Project project, HashSet<string> names)
    {
        if (project.Folder == "benchmarks")
        {
            foreach (string reference in project.References.Where(reference => reference == "Spex.Kernels" || !MayUse.ContainsKey(reference)))
            {
                yield return $"{project.Name} refers to {reference}.";
            }

            yield break;
        }

        if (!MayUse.TryGetValue(project.Name, out string[]? allowed))
        {
            yield return $"{project.Name} has no place in the house: give it one in {nameof(HouseRules)}.";
            yield break;
        }

        foreach (string reference in project.References.Except(allowed))
        {
            yield return $"{project.Name} refers to {reference}.";
        }

        if (project.Name == "Spex.Core" && project.Packages.Count > 0)
        {
            yield return $"Spex.Core refers to a package: {string.Join(", ", project.Packages)}.";
        }

        foreach (string package in project.Packages.Where(package => IsOptimiser(package) && project.Name != "Spex.Engine"))
        {
            yield return $"{project.Name} refers to a package that is Spex.Engine's: {package}.";
        }

        if (!names.Contains($"{project.Name}.Tests"))
        {
            yield return $"{project.Name} has no test project.";
        }
    }

    private static IEnumerable<string> OfTests(Project project)
    {
        string tested = project.Name.EndsWith(".Tests", StringComparison.Ordinal) ? project.Name[..^".Tests".Length] : "";
        if (!MayUse.ContainsKey(tested) && !TestedBenchmarks.Contains(tested))
        {
            yield return $"{project.Name} tests no source project.";
        }
        else if (!project.References.Contains(tested))
        {
            yield return $"{project.Name} does not refer to {tested}.";
        }

        foreach (string reference in project.References.Where(reference => !MayUse.ContainsKey(reference) && reference != tested))
        {
            yield return $"{project.Name} refers to {reference}.";
        }
    }

    private static bool IsOptimiser(string name) => name.StartsWith("Google.OrTools", StringComparison.Ordinal);

    private static bool IsOfTheRuntime(string reference) =>
        reference is "System" or "netstandard" or "mscorlib"
        || reference.StartsWith("System.", StringComparison.Ordinal)
        || reference.StartsWith("Microsoft.Win32.", StringComparison.Ordinal);
}
