using System.Globalization;
using Microsoft.Playwright;

namespace Spex.Reports.Tests.Page;

/// <summary>A report page in a browser, and what it said and asked for.</summary>
public sealed class OpenedPage : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly string _file;
    private readonly List<string> _complaints = [];

    private OpenedPage(IBrowserContext context, IPage page, string file)
    {
        (_context, Page, _file) = (context, page, file);
        page.Console += (_, message) => _complaints.Add($"{message.Type}: {message.Text}");
        page.PageError += (_, error) => _complaints.Add($"error: {error}");
        page.Dialog += (_, dialog) => _complaints.Add($"dialog: {dialog.Message}");
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith("data:", StringComparison.Ordinal) && !request.Url.StartsWith("file:", StringComparison.Ordinal))
            {
                _complaints.Add($"request: {request.Url}");
            }
        };
    }

    public IPage Page { get; }

    /// <summary>What the console, the error handler and the network saw; a page that is right leaves it empty.</summary>
    public IReadOnlyList<string> Complaints => _complaints;

    /// <summary>The prediction that the what-if shows, with all its digits.</summary>
    public async Task<double> Prediction() =>
        double.Parse((await Page.Locator("#prediction").GetAttributeAsync("data-value"))!, CultureInfo.InvariantCulture);

    /// <summary>Keeps a picture of the whole page.</summary>
    public Task Screenshot(string name) => Page.ScreenshotAsync(new() { Path = System.IO.Path.Combine(Browser.Artifacts, $"{name}.png"), FullPage = true });

    /// <summary>By how many pixels the page is wider than the window, once what is drawn has followed the window's size.</summary>
    public Task<int> Overflow() => Page.EvaluateAsync<int>(
        "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(document.documentElement.scrollWidth - document.documentElement.clientWidth))))");

    public static async Task<OpenedPage> Open(IBrowserContext context, string html)
    {
        string file = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"spex-{Guid.NewGuid():N}.html");
        await File.WriteAllTextAsync(file, html);
        OpenedPage opened = new(context, await context.NewPageAsync(), file);
        opened.Page.SetDefaultTimeout(10_000);
        await opened.Page.GotoAsync(new Uri(file).AbsoluteUri);
        Assert.Equal([], opened.Complaints);
        await opened.Page.WaitForSelectorAsync("html[data-ready]");
        return opened;
    }

    public async ValueTask DisposeAsync()
    {
        await _context.DisposeAsync();
        File.Delete(_file);
    }
}
