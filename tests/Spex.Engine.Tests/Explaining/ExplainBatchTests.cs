using System.Runtime.InteropServices;
using Spex.Core;
using Spex.Core.Designs;
using Spex.Core.Games;
using Spex.Core.Masks;
using Spex.Core.Random;
using Spex.Core.Spectra;
using Spex.Engine.Decoding;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.Devices.Ilgpu;
using Spex.Engine.Explaining;
using Spex.Engine.ValueFunctions;

namespace Spex.Engine.Tests.Explaining;

public sealed class ExplainBatchTests
{
    public static TheoryData<string> Methods => [.. ExplanationMethods.Names];

    [Theory]
    [InlineData("auto", 6, 64)]
    [InlineData("spex", 20, 700)]
    [InlineData("banzhaf", 20, 300)]
    public void Each_of_many_is_explained_as_it_is_by_itself(string method, int features, int budget)
    {
        using CpuDevice device = new(2);
        Compare(device, [Game(features, 1), Game(features, 2), Game(features + 1, 3), Game(features, 4)], new ExplainerSettings { Method = method, Budget = budget, MaxDegree = 2, Validate = features > 10 ? 70 : 0 });
    }

    [Fact]
    public void Spex_decodes_many_that_need_different_rounds_as_it_does_each_by_itself()
    {
        using CpuDevice device = new(2);
        Compare(device, [.. Enumerable.Range(0, 64).Select(number => Uneven(24, (ulong)number))], new ExplainerSettings { Method = "spex", Budget = 2500, MaxDegree = 3 });
    }

