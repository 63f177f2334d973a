using Spex.Core;
using Spex.Core.Designs;
using Spex.Core.Masks;
using Spex.Core.Random;
using Spex.Core.Trees;
using Spex.Engine.Devices;

namespace Spex.Engine.Tests.Devices;

/// <summary>What boosted trees must do on every device: grow the trees of the scalar reference, bit for bit.</summary>
public abstract class TreePrimitivesTests
{
    private const ulong Seed = 11;

    /// <summary>Trees of a test that needs no certain number, and features of the one that needs many: fewer where a device is slow.</summary>
    protected virtual int ManyTrees => 100;

    protected virtual int ManyFeatures => 20_000;

    protected abstract Device Open();

    [Theory]
    [InlineData(2, 8, 3, 31, 20, true)]
    [InlineData(2, 8, 3, 31, 20, false)]
    [InlineData(40, 5, 3, 31, 20, true)]
    [InlineData(333, 12, 5, 31, 20, true)]
    [InlineData(333, 12, 5, 31, 20, false)]
    [InlineData(700, 64, null, 31, 20, true)]
    [InlineData(901, 65, 5, 31, 1, true)]
    [InlineData(901, 65, 5, 31, 1, false)]
    [InlineData(640, 300, 3, 8, 20, true)]
    [InlineData(640, 300, 3, 8, 20, false)]
    [InlineData(1500, 257, null, 12, 5, true)]
    [InlineData(5000, 20, null, 255, 7, true)]
    [InlineData(5000, 20, null, 255, 7, false)]
    public void Trees_are_those_of_the_scalar_reference(int samples, int features, int? depth, int leaves, int least, bool quantized)
    {
        using Device device = Open();
        using Problem problem = new(device, samples, features, Peaks(features));
        BoostingSettings settings = new(depth, 0.3) { MaxLeaves = leaves, MinSamplesInLeaf = least, QuantizedGradients = quantized };
        ReferenceBoosting reference = new(problem.Masks, problem.Values, [.. problem.Folds.Select(fold => fold == 2)], settings);
        using BoostingBatch batch = problem.Load();
        int run = batch.Add(settings, 2);
        int trees = Math.Min(6, ManyTrees);
        for (int t = 0; t < trees; t++)
        {
            reference.Grow();
        }

        batch.Grow([run], trees, TestContext.Current.CancellationToken);

        Same(reference.Trees, batch.Trees(run));
        Assert.Equal(reference.Errors.Count, batch.HeldOutErrors(run).Count);
        double unit = new FixedPointValues(problem.Values).Unit * (1 << BoostingArithmetic.ErrorShift);
        Assert.Equal(reference.Errors.Select(error => (double)error * unit * unit), batch.HeldOutErrors(run));
        double[] predictions = new double[samples];
        batch.Predict(run, predictions);
        double[] expected = reference.Predictions;
        Assert.All(Enumerable.Range(0, samples).Where(s => problem.Folds[s] == 2), s => Assert.Equal(expected[s], predictions[s]));
    }

    [Fact]
    public void Runs_of_one_batch_do_not_touch_each_other()
    {
        using Device device = Open();
        using Problem problem = new(device, 800, 70, Peaks(70));
        using BoostingBatch together = problem.Load();
        BoostingSettings fine = new(5, 0.5) { QuantizedGradients = false };
        int[] runs = [together.Add(new(3, 0.1), 0), together.Add(fine, 3), together.Add(new(5, 0.5), 4), together.Add(new(null, 0.1), null)];
        together.Grow(runs, 5, TestContext.Current.CancellationToken);
        together.Grow(runs.AsSpan(1, 2), 7, TestContext.Current.CancellationToken);
        Assert.Equal([5, 12, 12, 5], runs.Select(together.TreeCount));

        using BoostingBatch alone = problem.Load();
        int run = alone.Add(new(5, 0.5), 4), fineRun = alone.Add(fine, 3);
        alone.Grow([run], 12, TestContext.Current.CancellationToken);
        alone.Grow([fineRun], 12, TestContext.Current.CancellationToken);
        Same(alone.Trees(run), together.Trees(runs[2]));
        Same(alone.Trees(fineRun), together.Trees(runs[1]));
    }

