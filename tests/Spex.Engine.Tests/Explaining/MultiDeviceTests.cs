using ILGPU.Runtime;
using Spex.Core;
using Spex.Core.Formats;
using Spex.Core.Masks;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Devices.Ilgpu;
using Spex.Engine.Explaining;
using Spex.Engine.ValueFunctions;
using Device = Spex.Engine.Devices.Device;

namespace Spex.Engine.Tests.Explaining;

/// <summary>One function on several devices: the same masks together, and the same bits, as on one.</summary>
public sealed class MultiDeviceTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData(false, 2)]
    [InlineData(false, 3)]
    [InlineData(true, 2)]
    public void Several_devices_give_the_bits_of_one(bool simulated, int count)
    {
        ExplainerSettings settings = new() { Method = "lime", Budget = 700, Validate = 90 };
        ParityFunction alone = new(70) { PreferredBatchSize = 64 }, function = new(70) { PreferredBatchSize = 64 };
        Device[] devices = [.. Enumerable.Range(0, count).Select(_ => Open(simulated))];
        using (Device one = Open(simulated))
        {
            Explanation expected = Explain(one, alone, settings);
            using MultiDeviceValueFunction several = new(function, devices);
            Explanation actual = Explain(devices[0], several, settings);
            Assert.Equal(expected.Spectrum.Terms, actual.Spectrum.Terms);
            Assert.Equal(expected.Faithfulness, actual.Faithfulness);
        }

        // The batches of one device, shared out in turn.
        Assert.Equal(count - 1, function.Replicas.Count);
        Assert.All(function.Replicas, replica => Assert.NotEmpty(replica.Log));
        Assert.Equal(alone.Log.Order(), function.Log.Concat(function.Replicas.SelectMany(replica => replica.Log)).Order());
        Assert.All(devices, device => Assert.Equal(0, device.LiveBuffers));
        Assert.All(devices, device => device.Dispose());
    }

    [Fact]
    public void Masks_and_values_of_the_other_devices_cross_as_values_alone()
    {
        using IlgpuDevice first = IlgpuDevice.OpenSimulator(2), second = IlgpuDevice.OpenSimulator(2);
        ParityFunction function = new(70) { PreferredBatchSize = 100 };
        using MultiDeviceValueFunction several = new(function, [first, second]);
        Explanation explanation = Explain(first, several, new ExplainerSettings { Method = "banzhaf", Budget = 402 });
        Assert.Equal(402, explanation.Run.Ablations);
        int there = function.Replicas[0].Evaluated;
        Assert.InRange(there, 100, 300);
        Assert.Equal(4 * there, second.Transfers.ToHost["Single"].Bytes);
        Assert.Single(second.Transfers.ToHost);
        Assert.False(first.Transfers.ToHost.ContainsKey("UInt64"));
    }

    [Fact]
    public void Known_masks_are_left_out_on_several_devices_too()
    {
        ExplainerSettings settings = new() { Method = "lime", Budget = 500 };
        using CpuDevice first = new(1), second = new(1);
        MaskMatrix known = RunPlan.Make(70, settings).Design.ToMatrix(10, 200);
        ParityFunction function = new(70) { PreferredBatchSize = 50 };
        using (SamplesFile store = SamplesFile.Open(_path, new SamplesHeader(function.Fingerprint, 70, 100)))
        {
            store.Append(known.Words, [.. Enumerable.Range(0, 200).Select(row => ParityFunction.ValueOf(known.Row(row)[0]))]);
        }

        using MultiDeviceValueFunction several = new(function, [first, second]);
        Explanation actual = Explain(first, several, settings with { SamplesFile = _path }), expected = Explain(first, new ParityFunction(70), settings);
        Assert.Equal(expected.Spectrum.Terms, actual.Spectrum.Terms);
        Assert.Equal(300, function.Evaluated + function.Replicas[0].Evaluated);
    }

    [Theory]
    [InlineData(1, 2, 2)]
    [InlineData(3, 1, 1)]
    [InlineData(1, 3, 1)]
    public void A_file_goes_on_with_another_number_of_devices_in_the_same_batches(int before, int after, int limit)
    {
        // Memory for half a batch at first, and the run is stopped behind the third hand-out: what is recorded is the plan of one device, and how it changed.
        // A design of 700 masks, and the two corners behind it.
        ExplainerSettings settings = new() { Method = "lime", Budget = 702, SamplesFile = _path };
        int most = limit * 32, batches = 700 / most;
        List<(long First, int Count)> first = Run(before, settings, most, 3), second = Run(after, settings, int.MaxValue, int.MaxValue);
        using (SamplesFile file = SamplesFile.Open(_path, new SamplesHeader("parity:70", 70, 64)))
        {
            Assert.Equal(64, file.Header.BatchSize);
            Assert.Equal(limit == 1 ? [32] : [], file.PlanChanges.Select(change => change.BatchSize));
        }

        Assert.Equal(Enumerable.Range(0, batches + 1).Select(batch => ((long)batch * most, Math.Min(most, 700 - (batch * most)))).Append((700, 2)), first.Concat(second).Order());
    }

    /// <summary>The batches that were evaluated in a run that is stopped behind one of its hand-outs.</summary>
    private static List<(long First, int Count)> Run(int count, ExplainerSettings settings, int most, int stopAfter)
    {
        Device[] devices = [.. Enumerable.Range(0, count).Select(_ => new CpuDevice(1))];
        ParityFunction function = new(70) { PreferredBatchSize = 64, MostInABatch = most };
        using CancellationTokenSource stop = new();
        int told = 0;
        Progress progress = new(() =>
        {
            if (++told == stopAfter)
            {
                stop.Cancel();
            }
        });
        using (MultiDeviceValueFunction several = new(function, devices))
        {
            try
            {
                new Explainer(devices[0]).Explain(count == 1 ? function : several, settings, progress, stop.Token);
            }
            catch (OperationCanceledException)
            {
            }
        }

        Assert.All(devices, device => device.Dispose());
        return [.. function.Log.Concat(function.Replicas.SelectMany(replica => replica.Log))];
    }

    private sealed class Progress(Action told) : IProgress<AblationProgress>
    {
        public void Report(AblationProgress value) => told();
    }

    [Fact]
    public void Known_masks_are_left_out_of_the_batches_that_one_device_has()
    {
        ExplainerSettings settings = new() { Method = "lime", Budget = 502, SamplesFile = _path };
        MaskMatrix design = RunPlan.Make(70, settings).Design.ToMatrix(0, 500);
        List<(long First, int Count)>[] batches = new List<(long First, int Count)>[2];
        for (int several = 0; several < 2; several++)
        {
            using (SamplesFile store = SamplesFile.Open(_path, new SamplesHeader("parity:70", 70, 50)))
            {
                foreach (int row in Enumerable.Range(0, 500).Where(row => row % 7 == 0 || row is > 90 and < 260))
                {
                    store.Append(design.Row(row).ToArray(), [ParityFunction.ValueOf(design.Row(row)[0])]);
                }
            }

            batches[several] = [.. Run(1 + (2 * several), settings, int.MaxValue, int.MaxValue).Order()];
            File.Delete(_path);
        }

        Assert.Equal(batches[0], batches[1]);
        Assert.Equal(502 - Enumerable.Range(0, 500).Count(row => row % 7 == 0 || row is > 90 and < 260), batches[0].Sum(batch => batch.Count));
    }

    [Fact]
    public void A_device_without_memory_halves_the_parts_of_all_and_the_run_goes_on()
    {
        ExplainerSettings settings = new() { Method = "banzhaf", Budget = 600 };
        using IlgpuDevice first = IlgpuDevice.OpenSimulator(2), second = IlgpuDevice.OpenSimulator(2);
        ParityFunction function = new(70) { PreferredBatchSize = 128, MostInABatch = 50 };
        using MultiDeviceValueFunction several = new(function, [first, second]);
        Explanation actual = Explain(first, several, settings), expected = Explain(first, new ParityFunction(70), settings);
        Assert.Equal(expected.Spectrum.Terms, actual.Spectrum.Terms);
        Assert.Equal([128, 64, 32], (int[])[actual.Run.BatchSize, .. actual.Run.PlanChanges.Select(change => change.BatchSize)]);
        Assert.All(function.Log.Concat(function.Replicas[0].Log), batch => Assert.InRange(batch.Count, 1, 32));
        Assert.Equal(600, function.Evaluated + function.Replicas[0].Evaluated);
    }

    [Fact]
    public void Each_device_has_a_thread_on_which_it_is_current_and_the_calling_thread_keeps_the_first()
    {
        using IlgpuDevice first = IlgpuDevice.OpenSimulator(2), second = IlgpuDevice.OpenSimulator(2), third = IlgpuDevice.OpenSimulator(2);
        Watched function = new();
        using (MultiDeviceValueFunction several = new(function, [first, second, third]))
        {
            Explain(first, several, new ExplainerSettings { Method = "lime", Budget = 60 });
            Assert.Same(first.Accelerator, Accelerator.Current);
        }

        Assert.Equal(2, function.Copies.Count);
        Assert.Equal([Environment.CurrentManagedThreadId], function.Threads.Distinct());
        Assert.All(function.Copies, copy => Assert.Single(copy.Threads.Distinct()));
        Assert.Equal(3, function.Copies.Append(function).Select(one => one.Threads[0]).Distinct().Count());
        Assert.Equal([1, 1, 0], (int[])[function.Copies[0].Disposed, function.Copies[1].Disposed, function.Disposed]);
    }

    [Fact]
    public void Where_a_copy_cannot_be_made_those_before_it_are_freed_and_the_reason_is_told()
    {
        using CpuDevice first = new(1), second = new(1), third = new(1);
        Watched function = new() { MostCopies = 1 };
        Assert.Equal("no more", Assert.Throws<SpexException>(() => new MultiDeviceValueFunction(function, [first, second, third])).Message);
        Assert.Equal(1, Assert.Single(function.Copies).Disposed);
        Assert.Equal(0, function.Disposed);
    }

    [Fact]
    public void What_one_device_fails_with_is_told_as_it_is()
    {
        using CpuDevice first = new(1), second = new(1);
        Watched function = new() { MostEvaluations = 1 };
        using MultiDeviceValueFunction several = new(function, [first, second]);
        Assert.Equal("broken", Assert.Throws<SpexException>(() => Explain(first, several, new ExplainerSettings { Method = "lime", Budget = 60 })).Message);
    }

    [Fact]
    public void A_device_is_given_once()
    {
        using CpuDevice device = new(1);
        Assert.Throws<ArgumentException>(() => new MultiDeviceValueFunction(new ParityFunction(3), [device, device]));
        Assert.Throws<ArgumentException>(() => new MultiDeviceValueFunction(new ParityFunction(3), []));
    }

    /// <summary>Remembers on which threads it was made, evaluated and disposed, and that its device was current there.</summary>
    private sealed class Watched : IReplicableValueFunction, IDisposable
    {
        private int _evaluations;

        public List<Watched> Copies { get; } = [];

        public List<int> Threads { get; } = [];

        public int MostCopies { get; init; } = int.MaxValue;

        public int MostEvaluations { get; init; } = int.MaxValue;

        public int Disposed { get; private set; }

        public int FeatureCount => 9;

        public string Fingerprint => "watched";

        public int PreferredBatchSize => 4;

        public IValueFunction ReplicateFor(Device device)
        {
            Watched copy = Copies.Count < MostCopies ? new() { MostEvaluations = MostEvaluations } : throw new SpexException("no more");
            Copies.Add(copy);
            copy.Note(device);
            return copy;
        }

        public void Evaluate(MaskBatch masks, DeviceBuffer<float> values, CancellationToken cancel)
        {
            Note(masks.Device);
            if (++_evaluations > MostEvaluations)
            {
                throw new SpexException("broken");
            }

            float[] host = new float[masks.Count];
            Array.Fill(host, 1);
            values.CopyFrom(host);
        }

        public void Dispose()
        {
            Disposed++;
            Threads.Add(Environment.CurrentManagedThreadId);
        }

        private void Note(Device device)
        {
            Threads.Add(Environment.CurrentManagedThreadId);
            Assert.Same((device as IlgpuDevice)?.Accelerator, device is IlgpuDevice ? Accelerator.Current : null);
        }
    }

    private static Device Open(bool simulated) => simulated ? IlgpuDevice.OpenSimulator(2) : new CpuDevice(1);

    private static Explanation Explain(Device device, IValueFunction function, ExplainerSettings settings) =>
        new Explainer(device).Explain(function, settings, cancel: TestContext.Current.CancellationToken);
}