    /// <summary>Noisy functions and such as are exact, with many terms and with none: they end at different steps.</summary>
    [Theory]
    [MemberData(nameof(Methods))]
    public void Every_method_decodes_many_as_it_does_each_by_itself(string method)
    {
        using CpuDevice device = new(2);
        Compare(device, [.. Enumerable.Range(0, 10).Select(number => Uneven(12, (ulong)number))], new ExplainerSettings { Method = method, Budget = method == "exact" ? 4096 : 400, MaxDegree = 2, Order = 2 });
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void On_an_accelerator_too(string method)
    {
        using IlgpuDevice device = IlgpuDevice.OpenSimulator(2);
        (int features, int budget) = method switch { "spex" => (12, 300), "exact" => (6, 64), "auto" or "proxyspex" => (6, 40), _ => (6, 60) };
        Compare(device, [.. new ulong[] { 0, 2, 3, 5 }.Select(seed => Uneven(features, seed))], new ExplainerSettings { Method = method, Budget = budget, MaxDegree = 2, Order = 2 });
        Assert.Equal(0, device.LiveBuffers);
    }

    /// <summary>Matrices and factors are those of all functions, and what is the functions' own is computed in the same launches.</summary>
    [Theory]
    [InlineData("exact")]
    [InlineData("lime")]
    [InlineData("shap")]
    [InlineData("permutation-shap")]
    [InlineData("banzhaf")]
    [InlineData("faith-banzhaf")]
    [InlineData("faith-shap")]
    [InlineData("stii")]
    public void Sixteen_texts_take_the_launches_and_looks_of_one(string method)
    {
        using IlgpuDevice device = IlgpuDevice.OpenSimulator(2);
        ExplainerSettings settings = new() { Method = method, Budget = method == "exact" ? 64 : 60, Order = 2 };
        IValueFunction[] functions = [.. Enumerable.Range(0, 16).Select(number => Uneven(6, (ulong)number))];
        (long Launches, int Looks) one = Count(1), all = Count(16);
        Assert.Equal(one.Launches, all.Launches);

        // The solutions of each α that is some function's best are a copy of their own.
        Assert.InRange(all.Looks, one.Looks, one.Looks + 2);

        (long Launches, int Looks) Count(int many) => CountOf(device, () => new Explainer(device).ExplainBatch(functions[..many], settings, cancel: TestContext.Current.CancellationToken));
    }

    /// <summary>Each goes as many steps as it needs, and no further; together they take about those of the longest.</summary>
    [Theory]
    [InlineData("auto")]
    [InlineData("proxyspex")]
    [InlineData("lasso")]
    public void Sixteen_texts_take_about_the_launches_and_looks_of_the_longest(string method)
    {
        using IlgpuDevice device = IlgpuDevice.OpenSimulator(2);
        ExplainerSettings settings = new() { Method = method, Budget = 40, MaxDegree = 2, Order = 2 };
        IValueFunction[] uneven = [.. new ulong[] { 3, 4, 8 }.Select(seed => Uneven(6, seed))], functions = [.. Enumerable.Range(0, 16).Select(number => uneven[number % 3])];
        Explainer explainer = new(device);
        (long Launches, int Looks)[] alone = [.. uneven.Select(function => CountOf(device, () => explainer.Explain(function, settings, cancel: TestContext.Current.CancellationToken)))];
        (long launches, int looks) = CountOf(device, () => explainer.ExplainBatch(functions, settings, cancel: TestContext.Current.CancellationToken));
        TestContext.Current.TestOutputHelper?.WriteLine($"{launches} launches and {looks} looks; alone {string.Join(", ", alone)}");
        Assert.InRange(launches, 1, 2 * alone.Max(one => one.Launches));
        Assert.InRange(looks, 1, 2 * alone.Max(one => one.Looks));
        Assert.Equal(0, device.LiveBuffers);
    }

    [Fact]
    public void Short_texts_share_their_launches_and_one_look_at_the_values()
    {
        using IlgpuDevice device = IlgpuDevice.OpenSimulator(2);
        IValueFunction[] functions = [.. Enumerable.Range(0, 256).Select(number => Game(5, (ulong)number))];
        IReadOnlyList<Explanation> explanations = new Explainer(device).ExplainBatch(functions, cancel: TestContext.Current.CancellationToken);
        Assert.Equal(256, explanations.Count);
        Assert.All(explanations, explanation => Assert.Equal("exact", explanation.Run.Method));
        Assert.InRange(device.Transfers.Launches, 1, 4);
        Assert.Equal(4, device.Transfers.ToHost["flag"].Bytes);
        Assert.Equal(0, device.LiveBuffers);
    }

    [Fact]
    public void Spex_decodes_64_texts_in_about_the_launches_and_looks_of_one()
    {
        using IlgpuDevice device = IlgpuDevice.OpenSimulator(2);
        CancellationToken cancel = TestContext.Current.CancellationToken;
        ExplainerSettings settings = new() { Method = "spex", Budget = 300, MaxDegree = 2 };

        // Some need more rounds than others, and other ways.
        IValueFunction[] uneven = [.. new ulong[] { 3, 5, 8 }.Select(seed => Uneven(12, seed))], functions = [.. uneven, .. Enumerable.Range(0, 61).Select(number => Game(12, (ulong)number))];
        Explainer explainer = new(device);
        (long Launches, int Looks)[] alone = [.. uneven.Select(function => CountOf(device, () => explainer.Explain(function, settings, cancel: cancel)))];
        (long launches, int looks) = CountOf(device, () => explainer.ExplainBatch(functions, settings, cancel: cancel));
        TestContext.Current.TestOutputHelper?.WriteLine($"{launches} launches and {looks} looks; alone {string.Join(", ", alone)}");
        Assert.InRange(launches, 1, 5 * alone.Max(one => one.Launches) / 4);
        Assert.InRange(looks, 1, 5 * alone.Max(one => one.Looks) / 4);
        Assert.Equal(0, device.LiveBuffers);
    }

    [Theory]
    [InlineData("spex", 24, 3)]
    [InlineData("lime", 14, 6)]
    [InlineData("faith-banzhaf", 60, 6)]
    [InlineData("lasso", 24, 10)]
    public void Without_memory_for_all_fewer_are_decoded_at_once(string method, int largestKilobytes, int mostRefused)
    {
        ExplainerSettings settings = new() { Method = method, Budget = 300, MaxDegree = 2, Order = 2 };
        IValueFunction[] functions = [.. Enumerable.Range(0, 5).Select(number => Game(12, (ulong)number))];
        using IlgpuDevice device = IlgpuDevice.OpenSimulator(2), small = IlgpuDevice.OpenSimulator(2);
        CancellationToken cancel = TestContext.Current.CancellationToken;
        IReadOnlyList<Explanation> expected = new Explainer(device).ExplainBatch(functions, settings, cancel: cancel);
        Lender lender = new(small, largestKilobytes << 10);
        small.AllocateFrom(lender);
        IReadOnlyList<Explanation> actual = new Explainer(small).ExplainBatch(functions, settings, cancel: cancel);
        Assert.InRange(lender.Refused, 1, mostRefused);
        Assert.Equal(expected.Select(one => one.Faithfulness), actual.Select(one => one.Faithfulness));
        Assert.All(Enumerable.Range(0, 5), number => Assert.Equal(expected[number].Spectrum.Terms, actual[number].Spectrum.Terms));
        Assert.Equal(0, small.LiveBuffers);
    }

    [Fact]
    public void What_a_decode_takes_is_foreseen()
    {
        const int Features = 20, Functions = 2;
        using IlgpuDevice device = IlgpuDevice.OpenSimulator(2);
        Lender lender = new(device);
        device.AllocateFrom(lender);
        SpexMethod method = new();
        DecoderSettings settings = new() { MaxDegree = 3, BinDecoding = BinDecoding.Hard };
        SpexDesign design = (SpexDesign)method.CreateDesign(Features, 700, settings);
        MaskMatrix masks = design.ToMatrix(0, (int)design.Count);
        Samples[] samples = [.. Enumerable.Range(0, Functions).Select(number => new Samples(design, ValuesOf(Uneven(Features, 7).Game, masks)))];
        method.DecodeBatch(samples, settings, device, TestContext.Current.CancellationToken);

        // Besides what functions share: the design, and the sets of low degree that are tried.
        long foreseen = Functions * SpexDecoder.BytesOf(design);
        TestContext.Current.TestOutputHelper?.WriteLine($"{lender.Peak} of {foreseen}");
        Assert.InRange(lender.Peak, foreseen / 3, foreseen);
    }

    [Fact]
    public void A_value_that_is_no_number_names_its_function_and_its_mask()
    {
        using CpuDevice device = new(1);
        IValueFunction[] functions =
        [
            Game(4, 1), new DelegateValueFunction(4, "bad", mask => mask[0] && mask[2] && !mask[1] && !mask[3] ? double.NaN : 0), Game(4, 2),
        ];
        SpexException error = Assert.Throws<SpexException>(() => new Explainer(device).ExplainBatch(functions, cancel: TestContext.Current.CancellationToken));
        Assert.StartsWith("Function 1 (delegate:4:bad:float32): The value function gave NaN for mask 5, which has 2 of 4 features present (0, 2).", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_memory_all_go_on_in_smaller_batches_and_nothing_is_paid_for_twice()
    {
        using IlgpuDevice device = IlgpuDevice.OpenSimulator(2);
        ExplainerSettings settings = new() { Method = "banzhaf", Budget = 300 };
        ParityFunction wide = new(70) { PreferredBatchSize = 128 }, narrow = new(70) { PreferredBatchSize = 128, MostInABatch = 40 };
        IReadOnlyList<Explanation> explanations = new Explainer(device).ExplainBatch([wide, narrow], settings, cancel: TestContext.Current.CancellationToken);
        Explanation expected = new Explainer(device).Explain(new ParityFunction(70), settings, cancel: TestContext.Current.CancellationToken);
        Assert.All(explanations, explanation => Assert.Equal(expected.Spectrum.Terms, explanation.Spectrum.Terms));
        Assert.Equal((300, 300), (wide.Evaluated, narrow.Evaluated));
        Assert.Equal([64, 32], explanations[0].Run.PlanChanges.Select(change => change.BatchSize));
        Assert.Equal(0, device.LiveBuffers);
    }

    [Fact]
    public void A_samples_file_is_of_one_function()
    {
        using CpuDevice device = new(1);
        Assert.Throws<SpexInputException>(() => new Explainer(device).ExplainBatch([Game(3, 1)], new ExplainerSettings { SamplesFile = "x" }, cancel: TestContext.Current.CancellationToken));
        Assert.Empty(new Explainer(device).ExplainBatch([], cancel: TestContext.Current.CancellationToken));
    }

    private static (long Launches, int Looks) CountOf(IlgpuDevice device, Action explain)
    {
        device.Transfers.Clear();
        explain();

        // The masks are the games', which the host evaluates.
        return (device.Transfers.Launches, device.Transfers.ToHost.Where(crossing => crossing.Key != "UInt64").Sum(crossing => crossing.Value.Copies));
    }

    private static float[] ValuesOf(Game game, MaskMatrix masks) => [.. Enumerable.Range(0, masks.RowCount).Select(row => (float)game.Evaluate(masks.Row(row)))];

    /// <summary>Many terms or few, a noisy function or none: decodes that take different ways.</summary>
    private static GameValueFunction Uneven(int features, ulong seed)
    {
        int terms = (int)(seed % 9);
        return new GameValueFunction(new SparseGame(
            features,
            SparseBasis.Fourier,
            [.. Enumerable.Range(0, terms * terms / 2).Select(k => new SpectrumTerm(
                new FeatureSet([.. Enumerable.Range(0, 1 + (k % 3)).Select(i => Philox.Below(seed, 2, (ulong)((3 * k) + i), features)).Distinct()]), Philox.Gaussian(seed, 1, (ulong)k))).DistinctBy(term => term.Set)],
            seed % 4 == 3 ? 0.2 : 0));
    }

    private static void Compare(Device device, IValueFunction[] functions, ExplainerSettings settings)
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        IReadOnlyList<Explanation> together = new Explainer(device).ExplainBatch(functions, settings, cancel: cancel);
        for (int number = 0; number < functions.Length; number++)
        {
            Explanation alone = new Explainer(device).Explain(functions[number], settings, cancel: cancel), one = together[number];
            Assert.Equal(alone.Spectrum.Terms, one.Spectrum.Terms);
            Assert.Equal(alone.Faithfulness, one.Faithfulness);
            Assert.Equal(alone.Interactions.Interactions, one.Interactions.Interactions);
            Assert.Equal((alone.Output, alone.Baseline), (one.Output, one.Baseline));
            Assert.Equal(alone.Remarks, one.Remarks);
            Assert.Equal((alone.Run.Fingerprint, alone.Run.Ablations, alone.Run.BatchSize), (one.Run.Fingerprint, one.Run.Ablations, one.Run.BatchSize));
        }
    }

    private static GameValueFunction Game(int features, ulong seed) => new(new SparseGame(
        features,
        SparseBasis.Fourier,
        [.. Enumerable.Range(0, 6).Select(k => new SpectrumTerm(
            new FeatureSet([.. new[] { k % features, (int)((ulong)k * (seed + 3) % (ulong)features) }.Distinct()]), Philox.Gaussian(seed, 1, (ulong)k))).DistinctBy(term => term.Set)]));

    /// <summary>Memory of the host of which no piece is larger than so many bytes; tells how much of it was in use at most.</summary>
    private sealed class Lender(IlgpuDevice device, long mostBytes = long.MaxValue) : IDeviceAllocator
    {
        private long _used;

        public int Refused { get; private set; }

        public long Peak { get; private set; }

        public unsafe DeviceBuffer<T> Allocate<T>(long count)
            where T : unmanaged
        {
            long bytes = count * sizeof(T);
            if (bytes > mostBytes)
            {
                Refused++;
                throw new DeviceMemoryException("There is not so much.");
            }

            _used += bytes;
            Peak = Math.Max(Peak, _used);
            void* memory = NativeMemory.AlignedAlloc((nuint)Math.Max(64, bytes), 64);
            return device.Borrow<T>((nint)memory, count, new Loan(() =>
            {
                _used -= bytes;
                NativeMemory.AlignedFree(memory);
            }));
        }

        private sealed class Loan(Action end) : IDisposable
        {
            public void Dispose() => end();
        }
    }
}
