using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Spex.Core.Interactions;
using Spex.Core.Masks;
using Spex.Core.Spectra;
using Spex.Reports.Drawings;

namespace Spex.Reports.Tests.Page;

/// <summary>The report page as a reader meets it: opened, clicked, filtered, and used from the keyboard.</summary>
public sealed class ReportPageTests(Browser browser) : IClassFixture<Browser>
{
    // Of these pictures are kept, to be looked at.
    private static readonly string[] LookedAt = ["text", "documents", "picture", "heads", "columns", "large"];

    public static TheoryData<string> Kinds => [.. PageSubjects.All.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Every_kind_of_subject_opens_without_a_word_in_the_console_or_on_the_network(string kind)
    {
        await using OpenedPage opened = await browser.Open(Render(PageSubjects.All[kind]()));
        bool looked = LookedAt.Contains(kind);
        async Task At(int width, ColorScheme scheme, string name)
        {
            await opened.Page.SetViewportSizeAsync(width, 900);
            await opened.Page.EmulateMediaAsync(new() { ColorScheme = scheme });
            Assert.Equal(0, await opened.Overflow());
            if (looked)
            {
                await opened.Screenshot($"{kind}-{name}");
            }
        }

        await At(1280, ColorScheme.Light, "1280");
        await At(1280, ColorScheme.Dark, "dark");
        await At(360, ColorScheme.Light, "360");
        Assert.Equal([], opened.Complaints);
        Assert.False(await opened.Page.EvaluateAsync<bool>("'broken' in window"));
    }

    [Fact]
    public async Task The_headline_says_what_was_explained_how_and_how_well()
    {
        Result result = PageSubjects.Large(60, 300);
        await using OpenedPage opened = await browser.Open(Render(result));
        string head = await opened.Page.InnerTextAsync("#headline");
        Assert.Contains("a large game", head);
        Assert.Contains($"R² {result.Explanation.Faithfulness.R2:0.000}", head);
        Assert.Contains($"95 % interval {result.Explanation.Faithfulness.Lower:0.000} to {result.Explanation.Faithfulness.Upper:0.000}", head);
        Assert.Contains(result.Explanation.Faithfulness.Quality.ToString(), head);
        Assert.Contains($"seed {result.Explanation.Run.Seed}", head);
        Assert.Contains("A remark <b>with markup</b>.", head);
        string run = await opened.Page.InnerTextAsync("#run");
        Assert.Contains("R² 0.875", run);
        Assert.Contains("not run: more than 4096 sets", run);
        Assert.Contains(result.Explanation.Run.Fingerprint, run);
        Assert.Contains(result.Explanation.Run.DeviceDescription, run);
    }

    [Fact]
    public async Task A_seed_of_64_bits_is_shown_whole()
    {
        await using OpenedPage opened = await browser.Open(Render(PageSubjects.All["intervals"]()));
        Assert.Contains($"seed {ulong.MaxValue}", await opened.Page.InnerTextAsync("#headline"));
    }

    [Fact]
    public async Task The_what_if_predicts_what_the_library_predicts()
    {
        Result result = PageSubjects.Large(60, 800);
        Spectrum spectrum = result.Explanation.Spectrum;
        await using OpenedPage opened = await browser.Open(Render(result));
        ulong mask = (1UL << 60) - 1;
        async Task Check()
        {
            double expected = spectrum.Evaluate([mask]);
            Assert.InRange(await opened.Prediction(), expected - (1e-9 * Math.Abs(expected)), expected + (1e-9 * Math.Abs(expected)));
        }

        await Check();
        Random random = new();
        for (int i = 0; i < 12; i++)
        {
            int feature = random.Next(60);
            await opened.Page.Locator($"#what-if [data-feature='{feature}']").ClickAsync();
            mask ^= 1UL << feature;
            await Check();
        }

        await Press(opened, "Invert");
        mask = ~mask & ((1UL << 60) - 1);
        await Check();
        await Press(opened, "All off");
        mask = 0;
        await Check();
        Assert.Contains("60 of 60", await opened.Page.InnerTextAsync("#switched-off"));
        await Press(opened, "All on");
        mask = (1UL << 60) - 1;
        await Check();
        await Press(opened, "Strongest set off");
        Interaction strongest = result.Explanation.Interactions.Strongest(1, 2)[0];
        mask = strongest.Set.Aggregate(mask, (bits, feature) => bits & ~(1UL << feature));
        await Check();
    }

    [Fact]
    public async Task The_what_if_of_many_words_a_mask_predicts_the_same_bits()
    {
        Result result = PageSubjects.Large(500, 5_000);
        await using OpenedPage opened = await browser.Open(Render(result));
        int[] off = [3, 64, 127, 128, 311, 499];
        MaskMatrix masks = new(1, 500);
        for (int feature = 0; feature < 500; feature++)
        {
            masks[0, feature] = !off.Contains(feature);
        }

        foreach (int feature in off)
        {
            await opened.Page.Locator("#what-if input[type=search]").FillAsync($"{feature}");
            await opened.Page.Locator($"#what-if [data-feature='{feature}']").ClickAsync();
        }

        Assert.Equal(result.Explanation.Spectrum.Evaluate(masks)[0], await opened.Prediction());
    }

    [Fact]
    public async Task Filters_leave_what_they_say()
    {
        Result result = PageSubjects.Large(500, 5_000);
        List<Interaction> all = [.. result.Explanation.Interactions.Strongest(int.MaxValue)];
        await using OpenedPage opened = await browser.Open(Render(result));
        IPage page = opened.Page;
        async Task Check(Func<Interaction, bool> passes)
        {
            Interaction[] expected = [.. all.Where(passes)];
            string summary = await page.InnerTextAsync("#table-summary");
            Assert.StartsWith(expected.Length == 0 ? "No interaction" : $"{expected.Length:N0} of 5,000", summary);
            int[] shown = await page.EvaluateAsync<int[]>("[...document.querySelectorAll('#interactions tbody tr')].map(row => Number(row.dataset.at))");
            Assert.Equal([.. expected.Take(50).Select(interaction => all.IndexOf(interaction))], shown);
        }

        await Check(_ => true);
        await page.Locator("#interactions input[value='1']").UncheckAsync();
        await Check(interaction => interaction.Set.Count != 1);
        await page.Locator("#interactions input[value='down']").CheckAsync();
        await Check(interaction => interaction.Set.Count != 1 && interaction.Strength < 0);
        await page.Locator("#filter-feature").FillAsync("feature number 17");
        await Check(interaction => interaction.Set.Count != 1 && interaction.Strength < 0 && interaction.Set.Any(feature => $"feature number {feature}".Contains("feature number 17", StringComparison.Ordinal)));
        await page.Locator("#filter-strength").FillAsync("30");
        double least = 0.3 * 0.3 * Math.Abs(all[0].Strength);
        await Check(interaction => interaction.Set.Count != 1 && interaction.Strength < 0 && Math.Abs(interaction.Strength) >= least
            && interaction.Set.Any(feature => $"feature number {feature}".Contains("feature number 17", StringComparison.Ordinal)));
        await page.Locator("#filter-feature").FillAsync("no such feature");
        await Check(_ => false);
        await Press(opened, "Reset");
        await Check(_ => true);
    }

    [Fact]
    public async Task Long_lists_grow_when_asked()
    {
        await using OpenedPage opened = await browser.Open(Render(PageSubjects.Large(500, 5_000)));
        ILocator rows = opened.Page.Locator("#interactions tbody tr"), chips = opened.Page.Locator("#input .chip");
        Assert.Equal(50, await rows.CountAsync());
        await opened.Page.Locator("#interactions .more button").ClickAsync();
        Assert.Equal(150, await rows.CountAsync());
        int before = await chips.CountAsync();
        Assert.InRange(before, 1, 499);
        await opened.Page.Locator("#input .more button").ClickAsync();
        Assert.InRange(await chips.CountAsync(), before + 1, 500);
    }

    [Fact]
    public async Task Pointing_at_a_word_lights_its_partners_and_draws_arcs_and_brackets()
    {
        await using OpenedPage opened = await browser.Open(Render(PageSubjects.Text()));
        ILocator words = opened.Page.Locator("#input .unit-word");
        await words.Nth(2).HoverAsync();
        Assert.Equal("never", await opened.Page.Locator("#input .unit-word.self").InnerTextAsync());
        Assert.Equal(["fails", "impress"], await opened.Page.Locator("#input .unit-word.lit").AllInnerTextsAsync());

        // never × fails, and never × fails × impress.
        Assert.Equal(2, await opened.Page.Locator("#input .arc").CountAsync());
        string detail = await opened.Page.InnerTextAsync(".detail");
        Assert.Contains("never", detail);
        Assert.Contains("+2.700", detail);
        Assert.Equal(["▲"], (await opened.Page.Locator(".detail .interaction-list li").First.Locator(".sign").AllInnerTextsAsync()).Distinct());
    }

    [Fact]
    public async Task What_is_told_of_a_word_moves_nothing_below_it()
    {
        await using OpenedPage opened = await browser.Open(Render(PageSubjects.Text()));
        foreach (int width in (int[])[1280, 360])
        {
            await opened.Page.SetViewportSizeAsync(width, 900);
            Task<double> Top() => opened.Page.EvaluateAsync<double>("document.getElementById('what-if').getBoundingClientRect().top + scrollY");
            double before = await Top();
            await opened.Page.Locator("#input .unit-word").Nth(3).HoverAsync();
            Assert.Equal("fails", await opened.Page.Locator(".detail-name").InnerTextAsync());
            Assert.Equal(before, await Top());
            await opened.Page.Mouse.MoveAsync(5, 5);
        }
    }

    [Fact]
    public async Task A_click_holds_a_word_and_Escape_lets_go()
    {
        await using OpenedPage opened = await browser.Open(Render(PageSubjects.Text()));
        await opened.Page.Locator("#input .unit-word").Nth(3).ClickAsync();
        await opened.Page.Mouse.MoveAsync(5, 5);
        Assert.Equal("fails", await opened.Page.Locator("#input .unit-word.self").InnerTextAsync());
        await opened.Page.Keyboard.PressAsync("Escape");
        Assert.Equal(0, await opened.Page.Locator("#input .unit-word.self").CountAsync());
        Assert.Equal("Strongest together", await opened.Page.Locator(".detail h3").First.InnerTextAsync());
    }

    [Fact]
    public async Task Everything_can_be_reached_and_used_from_the_keyboard()
    {
        Result result = PageSubjects.Text();
        await using OpenedPage opened = await browser.Open(Render(result));
        IPage page = opened.Page;
        await TabTo(page, "#input .unit-word");
        await page.Keyboard.PressAsync("ArrowRight");
        await page.Keyboard.PressAsync("ArrowRight");
        Assert.Equal("never", await Focused(page, "textContent"));
        Assert.Equal("never", await page.Locator("#input .unit-word.self").InnerTextAsync());
        Assert.NotEqual("none", await page.EvaluateAsync<string>("getComputedStyle(document.activeElement).outlineStyle"));
        await page.Keyboard.PressAsync("End");
        Assert.Equal("impress", await Focused(page, "textContent"));

        // One more Tab leaves the words: they are one stop.
        await page.Keyboard.PressAsync("Tab");
        Assert.DoesNotContain("unit-word", await Focused(page, "className"));

        await TabTo(page, "#what-if .switch-word");
        await page.Keyboard.PressAsync("ArrowRight");
        await page.Keyboard.PressAsync(" ");
        Assert.Equal(result.Explanation.Spectrum.Evaluate([0b111101]), await opened.Prediction(), 1e-12);
        await page.Keyboard.PressAsync("Enter");
        Assert.Equal(result.Explanation.Spectrum.Evaluate([0b111111]), await opened.Prediction(), 1e-12);

        await TabTo(page, "#interactions .check input");
        await page.Keyboard.PressAsync(" ");
        Assert.DoesNotContain("63 of", await page.InnerTextAsync("#table-summary"));
        await TabTo(page, "#interactions tbody tr");
        Assert.Contains("A set of 2", await page.InnerTextAsync(".detail"));

        // Rank 2 is a single word, which the filter leaves out.
        await page.Keyboard.PressAsync("ArrowDown");
        Assert.Contains("rank 3", await page.InnerTextAsync(".detail"));
        await page.Keyboard.PressAsync("Enter");
        Assert.Contains("held", await Focused(page, "className"));
        await page.Keyboard.PressAsync("Escape");
        await TabTo(page, "#network .node");
        await page.Keyboard.PressAsync("ArrowRight");
        Assert.Equal(1, await page.Locator("#network .node.self").CountAsync());
        await TabTo(page, "#upset .upset-set");
        Assert.Contains("A set of 3", await page.InnerTextAsync(".detail"));
    }

    [Theory]
    [InlineData("text")]
    [InlineData("shapley")]
    [InlineData("fourier")]
    [InlineData("large")]
    [InlineData("intervals")]
    public async Task The_waterfall_leads_from_the_baseline_to_the_output(string kind)
    {
        Result result = PageSubjects.All[kind]();
        await using OpenedPage opened = await browser.Open(Render(result));
        foreach (string most in (string[])["5", "20"])
        {
            await opened.Page.Locator("#waterfall select").SelectOptionAsync(most);
            double[] steps = await opened.Page.EvaluateAsync<double[]>("[...document.querySelectorAll('#waterfall li[data-strength]')].map(row => Number(row.dataset.strength))");
            double leastShown = new StrengthFormat(Math.Abs(result.Explanation.Interactions.Strongest(1)[0].Strength)).Least;
            Assert.Equal(result.Explanation.Output.Value - result.Explanation.Baseline.Value, steps.Sum(), leastShown);
        }
    }

    [Fact]
    public async Task Hostile_names_are_text()
    {
        await using OpenedPage opened = await browser.Open(Render(PageSubjects.Hostile()));
        IPage page = opened.Page;
        Assert.Equal(PageSubjects.HostileNames[2], await page.TitleAsync());
        Assert.Equal(PageSubjects.HostileNames[2], await page.InnerTextAsync("h1"));
        Assert.Equal(0, await page.Locator("#page script, #page img").CountAsync());
        await page.Locator("#input .chip[data-feature='6']").ClickAsync();
        Assert.Equal(PageSubjects.HostileNames[6], await page.Locator(".full-name").TextContentAsync());
        Assert.Equal(0, await opened.Overflow());
        await page.Locator("#filter-feature").FillAsync("<script>");
        Assert.NotEqual(0, await page.Locator("#interactions tbody tr").CountAsync());
        Assert.Equal([], opened.Complaints);
        Assert.False(await page.EvaluateAsync<bool>("'broken' in window"));
    }

    [Fact]
    public async Task Dark_and_light_follow_the_system_and_the_switch()
    {
        await using OpenedPage opened = await browser.Open(Render(PageSubjects.Text()), scheme: ColorScheme.Dark);
        Task<string> Paper() => opened.Page.EvaluateAsync<string>("getComputedStyle(document.documentElement).backgroundColor");
        string dark = await Paper();
        await opened.Page.Locator(".topbar select").SelectOptionAsync("light");
        string light = await Paper();
        Assert.NotEqual(dark, light);
        await opened.Page.Locator(".topbar select").SelectOptionAsync("");
        Assert.Equal(dark, await Paper());
        await opened.Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
        Assert.Equal(light, await Paper());
    }

    [Fact]
    public void The_page_has_the_colours_of_the_figures()
    {
        string style = HtmlReport.Render(PageSubjects.Text().Subject, PageSubjects.Text().Explanation);
        foreach ((string name, Func<EffectColours, Colour> colour) in ((string, Func<EffectColours, Colour>)[])[("up", colours => colours.Positive), ("down", colours => colours.Negative)])
        {
            Assert.Contains($"--{name}-fill: light-dark({colour(EffectColours.Light).Hex}, {colour(EffectColours.Dark).Hex});", style);
        }
    }

    [Fact]
    public async Task Colours_follow_the_chosen_effect_and_the_legend_says_which()
    {
        Result result = PageSubjects.Text();
        await using OpenedPage opened = await browser.Open(Render(result));
        Assert.Contains("FBII", await opened.Page.InnerTextAsync("#effect-meaning"));
        await opened.Page.Locator(".legend select").SelectOptionAsync("banzhaf");
        Assert.Contains("at random", await opened.Page.InnerTextAsync("#effect-meaning"));
        InteractionValues banzhaf = InteractionConverter.Convert(result.Explanation.Spectrum, InteractionIndex.Bv, 1);
        double largest = banzhaf.Interactions.Where(interaction => interaction.Set.Count == 1).Max(interaction => Math.Abs(interaction.Strength));
        for (int feature = 0; feature < 6; feature++)
        {
            double value = banzhaf[new FeatureSet(feature)];
            string share = await opened.Page.Locator($"#input .unit-word[data-feature='{feature}']").EvaluateAsync<string>("unit => unit.style.getPropertyValue('--share')");
            Assert.Equal(Math.Abs(value) / largest, double.Parse(share, System.Globalization.CultureInfo.InvariantCulture), 1e-3);
        }
    }

    [Fact]
    public async Task Patches_of_a_picture_light_up_and_switch_off()
    {
        Result result = PageSubjects.Picture();
        await using OpenedPage opened = await browser.Open(Render(result));
        Assert.Equal(24, await opened.Page.Locator("#input .region").CountAsync());
        await opened.Page.Locator("#input .region[data-feature='7']").HoverAsync();
        Assert.Contains("lit", await opened.Page.Locator("#input .region[data-feature='8']").GetAttributeAsync("class"));
        Assert.Equal(2, await opened.Page.Locator("#interactions tbody tr").First.Locator(".thumbnail path").CountAsync());
        await opened.Page.Locator("#what-if .region-switch[data-feature='7']").ClickAsync();
        Assert.Equal(result.Explanation.Spectrum.Evaluate([((1UL << 24) - 1) & ~(1UL << 7)]), await opened.Prediction(), 1e-9);
    }

    [Fact]
    public async Task Heads_stand_in_their_layers_with_arcs_and_the_energy_of_layers()
    {
        await using OpenedPage opened = await browser.Open(Render(PageSubjects.Heads()));
        Assert.Equal(24, await opened.Page.Locator("#input .head").CountAsync());
        Assert.NotEqual(0, await opened.Page.Locator("#input .arc").CountAsync());
        Assert.Contains("across layers", await opened.Page.InnerTextAsync("#energy"));
        await opened.Page.Locator("#input .head").First.FocusAsync();
        await opened.Page.Keyboard.PressAsync("ArrowDown");
        Assert.Equal("6", await opened.Page.EvaluateAsync<string>("document.activeElement.dataset.feature"));
    }

    [Fact]
    public async Task A_pair_of_documents_lists_what_joins_them()
    {
        Result result = PageSubjects.Documents();
        await using OpenedPage opened = await browser.Open(Render(result));
        await opened.Page.Locator("button.pair[aria-label*='The lighthouse of Alexandria and Pharos']").First.ClickAsync();
        int[] groups = [.. result.Subject.GroupOfFeature!];
        int expected = result.Explanation.Interactions.Interactions.Count(interaction => interaction.Set.Any(feature => groups[feature] == 0) && interaction.Set.Any(feature => groups[feature] == 1));
        Assert.StartsWith($"{expected} of", await opened.Page.InnerTextAsync("#table-summary"));
        Assert.Contains("in Pharos", await Detail(opened, "#input .unit-word >> nth=2"));
    }

    [Fact]
    public async Task Columns_show_their_value_and_background()
    {
        await using OpenedPage opened = await browser.Open(Render(PageSubjects.Columns()));
        string row = await opened.Page.Locator(".row-table tbody tr").Nth(4).InnerTextAsync();
        Assert.Contains("grape <variety>", row);
        Assert.Contains("Riesling & co", row);
        Assert.Contains("(most frequent)", row);
    }

    [Fact]
    public async Task Nothing_moves_for_those_who_asked_for_less_motion()
    {
        const string Moves = "[...document.querySelectorAll('*')].some(element => getComputedStyle(element).transitionDuration !== '0s')";
        await using OpenedPage still = await browser.Open(Render(PageSubjects.Text()));
        Assert.False(await still.Page.EvaluateAsync<bool>(Moves));
        await using OpenedPage moving = await browser.Open(Render(PageSubjects.Text()), motion: ReducedMotion.NoPreference);
        Assert.True(await moving.Page.EvaluateAsync<bool>(Moves));
    }

    [Theory]
    [InlineData("text", ColorScheme.Dark)]
    [InlineData("documents", ColorScheme.Light)]
    public async Task Accessibility_rules_are_kept(string kind, ColorScheme scheme)
    {
        await using OpenedPage opened = await browser.Open(Render(PageSubjects.All[kind]()), scheme: scheme);
        AxeResult axe = await opened.Page.RunAxe();
        string[] violations = [.. axe.Violations.SelectMany(violation => violation.Nodes.Select(node => $"{violation.Id}: {violation.Help}: {node.Html}"))];
        Assert.True(violations.Length == 0, string.Join('\n', violations));
    }

    private static string Render(Result result) => HtmlReport.Render(result.Subject, result.Explanation);

    private static Task Press(OpenedPage opened, string name) => opened.Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true }).ClickAsync();

    private static Task<string> Focused(IPage page, string property) => page.EvaluateAsync<string>($"String(document.activeElement.{property})");

    private static async Task<string> Detail(OpenedPage opened, string selector)
    {
        await opened.Page.Locator(selector).HoverAsync();
        return await opened.Page.InnerTextAsync(".detail");
    }

    private static async Task TabTo(IPage page, string selector)
    {
        for (int presses = 0; presses < 200; presses++)
        {
            await page.Keyboard.PressAsync("Tab");
            if (await page.EvaluateAsync<bool>($"document.activeElement.matches({System.Text.Json.JsonSerializer.Serialize(selector)})"))
            {
                return;
            }
        }

        Assert.Fail($"200 presses of Tab did not lead to {selector}.");
    }
}
