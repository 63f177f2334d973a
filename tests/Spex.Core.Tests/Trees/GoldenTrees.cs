using System.Text.Json;
using Spex.Core.Trees;

namespace Spex.Core.Tests.Trees;

/// <summary>Trees of other software in the form [feature, absent, present] or a number.</summary>
internal static class GoldenTrees
{
    public static DecisionTree Parse(JsonElement tree)
    {
        List<TreeNode> nodes = [];
        Append(tree, nodes);
        return new DecisionTree([.. nodes]);
    }

    private static int Append(JsonElement element, List<TreeNode> nodes)
    {
        int index = nodes.Count;
        if (element.ValueKind == JsonValueKind.Number)
        {
            nodes.Add(TreeNode.Leaf(element.GetDouble()));
            return index;
        }

        nodes.Add(default);
        nodes[index] = TreeNode.Split(element[0].GetInt32(), Append(element[1], nodes), Append(element[2], nodes));
        return index;
    }
}