    [Fact]
    public void Runs_that_come_and_go_leave_the_others_alone()
    {
        using Device device = Open();
        using Problem problem = new(device, 150, 9, Peaks(9));
        using BoostingBatch batch = problem.Load(), alone = problem.Load();
        int first = batch.Add(new(2, 0.5), 1), second = batch.Add(new(3, 0.5), 2);
        batch.Grow([first, second], 2, TestContext.Current.CancellationToken);
        int[] more = [.. Enumerable.Range(0, 6).Select(fold => batch.Add(new(2, 0.3), fold < 5 ? (byte)fold : null))];
        batch.Grow([first, .. more], 1, TestContext.Current.CancellationToken);
        batch.Remove(second);
        Assert.Throws<ObjectDisposedException>(() => batch.TreeCount(second));
        int last = batch.Add(new(3, 0.2), 4);
        batch.Grow([first, last], 2, TestContext.Current.CancellationToken);
        Assert.Equal([5, 1, 2], new[] { first, more[3], last }.Select(batch.TreeCount));

        int[] expected = [alone.Add(new(2, 0.5), 1), alone.Add(new(2, 0.3), 3), alone.Add(new(3, 0.2), 4)];
        foreach ((int run, int trees, int like) in expected.Zip([5, 1, 2], [first, more[3], last]))
        {
            alone.Grow([run], trees, TestContext.Current.CancellationToken);
            Same(alone.Trees(run), batch.Trees(like));
            Assert.Equal(alone.HeldOutErrors(run), batch.HeldOutErrors(like));
        }
    }

    [Fact]
    public void Taking_trees_back_and_growing_them_again_gives_the_same_bits()
    {
        using Device device = Open();
        using Problem problem = new(device, 500, 30, Peaks(30));
        using BoostingBatch batch = problem.Load();
        int run = batch.Add(new(4, 0.2), 1);
        int trees = Math.Min(20, 2 * ManyTrees), kept = trees / 2;
        batch.Grow([run], trees, TestContext.Current.CancellationToken);
        BoostedTrees grown = batch.Trees(run);
        double[] errors = [.. batch.HeldOutErrors(run)];
        batch.Truncate(run, kept);
        Assert.Equal(errors[..(kept + 1)], batch.HeldOutErrors(run));
        double[] predictions = new double[500];
        batch.Predict(run, predictions);
        double[] expected = grown.Take(kept).Evaluate(problem.Masks);
        Assert.All(Enumerable.Range(0, 500).Where(s => problem.Folds[s] == 1), s => Assert.Equal(expected[s], predictions[s], 1e-9));
        batch.Grow([run], trees - kept, TestContext.Current.CancellationToken);
        Same(grown, batch.Trees(run));
        Assert.Equal(errors, batch.HeldOutErrors(run));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(-100)]
    public void The_scale_of_the_values_changes_only_the_leaves(int exponent)
    {
        // 2^100 is 1.3e30; a power of two scales float32 values exactly, so the trees must be the same to the bit.
        float scale = MathF.ScaleB(1, exponent);
        using Device device = Open();
        using Problem plain = new(device, 400, 20, Peaks(20)), scaled = new(device, 400, 20, mask => scale * Peaks(20)(mask));
        int trees = Math.Min(30, ManyTrees);
        BoostedTrees expected = Fit(plain, new(5, 0.1), trees), actual = Fit(scaled, new(5, 0.1), trees);
        Assert.Equal(expected.Evaluate(plain.Masks).Select(value => value * scale), actual.Evaluate(plain.Masks));
    }

    [Theory]
    [InlineData(1e30f)]
    [InlineData(1e-30f)]
    [InlineData(3e38f)]
    [InlineData(1e-44f)]
    public void Values_of_any_size_are_fitted(float size)
    {
        using Device device = Open();
        using Problem problem = new(device, 400, 20, mask => (mask[0] & 5) == 4 ? size : -size);
        double[] fitted = Fit(problem, new(3, 0.5), 30).Evaluate(problem.Masks);
        Assert.All(Enumerable.Range(0, 400), s => Assert.Equal(problem.Values[s] / (double)size, fitted[s] / size, 1e-3));
    }

    [Fact]
    public void Equal_values_need_no_tree()
    {
        using Device device = Open();
        using Problem problem = new(device, 100, 10, _ => 0.1f);
        using BoostingBatch batch = problem.Load();
        int run = batch.Add(new(5, 0.1), 0);
        batch.Grow([run], 10, TestContext.Current.CancellationToken);
        Assert.True(batch.HasEnded(run));
        Assert.Equal(0, batch.TreeCount(run));
        Assert.Equal(0.1f, batch.Trees(run).Bias);
        Assert.Equal([0], batch.HeldOutErrors(run));
    }

