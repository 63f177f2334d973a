using System.Reflection;
using PublicApiGenerator;
using Spex.Tests;

namespace Spex.Reports.Tests;

public class PublicApiTests
{
    private static readonly ApiGeneratorOptions Options = new() { IncludeAssemblyAttributes = false };

    [Fact]
    public void The_public_surface_changes_only_on_purpose() =>
        Snapshot.Match(Assembly.Load("Spex.Reports").GeneratePublicApi(Options), "Spex.Reports");
}
