using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Spex.Core;
using Spex.Core.Interactions;
using Spex.Core.Spectra;
using Spex.Engine.Explaining;
using Spex.Reports.Tests.Page;

namespace Spex.Reports.Tests;

public sealed partial class HtmlReportTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("spex");

    public void Dispose() => _folder.Delete(true);

    [Fact]
    public void A_page_of_500_features_and_5000_interactions_is_under_a_megabyte()
    {
        string html = Render(PageSubjects.Large(500, 5_000));
        int bytes = Encoding.UTF8.GetByteCount(html);
        TestContext.Current.SendDiagnosticMessage($"{bytes:N0} bytes");
        Assert.InRange(bytes, 100_000, 1_000_000);
        Assert.Equal(5_000, Data(html).GetProperty("interactions").GetProperty("sets").GetArrayLength());
        Assert.Equal(10_000, Data(html).GetProperty("interactions").GetProperty("intervals").GetArrayLength());
    }

    [Fact]
    public void The_policy_allows_this_script_and_this_style_and_nothing_else()
    {
        string html = Render(PageSubjects.Text());
        string policy = Policy().Match(html).Groups[1].Value;
        Assert.Equal(
            $"default-src 'none'; script-src 'sha256-{Digest(Script().Match(html).Groups[1].Value)}'; style-src 'sha256-{Digest(Style().Match(html).Groups[1].Value)}'; img-src data:; base-uri 'none'; form-action 'none'",
            policy);
        Assert.DoesNotContain("http:", html.Replace("http://www.w3.org/2000/svg", ""), StringComparison.Ordinal);
        Assert.DoesNotContain("https:", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_cannot_leave_the_data()
    {
        string html = Render(PageSubjects.Hostile());
        string data = Block().Match(html).Groups[1].Value;
        Assert.DoesNotContain('<', data);
        Assert.DoesNotContain('\u2028', data);
        JsonElement labels = Data(html).GetProperty("labels"), names = Data(html).GetProperty("names");
        for (int i = 0; i < PageSubjects.HostileNames.Length; i++)
        {
            string expected = PageSubjects.HostileNames[i].Replace("\ud83d of", "\ufffd of");
            Assert.Equal(expected, names.TryGetProperty($"{i}", out JsonElement name) ? name.GetString() : labels[i].GetString());
        }

        Assert.Contains("<title>&lt;/script&gt;", html);
    }

    [Fact]
    public void What_a_template_would_replace_stays_text_in_a_name()
    {
        Result result = PageSubjects.Text();
        string html = Render(result with { Subject = result.Subject with { Title = "{{data}} {{script}}" } });
        Assert.Contains("<title>{{data}} {{script}}</title>", html);
        Assert.Equal("{{data}} {{script}}", Data(html).GetProperty("title").GetString());
    }

    [Fact]
    public void The_same_explanation_is_the_same_page_also_from_a_saved_result()
    {
        foreach (Result result in (Result[])[PageSubjects.Text(), PageSubjects.Picture(), PageSubjects.Documents(), PageSubjects.Heads(), PageSubjects.Columns()])
        {
            string path = Path.Combine(_folder.FullName, "result.json");
            ResultFile.Write(path, result.Subject, result.Explanation);
            Assert.Equal(Render(result), Render(ResultFile.Read(path)));
        }
    }

    [Fact]
    public void The_spectrum_is_whole_and_its_numbers_are_exact()
    {
        Result result = PageSubjects.Large(500, 2_000);
        JsonElement spectrum = Data(Render(result)).GetProperty("spectrum");
        SpectrumTerm[] read =
        [
            .. spectrum.GetProperty("sets").EnumerateArray().Zip(spectrum.GetProperty("coefficients").EnumerateArray())
                .Select(pair => new SpectrumTerm(new FeatureSet([.. pair.First.EnumerateArray().Select(feature => feature.GetInt32())]), pair.Second.GetDouble())),
        ];
        Assert.Equal(result.Explanation.Spectrum.Terms, read);
    }

    [Fact]
    public void Interactions_beyond_the_most_are_counted_and_summed()
    {
        Result result = PageSubjects.Large(500, HtmlReport.MostInteractions + 500);
        JsonElement interactions = Data(Render(result)).GetProperty("interactions");
        IReadOnlyList<Interaction> all = result.Explanation.Interactions.Strongest(int.MaxValue);
        Assert.Equal(HtmlReport.MostInteractions, interactions.GetProperty("strengths").GetArrayLength());
        Assert.Equal(all.Count, interactions.GetProperty("count").GetInt32());
        Assert.Equal(all.Skip(HtmlReport.MostInteractions).Sum(interaction => interaction.Strength), interactions.GetProperty("restSum").GetDouble(), 1e-12);
    }

    [Fact]
    public void Terms_beyond_the_most_are_counted_and_their_deviation_is_told()
    {
        Result small = PageSubjects.Numbered(20, new ExplainerSettings { Budget = 300 });
        SpectrumTerm[] terms = [.. Enumerable.Range(0, HtmlReport.MostTerms + 3).Select(i => new SpectrumTerm(new FeatureSet(i % 400, 400 + (i / 400)), i < 3 ? 0.5 : 1))];
        JsonElement spectrum = Data(Render(small with
        {
            Subject = small.Subject with { FeatureNames = null },
            Explanation = small.Explanation with { Spectrum = new Spectrum(1_000, terms), Interactions = new InteractionValues(InteractionIndex.Fbii, 1, 1_000, []), Intervals = null },
        })).GetProperty("spectrum");
        Assert.Equal(HtmlReport.MostTerms, spectrum.GetProperty("coefficients").GetArrayLength());
        Assert.Equal(terms.Length, spectrum.GetProperty("count").GetInt32());
        Assert.Equal(Math.Sqrt(0.75), spectrum.GetProperty("leftOutDeviation").GetDouble(), 1e-12);
        Assert.All(spectrum.GetProperty("coefficients").EnumerateArray(), coefficient => Assert.Equal(1, coefficient.GetDouble()));
    }

    [Fact]
    public void Every_index_says_what_its_numbers_mean() =>
        Assert.All(Enum.GetValues<InteractionIndex>(), index =>
        {
            Result result = PageSubjects.Text(new ExplainerSettings { Index = index, Order = 2 });
            JsonElement meaning = Data(Render(result)).GetProperty("index");
            Assert.Equal(index.Name(), meaning.GetProperty("name").GetString());
            Assert.NotEmpty(meaning.GetProperty("strength").GetString()!);
            Assert.NotEmpty(meaning.GetProperty("effect").GetString()!);
        });

    [Fact]
    public void A_page_that_cannot_be_written_is_told()
    {
        Result result = PageSubjects.Text();
        SpexInputException error = Assert.Throws<SpexInputException>(() => HtmlReport.Write(Path.Combine(_folder.FullName, "none", "a.html"), result.Subject, result.Explanation));
        Assert.Contains("its folder does not exist", error.Message);
    }

    private static string Render(Result result) => HtmlReport.Render(result.Subject, result.Explanation);

    private static JsonElement Data(string html) => JsonDocument.Parse(Block().Match(html).Groups[1].Value).RootElement;

    private static string Digest(string content) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(content)));

    [GeneratedRegex("""http-equiv="Content-Security-Policy" content="([^"]*)">""")]
    private static partial Regex Policy();

    [GeneratedRegex("""<script type="module">(.*)</script>""", RegexOptions.Singleline)]
    private static partial Regex Script();

    [GeneratedRegex("<style>(.*)</style>", RegexOptions.Singleline)]
    private static partial Regex Style();

    [GeneratedRegex("""id="data">(.*?)</script>""", RegexOptions.Singleline)]
    private static partial Regex Block();
}
