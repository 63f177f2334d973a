using System.Globalization;
using Spex.Core;
using Spex.Core.Designs;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Devices.Ilgpu;
using Spex.Engine.Explaining;
using Spex.GpuCheck.Explanations;
using Spex.GpuCheck.Kernels;
using Spex.GpuCheck.Results;
using Spex.Torch.Devices;
using Spex.Torch.Native;
using Spex.Torch.Sentiment;
using TorchSharp;

namespace Spex.GpuCheck.Torch;

/// <summary>What needs torch: that its tensors and the kernels work on the same memory, and the built-in model explained from masks to spectrum.</summary>
internal static class TorchCheck
{
    private const string Part = "torch";
    private const string Model = "the built-in model";
    private const string Sentence = "Her acting never fails to impress";
    private const int Numbers = 1 << 12;
    private const double MostBetweenBatches = 0.01;

    /// <summary>Checks on a device of its own: its memory must be torch's from the beginning.</summary>
    public static void Run(Func<IlgpuDevice> open, CheckSizes sizes, CheckReport report)
    {
        try
        {
            TorchRuntime.EnsureLoaded();
        }
        catch (SpexException missing)
        {
            report.Add(new CheckResult(Part, "memory shared with torch", Outcome.Skipped, missing.Message));
            report.Add(new CheckResult(Part, Model, Outcome.Skipped, missing.Message));
            return;
        }

        using IlgpuDevice device = open();
        TorchMemory? memory = TorchMemory.Attach(device, out string? whyNot);
        if (memory is null)
        {
            report.Add(new CheckResult(Part, "memory shared with torch", Outcome.Skipped, whyNot!));
            report.Add(new CheckResult(Part, Model, Outcome.Skipped, whyNot!));
            return;
        }

        report.Add(Try("memory shared with torch", () => Exchange(device, memory)));
        new KernelCheck(device, report).Run(KernelCheck.Cases(sizes).Where(one => one.Family is "masks" or "Hadamard").Select(one => one with { Family = $"{one.Family} in torch's memory" }));
        report.Add(Try(Model, () => ExplainModel(device, memory)));
        report.Add(Try("batches of the built-in model", () => TimeBatches(device, memory, sizes, report)));
    }

    // Back and forth in one order without waiting: torch fills, a kernel transforms, torch adds up, torch fills again, a kernel transforms.
    private static string? Exchange(IlgpuDevice device, TorchMemory memory)
    {
        using DeviceBuffer<float> rows = device.Allocate<float>(Numbers);
        torch.Tensor tensor = memory.TensorOf(rows);
        for (int round = 1; round <= 100; round++)
        {
            tensor.fill_(round);
            device.Hadamard.Transform(rows, 1, int.Log2(Numbers), 1);
            using torch.Tensor sum = tensor.sum(), first = tensor[0];
            float all = sum.item<float>(), one = first.item<float>();
            if (all != round * Numbers || one != round * Numbers)
            {
                return string.Create(CultureInfo.InvariantCulture, $"round {round}: torch sees {one} and the sum {all} where the kernel wrote {round * Numbers} and zeros");
            }
        }

        return null;
    }

    // The model on the processor, explained there, against the model on the device, with its masks and values in the memory of both.
    private static string? ExplainModel(IlgpuDevice device, TorchMemory memory)
    {
        using SentimentModel here = SentimentModel.LoadBuiltIn(), there = SentimentModel.LoadBuiltIn(memory.Device);
        using SentimentValueFunction onProcessor = new(here, Sentence), onDevice = new(there, Sentence);
        using CpuDevice processor = new();
        device.Transfers.Clear();
        Explanation actual = new Explainer(device).Explain(onDevice);
        if (device.Transfers.ToHost.GetValueOrDefault("UInt64").Bytes > 0)
        {
            return "masks came to the host";
        }

        long values = device.Transfers.ToHost.GetValueOrDefault("Single").Bytes;
        return values == sizeof(float) * actual.Run.Ablations
            ? ExplanationCheck.Difference(new Explainer(processor).Explain(onProcessor).Spectrum, actual.Spectrum)
            : string.Create(CultureInfo.InvariantCulture, $"{values} bytes of values came to the host for {actual.Run.Ablations} ablations, each of which has {sizeof(float)}");
    }

    // What the runner does between two batches: masks, their expansion, the check of the values.
    private static string? TimeBatches(IlgpuDevice device, TorchMemory memory, CheckSizes sizes, CheckReport report)
    {
        using SentimentModel model = SentimentModel.LoadBuiltIn(memory.Device);
        string[] words = Sentence.Split(' ');
        using SentimentValueFunction function = new(model, string.Join(' ', Enumerable.Range(0, sizes.ModelWords).Select(i => words[i % words.Length])));
        double[] shares = new double[sizes.Rounds];
        for (int round = -1; round < shares.Length; round++)
        {
            using AblationRunner runner = new(function, device, null, null, null);
            runner.Run(new UniformDesign(function.FeatureCount, (ulong)(round + 1), 1, sizes.ModelAblations), 0, CancellationToken.None);

            // The first round compiles.
            if (round >= 0)
            {
                shares[round] = (runner.Seconds - runner.ModelSeconds) / runner.ModelSeconds;
            }
        }

        Array.Sort(shares);
        report.Add(new Measurement(
            "models",
            string.Create(CultureInfo.InvariantCulture, $"time between two batches of the built-in model, a share of the batch: {function.FeatureCount} words, {sizes.ModelAblations} ablations"),
            shares[shares.Length / 2],
            "of a batch",
            null,
            MostBetweenBatches));
        return null;
    }

    private static CheckResult Try(string name, Func<string?> check)
    {
        try
        {
            string? wrong = check();
            return new CheckResult(Part, name, wrong is null ? Outcome.Passed : Outcome.Failed, wrong ?? "");
        }
#pragma warning disable CA1031 // Whatever a check dies of, the report says it.
        catch (Exception error)
        {
            return new CheckResult(Part, name, Outcome.Failed, $"{error.GetType().Name}: {error.Message}");
        }
#pragma warning restore CA1031
    }
}
