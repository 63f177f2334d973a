using System.Reflection;
using PublicApiGenerator;
using Spex.Tests;

namespace Spex.Core.Tests;

public class PublicApiTests
{
    private static readonly ApiGeneratorOptions Options = new() { IncludeAssemblyAttributes = false };

    [Fact]
    public void The_public_surface_changes_only_on_purpose() =>
        Snapshot.Match(Assembly.Load("Spex.Core").GeneratePublicApi(Options), "Spex.Core");
}
