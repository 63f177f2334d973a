using Spex.Core.Games;
using Spex.Core.Random;
using Spex.Core.Spectra;

namespace Spex.Benchmarks;

/// <summary>Random functions of many kinds, drawn anew for every seed: what explanations meet, and what each method finds hard.</summary>
internal static class RandomShapes
{
    /// <summary>The kinds by name; each takes n and a seed.</summary>
    public static IReadOnlyList<(string Name, Func<int, ulong, Game> Draw)> All { get; } =
    [
        ("fourier", (n, seed) => Fourier(n, 50, 5, 0, seed)),
        ("fourier 10 dB", (n, seed) => Fourier(n, 50, 5, 0.316, seed)),
        ("fourier 0 dB", (n, seed) => Fourier(n, 30, 3, 1, seed)),
        ("hierarchy", (n, seed) => RandomGames.Hierarchy(n, 20, 5, 0, seed)),
        ("hierarchy 10 dB", (n, seed) => RandomGames.Hierarchy(n, 20, 4, 0.158, seed)),
        ("and", (n, seed) => And(n, 30, seed)),
        ("line", (n, seed) => Line(n, 0, seed)),
        ("line and pairs", (n, seed) => Line(n, 0.15, seed)),
        ("all pairs", (n, seed) => Pairs(n, seed)),
        ("chain", (n, seed) => Chain(n, seed)),
        ("parity", (n, seed) => Parity(n, Math.Min(n, 5), seed)),
        ("trees", (n, seed) => Trees(n, 20, 5, seed)),
        ("network", (n, seed) => Network(n, 16, 1, seed)),
        ("saturating", (n, seed) => Network(n, 1, 3, seed)),
        ("attention", (n, seed) => Attention(n, 1, seed)),
        ("sharp attention", (n, seed) => Attention(n, 3, seed)),
    ];

    private static double Gaussian(ulong seed, ulong stream, int index) => Philox.Gaussian(seed, stream, (ulong)index);

    private static FeatureSet Set(int n, int size, ulong seed, int index) =>
        new([.. Enumerable.Range(0, 4 * size).Select(i => Philox.Below(seed, 100 + (ulong)i, (ulong)index, n)).Distinct().Take(size)]);

    private static SparseGame Fourier(int n, int terms, int degree, double noise, ulong seed)
    {
        Dictionary<FeatureSet, double> all = [];
        for (int k = 0; k < terms; k++)
        {
            all[Set(n, 1 + Philox.Below(seed, 1, (ulong)k, Math.Min(n, degree)), seed, k)] = (2 * Philox.Uniform(seed, 2, (ulong)k)) - 1;
        }

        double size = Math.Sqrt(all.Values.Sum(weight => weight * weight));
        return new SparseGame(n, SparseBasis.Fourier, all.Select(term => new SpectrumTerm(term.Key, term.Value)), noise * size, seed);
    }

    private static SparseGame And(int n, int terms, ulong seed)
    {
        Dictionary<FeatureSet, double> all = [];
        for (int k = 0; k < terms; k++)
        {
            all[Set(n, 1 + Philox.Below(seed, 1, (ulong)k, Math.Min(n, 5)), seed, k)] = Gaussian(seed, 2, k);
        }

        return new SparseGame(n, SparseBasis.Moebius, all.Select(term => new SpectrumTerm(term.Key, term.Value)));
    }

    private static SparseGame Line(int n, double pairs, ulong seed) => new(
        n,
        SparseBasis.Fourier,
        Enumerable.Range(0, n).Select(i => new SpectrumTerm(new FeatureSet(i), Gaussian(seed, 1, i)))
            .Concat(Enumerable.Range(0, pairs > 0 ? n : 0).Select(i => Set(n, Math.Min(2, n), seed, i)).Distinct().Where(set => set.Count == 2)
                .Select((set, i) => new SpectrumTerm(set, pairs * Gaussian(seed, 2, i)))));

    private static SparseGame Pairs(int n, ulong seed) => new(
        n,
        SparseBasis.Fourier,
        from i in Enumerable.Range(0, n)
        from j in Enumerable.Range(i, n - i)
        select new SpectrumTerm(new FeatureSet(i == j ? [i] : [i, j]), Gaussian(seed, 1, (i * n) + j) / (i == j ? 1 : Math.Sqrt(n))));

    /// <summary>Neighbours in a row act together, as words in a sentence: ANDs of runs of two and three.</summary>
    private static SparseGame Chain(int n, ulong seed) => new(
        n,
        SparseBasis.Moebius,
        from i in Enumerable.Range(0, n)
        from length in Enumerable.Range(1, Math.Min(3, n - i))
        select new SpectrumTerm(new FeatureSet([.. Enumerable.Range(i, length)]), Gaussian(seed, (ulong)length, i)));

    private static SparseGame Parity(int n, int size, ulong seed) => new(
        n, SparseBasis.Fourier, Enumerable.Range(0, n).Select(i => new SpectrumTerm(new FeatureSet(i), 0.1 * Gaussian(seed, 1, i))).Append(new SpectrumTerm(Set(n, size, seed, 0), 1)).DistinctBy(term => term.Set));

    private static TreeGame Trees(int n, int count, int depth, ulong seed)
    {
        List<TreeNode> nodes = [];
        List<int> roots = [];
        int drawn = 0;
        for (int tree = 0; tree < count; tree++)
        {
            roots.Add(nodes.Count);
            Grow(depth);
        }

        return new TreeGame(n, nodes, roots);

        void Grow(int left)
        {
            int at = nodes.Count, draw = drawn++;
            if (left == 0 || (left < depth && Philox.Below(seed, 3, (ulong)draw, 5) == 0))
            {
                nodes.Add(TreeNode.Leaf(Gaussian(seed, 1, draw)));
                return;
            }

            // Some features split often and most seldom, as in forests of real data.
            double place = Philox.Uniform(seed, 2, (ulong)draw);
            nodes.Add(default);
            int absent = nodes.Count;
            Grow(left - 1);
            int present = nodes.Count;
            Grow(left - 1);
            nodes[at] = new TreeNode((int)(place * place * n), absent, present, 0);
        }
    }

    private static ReluNetworkGame Network(int n, int units, double bias, ulong seed) => new(
        [.. Enumerable.Range(0, n).Select(i => Enumerable.Range(0, units).Select(h => (bias > 1 ? Math.Abs(Gaussian(seed, 1, (i * units) + h)) : Gaussian(seed, 1, (i * units) + h)) / Math.Sqrt(n)).ToArray())],
        [.. Enumerable.Range(0, units).Select(h => bias > 1 ? -0.4 * Math.Sqrt(n) : bias * Gaussian(seed, 2, h))],
        [.. Enumerable.Range(0, units).Select(h => bias > 1 ? 1 : Gaussian(seed, 3, h))],
        0);

    private static AttentionPoolGame Attention(int n, double sharpness, ulong seed)
    {
        const int Width = 8, Hidden = 8;
        return new AttentionPoolGame(
            [.. Enumerable.Range(0, n).Select(i => sharpness * Gaussian(seed, 1, i))],
            [.. Enumerable.Range(0, n).Select(i => Enumerable.Range(0, Width).Select(d => Gaussian(seed, 2, (i * Width) + d)).ToArray())],
            [.. Enumerable.Range(0, Width).Select(d => Enumerable.Range(0, Hidden).Select(h => Gaussian(seed, 3, (d * Hidden) + h)).ToArray())],
            [.. Enumerable.Range(0, Hidden).Select(h => Gaussian(seed, 4, h))]);
    }
}
