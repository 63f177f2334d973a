using System.Globalization;
using Spex.Core.Designs;
using Spex.Core.Masks;
using Spex.Core.Random;
using Spex.Core.Trees;
using Spex.Engine.Devices;

namespace Spex.GpuCheck.Kernels;

/// <summary>Boosted trees of runs of two functions that grow together, come and go: equal trees, errors and predictions, because all sums are integers.</summary>
internal static class TreeCases
{
    private const int Folds = 5;
    private const int Terms = 12;

    public static IEnumerable<KernelCase> All(CheckSizes sizes) =>
        sizes.TreeSizes.Select(size => new KernelCase(
            "trees",
            string.Create(CultureInfo.InvariantCulture, $"{size.Samples} samples of {size.Features} features, {sizes.Trees} trees"),
            0,
            (memory, output) => Grow(memory, output, size.Samples, size.Features, sizes.Trees)));

    private static void Grow(CaseMemory memory, CaseOutput output, int samples, int features, int trees)
    {
        int distinct = (int)Math.Min(samples, 1L << Math.Min(features, 30));
        MaskMatrix drawn = new UniformDesign(features, 11, 4, distinct).ToMatrix(0, distinct), masks = new(samples, features);
        float[] values = new float[2 * samples];
        byte[] folds = new byte[samples];
        for (int s = 0; s < samples; s++)
        {
            drawn.Row(s % distinct).CopyTo(masks.Row(s));
            values[s] = Value(masks.Row(s), features);
            values[samples + s] = (s % 7) - (3 * values[s]);
            folds[s] = (byte)(s % Folds);
        }

        DeviceBuffer<ulong> packed = memory.Upload<ulong>(masks.Words), columns = memory.Poisoned<ulong>((long)features * MaskMatrix.WordsFor(samples));
        memory.Device.Masks.Transpose(packed, samples, features, columns);
        using BoostingBatch batch = memory.Device.Trees.Load(columns, samples, features, memory.Upload<float>(values), folds);
        BoostingSettings leafwise = new(null, 0.1) { MinSamplesInLeaf = samples < 100 ? 1 : 20 };
        BoostingSettings fine = leafwise with { QuantizedGradients = false };
        int first = batch.Add(new BoostingSettings(3, 0.3), 1), second = batch.Add(leafwise, 0), third = batch.Add(fine, 0), gone = batch.Add(new BoostingSettings(5, 0.5), null), other = batch.Add(leafwise, 0, function: 1);
        batch.Grow([first, second, third, gone, other], trees);
        batch.Remove(gone);

        // More runs than there were rooms for: what the first ones had must be made again from their trees.
        int[] more = [.. Enumerable.Range(0, Folds).Select(fold => batch.Add(new BoostingSettings(2, 0.2), samples > fold + 1 ? (byte)fold : null))];
        batch.Grow([first, .. more], trees);
        batch.Truncate(second, Math.Max(1, batch.TreeCount(second) / 2));
        batch.Grow([second], 1);
        int[] runs = [first, second, third, other, .. more];
        for (int i = 0; i < runs.Length; i++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"run {i}: ");
            BoostedTrees grown = batch.Trees(runs[i]);
            double[] predictions = new double[samples];
            batch.Predict(runs[i], predictions);
            output.Take($"{name}bias and steps", [grown.Bias, .. grown.Trees.SelectMany(tree => tree.Nodes.ToArray()).Select(node => (double)node.Value)]);
            output.Take($"{name}nodes", grown.Trees.SelectMany(tree => tree.Nodes.ToArray()).SelectMany(node => new[] { node.Feature, node.Absent, node.Present }).ToArray());
            output.Take($"{name}errors", batch.HeldOutErrors(runs[i]).ToArray());
            output.Take($"{name}predictions", predictions);
        }
    }

    // A function of few features with interactions, and noise that the whole mask decides.
    private static float Value(ReadOnlySpan<ulong> mask, int features)
    {
        double value = 0;
        for (ulong term = 0; term < Terms; term++)
        {
            double weight = Philox.Gaussian(11, 1, term);
            for (ulong k = 0; k <= term % 4; k++)
            {
                int feature = Philox.Below(11, 2, (4 * term) + k, features);
                weight *= ((mask[feature >> 6] >> (feature & 63)) & 1) != 0 ? 1 : -0.2;
            }

            value += weight;
        }

        return (float)(value + (0.3 * Philox.Gaussian(11, 3, mask[0] ^ (mask[^1] << 1))));
    }
}
