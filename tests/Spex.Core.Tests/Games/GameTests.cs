using Spex.Core.Designs;
using Spex.Core.Games;
using Spex.Core.Masks;

namespace Spex.Core.Tests.Games;

public class GameTests
{
    [Fact]
    public void A_table_answers_by_the_masks_bits()
    {
        TableGame game = new([0, 1, 2, 3, 4, 5, 6, 7]);
        Assert.Equal(3, game.FeatureCount);
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7], game.Evaluate(new ExhaustiveDesign(3).ToMatrix(0, 8)));
        Assert.Equal(42, new TableGame([42]).Evaluate([]));
    }

    [Fact]
    public void A_table_of_a_wrong_length_or_with_nan_is_refused()
    {
        Assert.Contains("3 values", Assert.Throws<SpexInputException>(() => new TableGame([1, 2, 3])).Message);
        Assert.Contains("0 values", Assert.Throws<SpexInputException>(() => new TableGame([])).Message);
        Assert.Contains("Value 1", Assert.Throws<SpexInputException>(() => new TableGame([1, double.NaN])).Message);
        Assert.Contains("3 feature names", Assert.Throws<SpexInputException>(() => new TableGame([1, 2], ["a", "b", "c"])).Message);
    }

    [Fact]
    public void Trees_follow_present_and_absent()
    {
        // Tree 1 asks feature 2, then feature 0 where it is present; tree 2 is one leaf.
        TreeGame game = new(
            3,
            [new(2, 1, 2, 0), TreeNode.Leaf(10), new(0, 3, 4, 0), TreeNode.Leaf(20), TreeNode.Leaf(30), TreeNode.Leaf(1)],
            [0, 5],
            scale: 0.5);
        Assert.Equal([5.5, 5.5, 5.5, 5.5, 10.5, 15.5, 10.5, 15.5], game.Evaluate(new ExhaustiveDesign(3).ToMatrix(0, 8)));
    }

    [Fact]
    public void Trees_with_circles_or_unknown_features_are_refused()
    {
        Assert.Contains("children", Assert.Throws<SpexInputException>(() => new TreeGame(2, [new(0, 0, 1, 0), TreeNode.Leaf(1)], [0])).Message);
        Assert.Contains("feature 2", Assert.Throws<SpexInputException>(() => new TreeGame(2, [new(2, 1, 2, 0), TreeNode.Leaf(1), TreeNode.Leaf(1)], [0])).Message);
        Assert.Contains("root", Assert.Throws<SpexInputException>(() => new TreeGame(2, [TreeNode.Leaf(1)], [1])).Message);
        Assert.Contains("Leaf 0", Assert.Throws<SpexInputException>(() => new TreeGame(2, [TreeNode.Leaf(double.NaN)], [0])).Message);
    }

    [Fact]
    public void A_relu_network_is_its_formula()
    {
        double[][] a = [[1, -2, 0.5, 1, 3], [-1, 1, 0.25, 0, 1]];
        double[] b1 = [0.5, 0.5, -0.5, 0, -3.5], w2 = [1, 2, 3, 4, 5];
        ReluNetworkGame game = new(a, b1, w2, 0.125);
        for (int mask = 0; mask < 4; mask++)
        {
            double expected = 0.125;
            for (int h = 0; h < 5; h++)
            {
                expected += w2[h] * Math.Max(0, b1[h] + ((mask & 1) * a[0][h]) + ((mask >> 1) * a[1][h]));
            }

            Assert.Equal(expected, game.Evaluate([(ulong)mask]));
        }
    }

    [Fact]
    public void Attention_pooling_is_its_formula()
    {
        AttentionPoolGame game = new([0.5, -1], [[1, 2], [3, -1]], [[1, 0.5, -1], [0, 2, 1]], [1, -1, 0.5]);
        Assert.Equal(0, game.Evaluate([0]));
        double w = Math.Exp(0.5), z0 = w / (1 + w), z1 = 2 * w / (1 + w);
        double expected = Math.Tanh(z0) - Math.Tanh((0.5 * z0) + (2 * z1)) + (0.5 * Math.Tanh(-z0 + z1));
        Assert.Equal(expected, game.Evaluate([1]), 1e-14);
    }

    [Fact]
    public void Networks_whose_shapes_do_not_fit_are_refused()
    {
        Assert.Contains("\"w2\" has 1", Assert.Throws<SpexInputException>(() => new ReluNetworkGame([[1, 2]], [1, 2], [1], 0)).Message);
        Assert.Contains("\"A[1]\" has 1", Assert.Throws<SpexInputException>(() => new ReluNetworkGame([[1, 2], [1]], [1, 2], [1, 2], 0)).Message);
        Assert.Contains("\"vec\" has 1 rows", Assert.Throws<SpexInputException>(() => new AttentionPoolGame([1, 2], [[1]], [[1]], [1])).Message);
        Assert.Contains("NaN", Assert.Throws<SpexInputException>(() => new AttentionPoolGame([double.NaN], [[1]], [[1]], [1])).Message);
    }

    [Fact]
    public void Masks_of_another_length_are_refused()
    {
        TableGame game = new([1, 2, 3, 4]);
        Assert.Throws<ArgumentException>(() => game.Evaluate(new MaskMatrix(1, 3)));
        Assert.Throws<ArgumentException>(() => game.Evaluate([1, 2, 3], new double[2]));
    }

    [Fact]
    public void Hashes_tell_kinds_and_contents_apart()
    {
        string[] hashes =
        [
            new TableGame([1, 2]).ContentHash,
            new TableGame([1, 3]).ContentHash,
            new TableGame([1]).ContentHash,
            new TreeGame(1, [TreeNode.Leaf(1)], [0]).ContentHash,
            new TreeGame(1, [TreeNode.Leaf(1)], [0, 0]).ContentHash,
            new ReluNetworkGame([[1]], [1], [1], 1).ContentHash,
            new AttentionPoolGame([1], [[1]], [[1]], [1]).ContentHash,
        ];
        Assert.Equal(hashes.Length, hashes.Distinct().Count());
        Assert.Equal(hashes[0], new TableGame([1, 2], ["x"]).ContentHash);
    }
}
