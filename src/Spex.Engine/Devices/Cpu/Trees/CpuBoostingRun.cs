using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Spex.Core;
using Spex.Core.Trees;

namespace Spex.Engine.Devices.Cpu.Trees;

/// <summary>What one boosting run has reached.</summary>
internal sealed class CpuBoostingRun
{
    // Squares of 25 bits: so many of them add up in 63.
    private const int ErrorBlock = 4096;

    private readonly List<double> _errors = [];
    private readonly FixedPointValues _values;

    // −1 where trees may see the sample, 0 where it is held out.
    private readonly sbyte[] _seen;

    /// <summary>Starts from the mean of the training values.</summary>
    /// <param name="values">The values as integers.</param>
    /// <param name="training">A bit a sample: whether trees may see it; ⌈N/64⌉ words, zero beyond N.</param>
    /// <param name="settings">How trees grow.</param>
    public CpuBoostingRun(FixedPointValues values, ulong[] training, BoostingSettings settings)
    {
        _values = values;
        Settings = settings;
        Training = training;
        Residuals = new int[values.Fixed.Length];
        _seen = new sbyte[values.Fixed.Length];
        long sum = 0;
        for (int s = 0; s < _seen.Length; s++)
        {
            if ((training[s >> 6] >> s & 1) != 0)
            {
                _seen[s] = -1;
                sum += values.Fixed[s];
                TrainingCount++;
            }
        }

        if (TrainingCount == 0)
        {
            throw new SpexInputException("A fold holds every sample, so none is left to train on; give at least two samples for cross-validation.");
        }

        Bias = BoostingArithmetic.LeafStep(sum, TrainingCount, 1);
        Restart();
    }

    public BoostingSettings Settings { get; }

    public ulong[] Training { get; }

    public int TrainingCount { get; }

    public int[] Residuals { get; }

    public int Bias { get; }

    public bool HasEnded { get; set; }

    public GrownTrees Trees { get; } = new();

    public IReadOnlyList<double> Errors => _errors;

    /// <summary>Training samples that have each feature, once a first tree has counted them.</summary>
    public int[]? Counts { get; set; }

    /// <summary>The shift of the next tree's gradients.</summary>
    public int Shift { get; private set; }

    /// <summary>Whether trees may see a sample.</summary>
    public bool IsSeen(int sample) => _seen[sample] != 0;

    /// <summary>The trees with their leaves' values.</summary>
    public BoostedTrees ToTrees(int featureCount) => Trees.ToTrees(featureCount, _values.ToValue(Bias), _values.Unit);

    /// <summary>A sample's prediction.</summary>
    public double Predict(int sample) => _values.ToValue((long)_values.Fixed[sample] - Residuals[sample]);

    /// <summary>Digits of a gradient.</summary>
    public int Digits => Settings.QuantizedGradients ? 1 : BoostingArithmetic.FineDigits;

    /// <summary>Writes the digits of gradients, each plus <see cref="BoostingArithmetic.DigitLimit"/>; 0 for samples that are held out.</summary>
    /// <param name="levels"><see cref="Digits"/> rows of N + 1 levels, the lowest digit first; their last ones stay.</param>
    public void WriteLevels(Span<byte> levels)
    {
        if (Settings.QuantizedGradients)
        {
            WriteQuantized(levels);
        }
        else
        {
            WriteFine(levels);
        }
    }

