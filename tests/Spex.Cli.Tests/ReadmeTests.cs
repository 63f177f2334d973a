using System.Reflection;
using System.Runtime.Loader;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Spex.Cli.Tests.Architecture;

namespace Spex.Cli.Tests;

public partial class ReadmeTests
{
    // What ImplicitUsings gives a project.
    private const string ImplicitUsings = "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;";

    [Fact]
    public void Its_example_compiles_and_prints_what_it_says()
    {
        Match example = Example().Match(File.ReadAllText(Path.Combine(Repository.Root, "README.md")).ReplaceLineEndings("\n"));
        Assert.True(example.Success, "README.md has no ```csharp block followed by `prints` and an indented block.");
        string expected = string.Join('\n', example.Groups["output"].Value.Split('\n').Select(line => line.Trim())).Trim();
        Assert.Equal(expected, Run(Compile(example.Groups["code"].Value)).ReplaceLineEndings("\n").Trim());
    }

    private static byte[] Compile(string code)
    {
        string[] assemblies = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        CSharpCompilation compilation = CSharpCompilation.Create(
            "ReadmeExample",
            [CSharpSyntaxTree.ParseText(ImplicitUsings), CSharpSyntaxTree.ParseText(code)],
            assemblies.Select(path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable, generalDiagnosticOption: ReportDiagnostic.Error));
        using MemoryStream stream = new();
        Assert.Empty(compilation.Emit(stream).Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));
        return stream.ToArray();
    }

    // Nothing else in these tests writes to the process's console.
    private static string Run(byte[] program)
    {
        AssemblyLoadContext context = new("README", isCollectible: true);
        TextWriter before = Console.Out;
        StringWriter output = new();
        Console.SetOut(output);
        try
        {
            MethodInfo main = context.LoadFromStream(new MemoryStream(program)).EntryPoint!;
            main.Invoke(null, main.GetParameters().Length == 0 ? [] : [Array.Empty<string>()]);
        }
        finally
        {
            Console.SetOut(before);
            context.Unload();
        }

        return output.ToString();
    }

    [GeneratedRegex(@"```csharp\n(?<code>.*?)```\s+prints\n\n(?<output>(?:    [^\n]*\n)+)", RegexOptions.Singleline)]
    private static partial Regex Example();
}
