using System.Numerics;
using Spex.Core;
using Spex.Core.Trees;

namespace Spex.Engine.Devices.Cpu.Trees;

/// <summary>What one boosting run has reached.</summary>
internal sealed class CpuBoostingRun
{
    private readonly List<double> _errors = [];

    /// <summary>Starts from the mean of the training values.</summary>
    /// <param name="values">The values as integers.</param>
    /// <param name="training">A bit a sample: whether trees may see it; ⌈N/64⌉ words, zero beyond N.</param>
    /// <param name="heldOut">The other samples.</param>
    /// <param name="settings">How trees grow.</param>
    public CpuBoostingRun(FixedPointValues values, ulong[] training, ulong[] heldOut, BoostingSettings settings)
    {
        Settings = settings;
        Training = training;
        HeldOut = heldOut;
        Residuals = new int[values.Fixed.Length];
        long sum = 0;
        int count = 0;
        for (int word = 0; word < training.Length; word++)
        {
            for (ulong bits = training[word]; bits != 0; bits &= bits - 1)
            {
                sum += values.Fixed[(word * 64) + BitOperations.TrailingZeroCount(bits)];
                count++;
            }
        }

        if (count == 0)
        {
            throw new SpexInputException("A fold holds every sample, so none is left to train on; give at least two samples for cross-validation.");
        }

        TrainingCount = count;
        Bias = BoostingArithmetic.LeafStep(sum, count, 1);
        for (int s = 0; s < Residuals.Length; s++)
        {
            Residuals[s] = BoostingArithmetic.Update(values.Fixed[s], Bias);
        }

        ErrorUnit = values.Unit * (1 << BoostingArithmetic.ErrorShift);
        AddError();
    }

    public BoostingSettings Settings { get; }

    public ulong[] Training { get; }

    public ulong[] HeldOut { get; }

    public int TrainingCount { get; }

    public int[] Residuals { get; }

    public int Bias { get; }

    public bool HasEnded { get; set; }

    public List<DecisionTree> Trees { get; } = [];

    public IReadOnlyList<double> Errors => _errors;

    private double ErrorUnit { get; }

    /// <summary>Notes the held-out samples' squared error, an exact integer.</summary>
    public void AddError()
    {
        UInt128 error = 0;
        for (int word = 0; word < HeldOut.Length; word++)
        {
            ulong part = 0;
            for (ulong bits = HeldOut[word]; bits != 0; bits &= bits - 1)
            {
                part += BoostingArithmetic.SquaredError(Residuals[(word * 64) + BitOperations.TrailingZeroCount(bits)]);
            }

            error += part;
        }

        _errors.Add((double)error * ErrorUnit * ErrorUnit);
    }

    /// <summary>Forgets all trees after the first <paramref name="treeCount"/>; the residuals are recomputed from the values, integer by integer.</summary>
    public void Truncate(int treeCount, FixedPointValues values, ReadOnlySpan<ulong> columns, LeafSets sets)
    {
        if (treeCount >= Trees.Count)
        {
            return;
        }

        HasEnded = false;
        Trees.RemoveRange(treeCount, Trees.Count - treeCount);
        _errors.RemoveRange(treeCount + 1, _errors.Count - treeCount - 1);
        for (int s = 0; s < Residuals.Length; s++)
        {
            Residuals[s] = BoostingArithmetic.Update(values.Fixed[s], Bias);
        }

        foreach (DecisionTree tree in Trees)
        {
            sets.Apply(tree, values.Unit, columns, Residuals);
        }
    }
}
