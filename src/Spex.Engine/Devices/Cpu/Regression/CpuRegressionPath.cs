namespace Spex.Engine.Devices.Cpu.Regression;

/// <summary>Paths on the host, one function's after another's: there are no launches to share.</summary>
internal sealed class CpuRegressionPath(CpuFunctionPath[] functions) : RegressionPath
{
    public override double[] LargestThresholds() => Array.ConvertAll(functions, function => function.LargestThreshold);

    public override void StartAt(IReadOnlyList<IReadOnlyList<(int Set, double Coefficient)>> fits)
    {
        int problems = fits.Count / functions.Length;
        for (int function = 0; function < functions.Length; function++)
        {
            functions[function].StartAt(fits.Skip(function * problems).Take(problems));
        }
    }

    public override double[] Descend(ReadOnlySpan<double> thresholds, Shrinkage shrinkage)
    {
        double[] errors = new double[functions.Length];
        for (int function = 0; function < functions.Length; function++)
        {
            errors[function] = double.IsNaN(thresholds[function]) ? functions[function].Error : functions[function].Descend(thresholds[function], shrinkage);
        }

        return errors;
    }

    public override void Keep(ReadOnlySpan<bool> isKept)
    {
        for (int function = 0; function < functions.Length; function++)
        {
            if (isKept[function])
            {
                functions[function].Keep();
            }
        }
    }

    public override (int Set, double Coefficient)[][] Kept() => [.. functions.SelectMany(function => function.Kept())];

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Array.ForEach(functions, function => function.Dispose());
        }
    }
}
