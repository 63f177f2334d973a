using Microsoft.Playwright;

namespace Spex.Reports.Tests.Page;

/// <summary>A browser without a window, started once for a class of tests. It is one that is installed already: nothing is downloaded.</summary>
public sealed class Browser : IAsyncLifetime
{
    /// <summary>Names the browser where it is not on the path.</summary>
    private const string Variable = "SPEX_CHROMIUM";

    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

    private readonly string? _missing;
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public Browser()
    {
        if (Find() is null)
        {
            _missing = $"No Chromium is installed ({string.Join(", ", Names)} on PATH, or {Variable}=/its/path). On Debian: apt-get install chromium.";
        }
    }

    /// <summary>Where screenshots are kept to be looked at.</summary>
    public static string Artifacts { get; } = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "artifacts")).FullName;

    public async ValueTask InitializeAsync()
    {
        if (_missing is not null)
        {
            return;
        }

        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Find() });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }

    /// <summary>Opens a page. Where there is no browser the test is skipped, but fails where CI=true.</summary>
    public async Task<OpenedPage> Open(string html, int width = 1280, ColorScheme scheme = ColorScheme.Light, ReducedMotion motion = ReducedMotion.Reduce)
    {
        if (_browser is null)
        {
            Assert.False(Environment.GetEnvironmentVariable("CI") == "true", _missing);
            Assert.Skip(_missing!);
        }

        IBrowserContext context = await _browser.NewContextAsync(new()
        {
            ViewportSize = new() { Width = width, Height = 900 },
            ColorScheme = scheme,
            ReducedMotion = motion,
        });
        return await OpenedPage.Open(context, html);
    }

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
        {
            return named;
        }

        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        return Names.SelectMany(name => folders.Select(folder => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
    }
}