    /// <summary>Sums of the training residuals of every leaf.</summary>
    /// <param name="leafOf">Each sample's leaf.</param>
    /// <param name="sums">Four rows of 256 sums, zeros; the first takes the sums. Samples take turns, so that one leaf's additions need not wait for each other.</param>
    public void SumLeaves(ReadOnlySpan<byte> leafOf, Span<long> sums)
    {
        int at = 0;
        ReadOnlySpan<int> residuals = Residuals;
        ReadOnlySpan<sbyte> seen = _seen.AsSpan(0, residuals.Length);
        leafOf = leafOf[..residuals.Length];
        for (; at + 4 <= residuals.Length; at += 4)
        {
            sums[leafOf[at]] += residuals[at] & seen[at];
            sums[256 + leafOf[at + 1]] += residuals[at + 1] & seen[at + 1];
            sums[512 + leafOf[at + 2]] += residuals[at + 2] & seen[at + 2];
            sums[768 + leafOf[at + 3]] += residuals[at + 3] & seen[at + 3];
        }

        for (; at < residuals.Length; at++)
        {
            sums[leafOf[at]] += residuals[at] & seen[at];
        }

        for (int leaf = 0; leaf < 256; leaf++)
        {
            sums[leaf] += sums[256 + leaf] + sums[512 + leaf] + sums[768 + leaf];
        }
    }

    /// <summary>Takes each leaf's step off its samples' residuals, held out or not.</summary>
    /// <param name="leafOf">Each sample's leaf.</param>
    /// <param name="steps">256 steps.</param>
    public unsafe void Take(ReadOnlySpan<byte> leafOf, ReadOnlySpan<int> steps)
    {
        int at = 0;
        leafOf = leafOf[..Residuals.Length];
        if (Avx2.IsSupported)
        {
            Vector256<int> limit = Vector256.Create(BoostingArithmetic.ResidualLimit);
            fixed (int* residuals = Residuals, step = steps)
            fixed (byte* leaf = leafOf)
            {
                for (; at + 8 <= leafOf.Length; at += 8)
                {
                    Vector256<int> taken = Avx2.GatherVector256(step, Avx2.ConvertToVector256Int32(leaf + at), 4);
                    Vector256.Min(Vector256.Max(Vector256.Load(residuals + at) - taken, -limit), limit).Store(residuals + at);
                }
            }
        }

        for (; at < leafOf.Length; at++)
        {
            Residuals[at] = BoostingArithmetic.Update(Residuals[at], steps[leafOf[at]]);
        }
    }

    /// <summary>Notes the held-out samples' squared error and the shift of the next tree, both from exact integers.</summary>
    public void Judge()
    {
        UInt128 heldOut = 0, seen = 0;
        int largest = 0;
        for (int start = 0; start < Residuals.Length; start += ErrorBlock)
        {
            (ulong All, ulong Seen, int Largest) block = Judge(start, Math.Min(Residuals.Length, start + ErrorBlock));
            heldOut += block.All - block.Seen;
            seen += block.Seen;
            largest = Math.Max(largest, block.Largest);
        }

        double unit = _values.Unit * (1 << BoostingArithmetic.ErrorShift);
        _errors.Add((double)heldOut * unit * unit);
        Shift = BoostingArithmetic.Shift(largest, seen, TrainingCount, Settings.QuantizedGradients);
    }

    /// <summary>Forgets all trees after the first <paramref name="treeCount"/>; the residuals are recomputed from the values, integer by integer.</summary>
    public void Truncate(int treeCount, ReadOnlySpan<ulong> columns)
    {
        if (treeCount >= Trees.Count)
        {
            return;
        }

        HasEnded = false;
        Trees.Truncate(treeCount);
        Restart();
        LeafSets sets = new(Residuals.Length);
        byte[] leafOf = new byte[64 * Training.Length];
        int[] steps = new int[256];
        for (int t = 0; t < Trees.Count; t++)
        {
            sets.WriteLeafOf(sets.Follow(Trees[t], columns, steps), leafOf);
            Take(leafOf, steps);
            Judge();
        }
    }

    private void Restart()
    {
        for (int s = 0; s < Residuals.Length; s++)
        {
            Residuals[s] = BoostingArithmetic.Update(_values.Fixed[s], Bias);
        }

        _errors.Clear();
        Judge();
    }

