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

    [Fact]
    public void A_device_without_memory_halves_the_parts_of_all_and_the_run_goes_on()
    {
        ExplainerSettings settings = new() { Method = "banzhaf", Budget = 600 };
        using IlgpuDevice first = IlgpuDevice.OpenSimulator(2), second = IlgpuDevice.OpenSimulator(2);
        ParityFunction function = new(70) { PreferredBatchSize = 128, MostInABatch = 50 };
        using MultiDeviceValueFunction several = new(function, [first, second]);
        Explanation actual = Explain(first, several, settings), expected = Explain(first, new ParityFunction(70), settings);
        Assert.Equal(expected.Spectrum.Terms, actual.Spectrum.Terms);
        Assert.Equal([256, 128, 64], (int[])[actual.Run.BatchSize, .. actual.Run.PlanChanges.Select(change => change.BatchSize)]);
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
