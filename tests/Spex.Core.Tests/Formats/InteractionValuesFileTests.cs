using Spex.Core.Formats;
using Spex.Core.Interactions;
using Spex.Core.Spectra;
using Spex.Tests;

namespace Spex.Core.Tests.Formats;

public sealed class InteractionValuesFileTests : IDisposable
{
    private static readonly DateTimeOffset Time = new(2026, 1, 31, 20, 46, 6, 184, 768, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_form_is_the_one_that_shapiq_loads()
    {
        InteractionValues values = new(InteractionIndex.Fbii, 2, 8, [new(FeatureSet.Empty, 0), new(new FeatureSet(0), 0.25), new(new FeatureSet(1, 0), -0.12), new(new FeatureSet(7, 3), 1.0 / 3)]);
        InteractionValuesFile.Write(_folder["estimate.json"], values, 1000, Time);
        InteractionValuesFile.Write(_folder["exact.json"], new InteractionValues(InteractionIndex.KSii, 1, 2, [new(FeatureSet.Empty, -2.5)]), null, Time);
        Snapshot.Match(File.ReadAllText(_folder["estimate.json"]) + File.ReadAllText(_folder["exact.json"]), "InteractionValues");
    }

    [Theory]
    [InlineData(InteractionIndex.Fbii)]
    [InlineData(InteractionIndex.CoMoebius)]
    [InlineData(InteractionIndex.KSii)]
    public void What_is_written_is_read_back_equal(InteractionIndex index)
    {
        System.Random random = new(7);
        IEnumerable<FeatureSet> sets = Enumerable.Range(0, 60).Select(_ => new FeatureSet([.. Enumerable.Range(0, random.Next(4)).Select(_ => random.Next(40)).Distinct()])).Distinct();
        InteractionValues values = new(index, 3, 40, sets.Select(set => new Interaction(set, (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-12, 12)))));
        InteractionValuesFile.Write(_folder["v.json"], values, 5, Time);
        InteractionValues read = InteractionValuesFile.Read(_folder["v.json"]);
        Assert.Equal((values.Index, values.Order, values.FeatureCount, values.Baseline), (read.Index, read.Order, read.FeatureCount, read.Baseline));
        Assert.Equal(values.Interactions, read.Interactions);
    }
}
