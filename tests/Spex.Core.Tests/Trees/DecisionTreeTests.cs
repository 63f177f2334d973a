using Spex.Core.Trees;

namespace Spex.Core.Tests.Trees;

public class DecisionTreeTests
{
    [Fact]
    public void A_mask_reaches_the_leaf_of_its_features()
    {
        DecisionTree tree = new([TreeNode.Split(70, 1, 2), TreeNode.Leaf(1), TreeNode.Split(3, 3, 4), TreeNode.Leaf(2), TreeNode.Leaf(3)]);
        Assert.Equal(1, tree.Evaluate([8, 0]));
        Assert.Equal(2, tree.Evaluate([0, 64]));
        Assert.Equal(3, tree.Evaluate([8, 64]));
        Assert.Equal((2, 3, 70), (tree.Depth, tree.LeafCount, tree.MaxFeature));
    }

    [Fact]
    public void Nodes_that_are_no_tree_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new DecisionTree([]));
        Assert.Throws<ArgumentException>(() => new DecisionTree([TreeNode.Split(0, 0, 1), TreeNode.Leaf(1)]));
        Assert.Throws<ArgumentException>(() => new DecisionTree([TreeNode.Split(0, 1, 1), TreeNode.Leaf(1)]));
        Assert.Throws<ArgumentException>(() => new DecisionTree([TreeNode.Leaf(1), TreeNode.Leaf(1)]));
        Assert.Throws<ArgumentException>(() => new DecisionTree([TreeNode.Split(0, 1, 3), TreeNode.Leaf(1)]));
    }

    [Fact]
    public void A_sum_of_trees_refuses_features_that_it_does_not_have() =>
        Assert.Throws<ArgumentException>(() => new BoostedTrees(3, 0, [new DecisionTree([TreeNode.Split(3, 1, 2), TreeNode.Leaf(0), TreeNode.Leaf(1)])]));
}