    [Fact]
    public void Two_samples_give_the_mean_of_the_one_that_is_seen()
    {
        using Device device = Open();
        using Problem problem = new(device, 2, 3, mask => mask[0]);
        using BoostingBatch batch = problem.Load();
        int run = batch.Add(new(5, 0.1), 0);
        batch.Grow([run], 3, TestContext.Current.CancellationToken);
        Assert.Equal(0, batch.TreeCount(run));
        Assert.Equal(problem.Values[1], batch.Trees(run).Bias, 1e-6);
    }

    [Fact]
    public void No_feature_gives_the_mean()
    {
        using Device device = Open();
        using DeviceBuffer<ulong> columns = device.Allocate<ulong>(0);
        using DeviceBuffer<float> values = device.Allocate<float>(3);
        values.CopyFrom([1, 2, 6]);
        using BoostingBatch batch = device.Trees.Load(columns, 3, 0, values, []);
        int run = batch.Add(new(5, 0.1), null);
        batch.Grow([run], 3, TestContext.Current.CancellationToken);
        Assert.Equal(3, batch.Trees(run).Bias, 1e-6);
    }

    [Fact]
    public void A_parity_of_five_features_that_trees_cannot_see_greedily_does_no_harm()
    {
        using Device device = Open();
        using Problem problem = new(device, 2000, 40, mask => ulong.PopCount(mask[0] & 31) % 2);
        using BoostingBatch batch = problem.Load();
        int run = batch.Add(new(5, 0.1), 3);
        batch.Grow([run], ManyTrees, TestContext.Current.CancellationToken);
        double[] errors = [.. batch.HeldOutErrors(run)];
        Assert.All(errors, error => Assert.InRange(error, 0, 2 * errors[0]));
    }

    [Fact]
    public void Many_features_work()
    {
        using Device device = Open();
        int last = (ManyFeatures - 1) / 64;
        using Problem problem = new(device, 300, ManyFeatures, mask => (mask[last] & 1) + ((mask[0] >> 5) & 1));
        BoostedTrees trees = Fit(problem, new(3, 0.5), 10);
        Assert.Contains(trees.Trees, tree => tree.Nodes.ToArray().Any(node => node.Feature == last * 64));
        double[] fitted = trees.Evaluate(problem.Masks);
        Assert.All(Enumerable.Range(0, 300), s => Assert.Equal(problem.Values[s], fitted[s], 0.2));
    }

    [Fact]
    public void Duplicated_columns_split_on_the_lower_feature()
    {
        using Device device = Open();
        MaskMatrix masks = new(200, 300);
        MaskMatrix drawn = new UniformDesign(100, Seed, 5, 200).ToMatrix(0, 200);
        for (int s = 0; s < 200; s++)
        {
            for (int i = 0; i < 300; i++)
            {
                masks[s, i] = drawn[s, i % 100];
            }
        }

        using Problem problem = new(device, masks, mask => ((mask[0] >> 40) & 1) + (2 * ((mask[1] >> 6) & 1)));
        BoostedTrees trees = Fit(problem, new(5, 0.1), Math.Min(20, ManyTrees));
        Assert.All(trees.Trees.SelectMany(tree => tree.Nodes.ToArray()), node => Assert.InRange(node.Feature, -1, 99));
    }

    [Fact]
    public void Values_that_are_not_finite_and_settings_out_of_range_are_refused()
    {
        using Device device = Open();
        using Problem problem = new(device, 50, 5, mask => mask[0] == 3 ? float.NaN : 1);
        problem.Values[7] = float.PositiveInfinity;
        using DeviceBuffer<float> values = device.Allocate<float>(50);
        values.CopyFrom(problem.Values);
        Assert.Throws<SpexInputException>(() => device.Trees.Load(problem.Columns, 50, 5, values, []));
        values.CopyFrom(new float[50]);
        using BoostingBatch batch = device.Trees.Load(problem.Columns, 50, 5, values, new byte[50]);
        Assert.Throws<SpexInputException>(() => batch.Add(new(0, 0.1), null));
        Assert.Throws<SpexInputException>(() => batch.Add(new(3, 1.1), null));
        Assert.Throws<SpexInputException>(() => batch.Add(new(3, 0.1) { MaxLeaves = 256 }, null));
        Assert.Throws<SpexInputException>(() => batch.Add(new(3, 0.1) { MinSamplesInLeaf = 0 }, null));
        Assert.Contains("every sample", Assert.Throws<SpexInputException>(() => batch.Add(new(3, 0.1), 0)).Message);
    }

