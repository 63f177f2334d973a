using System.Reflection;
using ILGPU;
using Spex.Engine.Devices.Ilgpu;
using Spex.GpuCheck.Results;

namespace Spex.GpuCheck.Kernels;

/// <summary>Whether every kernel has run: a device makes the launcher of a kernel when it first needs it, so a launcher that is missing after all cases is a kernel that none of them reached.</summary>
internal static class KernelCoverage
{
    // Forms of one primitive of which a device takes one: where one is complete, nothing of the other is missing.
    private static readonly string[][] Alternatives =
    [
        ["IlgpuHadamard._smallTile", "IlgpuHadamard._largeTile"],
        ["IlgpuHadamard._warpTile", "IlgpuHadamard._groupTile", "IlgpuHadamard._stridedTile"],
    ];

    /// <summary>One check for all launchers of a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="outOfReach">Launchers that the cases are too small for.</param>
    public static CheckResult Check(IlgpuDevice device, params ReadOnlySpan<string> outOfReach)
    {
        List<string> missing = [];
        int launchers = 0;
        Visit(device, missing, [], ref launchers);
        foreach (string launcher in outOfReach)
        {
            missing.Remove(launcher);
        }

        if (Array.Exists(Alternatives, form => !form.Any(missing.Contains)))
        {
            missing.RemoveAll(launcher => Array.Exists(Alternatives, form => form.Contains(launcher)));
        }

        return new CheckResult(
            "kernels",
            "every launcher was used",
            missing.Count == 0 && launchers > 0 ? Outcome.Passed : Outcome.Failed,
            missing.Count == 0 ? $"{launchers} launchers" : $"no case reaches {string.Join(", ", missing)}");
    }

    private static void Visit(object owner, List<string> missing, HashSet<object> seen, ref int launchers)
    {
        if (!seen.Add(owner))
        {
            return;
        }

        foreach (FieldInfo field in owner.GetType().GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly))
        {
            object? value = field.GetValue(owner);
            if (IsLauncher(field.FieldType))
            {
                launchers++;
                if (value is null)
                {
                    missing.Add($"{owner.GetType().Name}.{field.Name}");
                }
            }
            else if (value is not null && field.FieldType.Namespace == typeof(IlgpuDevice).Namespace)
            {
                Visit(value, missing, seen, ref launchers);
            }
        }
    }

    private static bool IsLauncher(Type type) => type.IsSubclassOf(typeof(Delegate)) && type.IsGenericType && type.GetGenericArguments()[0] == typeof(KernelConfig);
}
