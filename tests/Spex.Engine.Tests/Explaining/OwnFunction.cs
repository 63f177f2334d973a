using Spex.Core.Interactions;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Explaining;
using Spex.Engine.ValueFunctions;

namespace Spex.Engine.Tests.Explaining;

/// <summary>README's example, compiled and run as it stands there.</summary>
internal static class OwnFunction
{
    public static string Explain()
    {
        // <readme>
        string[] words = ["acting", "never", "fails", "to", "impress"];
        DelegateValueFunction function = new(words.Length, "my model v1", present =>
            (present[1] && present[2] ? 2.5 : 0) + (present[4] ? 0.5 : 0));

        using CpuDevice device = new();
        Explanation explanation = new Explainer(device).Explain(function);
        Interaction strongest = explanation.Interactions.Strongest(1)[0];
        string line = $"{string.Join(" × ", strongest.Set.Select(i => words[i]))}: {strongest.Strength:+0.0;-0.0}";
        // </readme>
        return line;
    }
}
