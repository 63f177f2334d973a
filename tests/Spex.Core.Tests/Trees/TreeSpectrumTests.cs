using System.Text.Json;
using CsCheck;
using Spex.Core.Designs;
using Spex.Core.Masks;
using Spex.Core.Spectra;
using Spex.Core.Tests.Golden;
using Spex.Core.Trees;

namespace Spex.Core.Tests.Trees;

public class TreeSpectrumTests
{
    private static readonly JsonElement Pipeline = GoldenFile.Read("proxy_pipeline.json");

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_spectrum_of_LightGBMs_trees_is_shapiqs(int number)
    {
        JsonElement golden = Pipeline.GetProperty("cases")[number];
        BoostedTrees trees = new(golden.GetProperty("n").GetInt32(), 0, golden.GetProperty("trees").EnumerateArray().Select(GoldenTrees.Parse));

        Spectrum spectrum = trees.ToSpectrum();

        double largest = spectrum.Terms.Max(term => Math.Abs(term.Coefficient));
        HashSet<FeatureSet> expected = [];
        foreach (JsonElement term in golden.GetProperty("fourier").EnumerateArray())
        {
            FeatureSet set = new(GoldenFile.Integers(term[0]));
            expected.Add(set);
            Assert.Equal(term[1].GetDouble(), spectrum[set], 1e-10 * largest);
        }

        // The other software drops what it computes as exactly zero; whatever is here beyond its terms is rounding.
        Assert.All(spectrum.Terms.Where(term => !expected.Contains(term.Set)), term => Assert.Equal(0, term.Coefficient, 1e-10 * largest));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Golden_trees_predict_what_LightGBM_predicts(int number)
    {
        JsonElement golden = Pipeline.GetProperty("cases")[number];
        int n = golden.GetProperty("n").GetInt32();
        BoostedTrees trees = new(n, 0, golden.GetProperty("trees").EnumerateArray().Select(GoldenTrees.Parse));
        double[] expected = GoldenFile.Numbers(golden.GetProperty("pred_first5"));
        for (int row = 0; row < expected.Length; row++)
        {
            ulong mask = Convert.ToUInt64(golden.GetProperty("X_hex")[row].GetString(), 16);
            Assert.Equal(expected[row], trees.Evaluate([mask]), 1e-9 * Math.Abs(expected[row]));
        }
    }

    [Fact]
    public void The_spectrum_is_the_trees_on_every_mask() =>
        Gen.Select(Gen.Int[1, 90], Gen.Int[0, 7], Gen.UInt, Gen.Int[1, 4]).Sample(
            (n, depth, seed, count) =>
            {
                BoostedTrees trees = RandomTrees.Make(n, depth, count, seed);
                Spectrum spectrum = trees.ToSpectrum();
                MaskMatrix masks = new UniformDesign(n, seed, 1, Math.Min(50, 1L << Math.Min(n, 20))).ToMatrix(0, (int)Math.Min(50, 1L << Math.Min(n, 20)));
                for (int row = 0; row < masks.RowCount; row++)
                {
                    Assert.Equal(trees.Evaluate(masks.Row(row)), spectrum.Evaluate(masks.Row(row)), 1e-9);
                }
            },
            iter: 200);

    [Fact]
    public void A_cap_on_the_degree_leaves_out_larger_sets_and_nothing_else() =>
        Gen.Select(Gen.Int[4, 40], Gen.Int[0, 6], Gen.UInt).Sample(
            (n, cap, seed) =>
            {
                BoostedTrees trees = RandomTrees.Make(n, 6, 2, seed);
                Spectrum whole = trees.ToSpectrum(), capped = trees.ToSpectrum(cap);
                Assert.Equal(whole.Terms.Where(term => term.Set.Count <= cap), capped.Terms);
            },
            iter: 100);

    [Fact]
    public void The_strongest_terms_are_those_of_the_spectrum_and_of_equal_ones_the_smaller_set() =>
        Gen.Select(Gen.Int[2, 40], Gen.Int[0, 6], Gen.Int[1, 60], Gen.UInt).Sample(
            (n, cap, most, seed) =>
            {
                // Whole numbers in the leaves, so that many coefficients are equal.
                BoostedTrees random = RandomTrees.Make(n, 5, 2, seed);
                BoostedTrees trees = new(n, 0, random.Trees.Select(tree => new DecisionTree([.. tree.Nodes.ToArray().Select(node => node.IsLeaf ? TreeNode.Leaf(Math.Round(2 * node.Value)) : node)])));
                Assert.Equal(
                    trees.ToSpectrum(cap).Terms.Where(term => term.Set.Count > 0).OrderByDescending(term => Math.Abs(term.Coefficient)).ThenBy(term => term.Set).Take(most),
                    TreeSpectrum.Strongest(trees, most, cap));
            },
            iter: 200);

    [Fact]
    public void The_constant_is_kept_even_when_it_is_all_there_is()
    {
        Spectrum spectrum = new BoostedTrees(5, 1.5, [new DecisionTree([TreeNode.Leaf(0.25)])]).ToSpectrum(0);
        SpectrumTerm term = Assert.Single(spectrum.Terms);
        Assert.Equal(new SpectrumTerm(FeatureSet.Empty, 1.75), term);
    }

    [Fact]
    public void A_split_that_a_split_above_has_decided_already_changes_nothing()
    {
        // Feature 0 absent, then feature 0 again: only the side "absent" can be reached.
        DecisionTree tree = new([TreeNode.Split(0, 1, 2), TreeNode.Split(0, 3, 4), TreeNode.Leaf(1), TreeNode.Leaf(3), TreeNode.Leaf(100)]);
        Spectrum spectrum = new BoostedTrees(1, 0, [tree]).ToSpectrum();
        Assert.Equal([new SpectrumTerm(FeatureSet.Empty, 2), new SpectrumTerm(new FeatureSet(0), 1)], spectrum.Terms);
    }

    [Fact]
    public void Deep_trees_without_a_cap_end_with_an_error_that_names_the_cap()
    {
        // One way of 40 splits: 2^40 terms without a cap, few with one.
        List<TreeNode> nodes = [];
        for (int depth = 0; depth < 40; depth++)
        {
            nodes.Add(TreeNode.Split(depth, (2 * depth) + 1, (2 * depth) + 2));
            nodes.Add(TreeNode.Leaf(depth + 1));
        }

        nodes.Add(TreeNode.Leaf(-1));
        BoostedTrees trees = new(40, 0, [new DecisionTree([.. nodes])]);
        Assert.Equal(2, trees.ToSpectrum(2).Degree);
        Assert.Contains("--max-degree", Assert.Throws<SpexException>(() => trees.ToSpectrum()).Message);
    }
}