    [Fact]
    public void A_cancelled_token_ends_the_growth()
    {
        using Device device = Open();
        using Problem problem = new(device, 50, 5, Peaks(5));
        using BoostingBatch batch = problem.Load();
        int run = batch.Add(new(3, 0.1), null);
        Assert.Throws<OperationCanceledException>(() => batch.Grow([run], 1000, new CancellationToken(true)));
    }

    protected static BoostedTrees Fit(Problem problem, BoostingSettings settings, int trees)
    {
        using BoostingBatch batch = problem.Load();
        int run = batch.Add(settings, null);
        batch.Grow([run], trees, TestContext.Current.CancellationToken);
        return batch.Trees(run);
    }

    protected static void Same(BoostedTrees expected, BoostedTrees actual)
    {
        Assert.Equal(expected.Bias, actual.Bias);
        Assert.Equal(expected.Trees.Count, actual.Trees.Count);
        for (int t = 0; t < expected.Trees.Count; t++)
        {
            Assert.Equal(expected.Trees[t].Nodes, actual.Trees[t].Nodes);
        }
    }

    /// <summary>A function of few features with interactions and a little noise that depends on the whole mask.</summary>
    protected static Func<ReadOnlySpan<ulong>, float> Peaks(int features) => mask =>
    {
        double value = 0;
        for (ulong term = 0; term < 12; term++)
        {
            double weight = Philox.Gaussian(Seed, 1, term);
            for (ulong k = 0; k <= term % 4; k++)
            {
                int feature = Philox.Below(Seed, 2, (4 * term) + k, features);
                weight *= ((mask[feature >> 6] >> (feature & 63)) & 1) != 0 ? 1 : -0.2;
            }

            value += weight;
        }

        return (float)(value + (0.3 * Philox.Gaussian(Seed, 3, mask[0] ^ (mask[^1] << 1))));
    };

    /// <summary>Uniform masks, a function's values and five folds, on a device.</summary>
    protected sealed class Problem : IDisposable
    {
        private readonly Device _device;
        private readonly DeviceBuffer<float> _values;

        public Problem(Device device, int samples, int features, Func<ReadOnlySpan<ulong>, float> function)
            : this(device, Draw(samples, features), function)
        {
        }

        public Problem(Device device, MaskMatrix masks, Func<ReadOnlySpan<ulong>, float> function)
        {
            _device = device;
            Masks = masks;
            Values = new float[masks.RowCount];
            Folds = new byte[masks.RowCount];
            for (int s = 0; s < Values.Length; s++)
            {
                Values[s] = function(masks.Row(s));
                Folds[s] = (byte)(s % 5);
            }

            using DeviceBuffer<ulong> packed = device.Allocate<ulong>(masks.Words.Length);
            packed.CopyFrom(masks.Words);
            Columns = device.Allocate<ulong>((long)masks.FeatureCount * MaskMatrix.WordsFor(masks.RowCount));
            device.Masks.Transpose(packed, masks.RowCount, masks.FeatureCount, Columns);
            _values = device.Allocate<float>(Values.Length);
        }

        public MaskMatrix Masks { get; }

        public float[] Values { get; }

        public byte[] Folds { get; }

        public DeviceBuffer<ulong> Columns { get; }

        public BoostingBatch Load()
        {
            _values.CopyFrom(Values);
            return _device.Trees.Load(Columns, Masks.RowCount, Masks.FeatureCount, _values, Folds);
        }

        public void Dispose()
        {
            Columns.Dispose();
            _values.Dispose();
        }

        /// <summary>Uniform masks; more than 2^n of them begin again from the first.</summary>
        private static MaskMatrix Draw(int samples, int features)
        {
            int distinct = (int)Math.Min(samples, 1L << Math.Min(features, 30));
            MaskMatrix drawn = new UniformDesign(features, Seed, 4, distinct).ToMatrix(0, distinct), masks = new(samples, features);
            for (int s = 0; s < samples; s++)
            {
                drawn.Row(s % distinct).CopyTo(masks.Row(s));
            }

            return masks;
        }
    }
}
