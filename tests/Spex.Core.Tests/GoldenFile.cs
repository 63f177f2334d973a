namespace Spex.Core.Tests;

/// <summary>Files of values computed by other software, copied beside the test executable.</summary>
internal static class GoldenFile
{
    public static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "Golden", name);
}