    private void WriteQuantized(Span<byte> levels)
    {
        int shift = Shift, at = 0;
        Vector256<int> half = Vector256.Create((1 << shift) >> 1), limit = Vector256.Create(BoostingArithmetic.DigitLimit);
        for (; at + 32 <= Residuals.Length; at += 32)
        {
            Vector256<short> lower = Vector256.Narrow(Levels(at), Levels(at + 8)), upper = Vector256.Narrow(Levels(at + 16), Levels(at + 24));
            (Vector256.Narrow(lower, upper) & Vector256.Create<sbyte>(_seen.AsSpan(at, 32))).AsByte().CopyTo(levels[at..]);
        }

        for (; at < Residuals.Length; at++)
        {
            levels[at] = (byte)((BoostingArithmetic.Gradient(Residuals[at], shift, BoostingArithmetic.DigitLimit) + BoostingArithmetic.DigitLimit) & _seen[at]);
        }

        Vector256<int> Levels(int start) =>
            Vector256.Min(Vector256.Max((Vector256.Create<int>(Residuals.AsSpan(start, 8)) + half) >> shift, -limit), limit) + limit;
    }

    private void WriteFine(Span<byte> levels)
    {
        // All digits are 7 where the gradient is 0, so what is left of this much more is never negative and its digits are the levels.
        int more = 0;
        for (int digit = 0; digit < BoostingArithmetic.FineDigits; digit++)
        {
            more = (more * BoostingArithmetic.DigitBase) + BoostingArithmetic.DigitLimit;
        }

        for (int s = 0; s < Residuals.Length; s++)
        {
            uint rest = (uint)(BoostingArithmetic.Gradient(Residuals[s], Shift, BoostingArithmetic.FineLimit) + more);
            for (int at = s; at < levels.Length; at += Residuals.Length + 1)
            {
                uint higher = rest / BoostingArithmetic.DigitBase;
                levels[at] = (byte)((int)(rest - (higher * BoostingArithmetic.DigitBase)) & _seen[s]);
                rest = higher;
            }
        }
    }

    private (ulong All, ulong Seen, int Largest) Judge(int start, int end)
    {
        ulong all = 0, seen = 0;
        int largest = 0, at = start;
        if (Avx2.IsSupported)
        {
            Vector256<int> half = Vector256.Create((1 << BoostingArithmetic.ErrorShift) >> 1);
            Vector256<int> most = default;
            Vector256<long> sumAll = default, sumSeen = default;
            for (; at + 8 <= end; at += 8)
            {
                Vector256<int> residual = Vector256.Create<int>(Residuals.AsSpan(at, 8));
                Vector256<int> mask = Avx2.ConvertToVector256Int32(Vector128.CreateScalar(BitConverter.ToInt64(System.Runtime.InteropServices.MemoryMarshal.AsBytes(_seen.AsSpan(at, 8)))).AsSByte());
                most = Vector256.Max(most, Vector256.Abs(residual & mask));
                Vector256<int> shortened = (residual + half) >> BoostingArithmetic.ErrorShift, counted = shortened & mask;
                sumAll += Avx2.Multiply(shortened, shortened) + Avx2.Multiply((shortened.AsInt64() >>> 32).AsInt32(), (shortened.AsInt64() >>> 32).AsInt32());
                sumSeen += Avx2.Multiply(counted, counted) + Avx2.Multiply((counted.AsInt64() >>> 32).AsInt32(), (counted.AsInt64() >>> 32).AsInt32());
            }

            all = (ulong)Vector256.Sum(sumAll);
            seen = (ulong)Vector256.Sum(sumSeen);
            for (int lane = 0; lane < 8; lane++)
            {
                largest = Math.Max(largest, most[lane]);
            }
        }

        for (; at < end; at++)
        {
            ulong square = BoostingArithmetic.SquaredError(Residuals[at]);
            all += square;
            seen += square & (ulong)_seen[at];
            largest = Math.Max(largest, Math.Abs(Residuals[at] & _seen[at]));
        }

        return (all, seen, largest);
    }
}
