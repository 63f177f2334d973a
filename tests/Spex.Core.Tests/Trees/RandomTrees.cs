using Spex.Core.Random;
using Spex.Core.Trees;

namespace Spex.Core.Tests.Trees;

/// <summary>Trees drawn at random, with features that may repeat on a way.</summary>
internal static class RandomTrees
{
    public static BoostedTrees Make(int featureCount, int depth, int count, ulong seed)
    {
        ulong index = 0;
        List<DecisionTree> trees = [];
        for (int t = 0; t < count; t++)
        {
            List<TreeNode> nodes = [];
            Append(depth);
            trees.Add(new DecisionTree([.. nodes]));

            int Append(int room)
            {
                int at = nodes.Count;
                if (room == 0 || Philox.Uniform(seed, 7, index++) < 0.1)
                {
                    nodes.Add(TreeNode.Leaf(Philox.Gaussian(seed, 8, index++)));
                    return at;
                }

                nodes.Add(default);
                nodes[at] = TreeNode.Split(Philox.Below(seed, 9, index++, featureCount), Append(room - 1), Append(room - 1));
                return at;
            }
        }

        return new BoostedTrees(featureCount, 0.5, trees);
    }
}
