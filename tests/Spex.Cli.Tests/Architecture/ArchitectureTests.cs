using System.Reflection;

namespace Spex.Cli.Tests.Architecture;

public class ArchitectureTests
{
    public static TheoryData<string, string> Libraries => new()
    {
        { "Spex.Core", "Spex.Core" },
        { "Spex.Kernels", "Spex.Kernels" },
        { "Spex.Engine", "Spex.Engine" },
        { "Spex.Torch", "Spex.Torch" },
        { "Spex.Reports", "Spex.Reports" },
        { "Spex.Cli", "spex" },
    };

    [Fact]
    public void The_arrows_of_the_project_files_point_one_way() => Assert.Empty(HouseRules.Violations(Repository.ReadProjects()));

    [Theory]
    [MemberData(nameof(Libraries))]
    public void What_the_code_uses_follows_the_arrows(string project, string assembly)
    {
        IEnumerable<string> references = Assembly.Load(assembly).GetReferencedAssemblies().Select(reference => reference.Name!);
        Assert.Empty(HouseRules.Violations(project, references));
    }

    [Fact]
    public void The_solution_holds_every_project()
    {
        string solution = File.ReadAllText(Path.Combine(Repository.Root, "Spex.Gpu.sln"));
        Assert.All(Repository.ProjectFiles, file => Assert.Contains(Path.GetRelativePath(Repository.Root, file).Replace('/', '\\'), solution));
    }

    [Fact]
    public void Made_up_houses_that_follow_the_rules_pass() => Assert.Empty(HouseRules.Violations(MadeUp()));

    [Theory]
    [InlineData("Spex.Core", "Spex.Engine", "Spex.Core refers to Spex.Engine.")]
    [InlineData("Spex.Torch", "Spex.Reports", "Spex.Torch refers to Spex.Reports.")]
    [InlineData("Spex.Torch", "Spex.Kernels", "Spex.Torch refers to Spex.Kernels.")]
    [InlineData("Spex.Cli", "Spex.Kernels", "Spex.Cli refers to Spex.Kernels.")]
    [InlineData("Spex.Benchmarks", "Spex.Kernels", "Spex.Benchmarks refers to Spex.Kernels.")]
    [InlineData("Spex.Engine", "Spex.Engine.Tests", "Spex.Engine refers to Spex.Engine.Tests.")]
    [InlineData("Spex.Core.Tests", "Spex.Cli.Tests", "Spex.Core.Tests refers to Spex.Cli.Tests.")]
    public void An_arrow_that_points_the_wrong_way_is_found(string from, string to, string expected)
    {
        Project[] projects = [.. MadeUp().Select(project => project.Name == from ? project with { References = [.. project.References, to] } : project)];
        Assert.Equal([expected], HouseRules.Violations(projects));
    }

    [Fact]
    public void A_package_in_Core_a_missing_test_project_and_a_project_without_a_place_are_found()
    {
        List<Project> projects = [.. MadeUp()];
        projects[0] = projects[0] with { Packages = ["Newtonsoft.Json"] };
        projects.RemoveAll(project => project.Name == "Spex.Torch.Tests");
        projects.Add(new Project("Spex.Utils", "src", [], []));
        Assert.Equal(
            [
                "Spex.Core refers to a package: Newtonsoft.Json.",
                "Spex.Torch has no test project.",
                $"Spex.Utils has no place in the house: give it one in {nameof(HouseRules)}.",
            ],
            HouseRules.Violations(projects));
    }

    [Fact]
    public void Code_that_uses_what_it_may_not_is_found()
    {
        Assert.Equal(["Spex.Reports's code uses Spex.Torch."], HouseRules.Violations("Spex.Reports", ["System.Runtime", "Spex.Core", "Spex.Torch", "Spectre.Console"]));
        Assert.Equal(["Spex.Core's code uses ILGPU."], HouseRules.Violations("Spex.Core", ["System.Runtime", "ILGPU"]));
    }

    [Fact]
    public void The_optimiser_outside_Engine_is_found()
    {
        Project[] projects = [.. MadeUp().Select(project => project.Name == "Spex.Reports" ? project with { Packages = ["Google.OrTools"] } : project)];
        Assert.Equal(["Spex.Reports refers to a package that is Spex.Engine's: Google.OrTools."], HouseRules.Violations(projects));
        Assert.Equal(["Spex.Cli's code uses Google.OrTools."], HouseRules.Violations("Spex.Cli", ["Google.OrTools"]));
        Assert.Empty(HouseRules.Violations("Spex.Engine", ["Google.OrTools"]));
    }

    private static Project[] MadeUp() =>
    [
        new("Spex.Core", "src", [], []),
        new("Spex.Kernels", "kernels", [], ["ILGPU"]),
        new("Spex.Engine", "src", ["Spex.Core", "Spex.Kernels"], []),
        new("Spex.Torch", "src", ["Spex.Engine"], ["TorchSharp"]),
        new("Spex.Reports", "src", ["Spex.Engine"], []),
        new("Spex.Cli", "src", ["Spex.Reports", "Spex.Torch"], []),
        new("Spex.Benchmarks", "benchmarks", ["Spex.Torch"], []),
        .. from name in (string[])["Core", "Kernels", "Engine", "Torch", "Reports", "Cli"]
           select new Project($"Spex.{name}.Tests", "tests", [$"Spex.{name}"], ["xunit.v3"]),
    ];
}
