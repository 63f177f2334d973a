using ILGPU;

namespace Spex.Kernels;

/// <summary>The tables of GF(2^m): a product is antilogs[logs[a] + logs[b]], zero included.</summary>
internal readonly struct FieldTables(ArrayView<int> logs, ArrayView<int> antilogs, ArrayView<int> quadraticRoots, int degree)
{
    private readonly ArrayView<int> _logs = logs;
    private readonly ArrayView<int> _antilogs = antilogs;
    private readonly ArrayView<int> _quadraticRoots = quadraticRoots;

    public readonly int Degree = degree;

    public int Order => (1 << Degree) - 1;

    public int Log(int a) => _logs[a];

    public int Power(int exponent) => _antilogs[exponent];

    /// <summary>Entry k of what solves y² + y = u.</summary>
    public int QuadraticRoot(int k) => _quadraticRoots[k];
}
