namespace Spex.GpuCheck.Tests.Emulated;

/// <summary>The emulated driver computes what PTX says, and finds what a GPU would not define.</summary>
public sealed class EmulatedDriverTests : IDisposable
{
    private const int Threads = 64;

    private readonly EmulatedDriver _driver = EmulatedDriver.Load();
    private readonly nint _context;

    public EmulatedDriverTests() => _context = _driver.CreateContext();

    public void Dispose() => _driver.Destroy(_context);

    [Fact]
    public void A_group_reverses_its_numbers_by_way_of_shared_memory()
    {
        ulong numbers = _driver.Allocate([.. Enumerable.Range(100, 2 * Threads)]);
        Assert.Equal(0, Launch(numbers, """
            ld.global.b32 %r4, [%rd3];
            st.shared.b32 [%rd5], %r4;
            bar.sync 0;
            sub.s32 %r5, 63, %r1;
            mul.wide.u32 %rd6, %r5, 4;
            mov.b64 %rd7, __shared;
            add.u64 %rd8, %rd7, %rd6;
            ld.shared.b32 %r6, [%rd8];
            st.global.b32 [%rd3], %r6;
            """, 2));
        Assert.Equal([.. Enumerable.Range(100, Threads).Reverse(), .. Enumerable.Range(100 + Threads, Threads).Reverse()], _driver.Read(numbers, 2 * Threads));
    }

    [Fact]
    public void Lanes_exchange_numbers_and_loops_end()
    {
        // Each lane's number, doubled as often as its lane's lowest two bits say, goes to the neighbour.
        ulong numbers = _driver.Allocate([.. Enumerable.Repeat(1, Threads)]);
        Assert.Equal(0, Launch(numbers, """
            ld.global.b32 %r4, [%rd3];
            and.b32 %r5, %r1, 3;
            L_1:
            setp.le.s32 %p1, %r5, 0;
            @%p1 bra L_2;
            shl.b32 %r4, %r4, 1;
            sub.s32 %r5, %r5, 1;
            bra.uni L_1;
            L_2:
            shfl.sync.bfly.b32 %r6, %r4, 1, 31, -1;
            st.global.b32 [%rd3], %r6;
            """));
        Assert.Equal([.. Enumerable.Range(0, Threads).Select(lane => 1 << ((lane ^ 1) & 3))], _driver.Read(numbers, Threads));
    }

    [Theory]
    [InlineData("not allocated", "ld.global.b32 %r4, [%rd3+4];")]
    [InlineData("not aligned", "ld.global.b64 %rd6, [%rd3];")]
    [InlineData("outside of shared memory", "ld.shared.b32 %r4, [%rd5+4];")]
    [InlineData("a register is read that nothing has written", "add.s32 %r4, %r1, %r9;")]
    [InlineData("a register is read that nothing has written", "div.s32 %r4, %r1, 0;", "add.s32 %r5, %r4, 1;")]
    [InlineData("a store to what another thread stores", "st.global.b32 [%rd1], %r1;")]
    [InlineData("a store to what another thread reads", "ld.global.b32 %r4, [%rd1];", "setp.ne.s32 %p1, %r1, 63;", "@%p1 bra L_1;", "st.global.b32 [%rd1], %r3;", "L_1:")]
    [InlineData("a load of what another thread stores", "st.shared.b32 [%rd5], %r1;", "mov.b64 %rd6, __shared;", "ld.shared.b32 %r4, [%rd6];")]
    [InlineData("threads of a group wait at different barriers", "setp.lt.s32 %p1, %r1, 32;", "@%p1 bra L_1;", "bar.sync 0;", "ret;", "L_1:", "bar.sync 0;")]
    [InlineData("not all lanes of a warp take part", "setp.lt.s32 %p1, %r1, 3;", "@%p1 bra L_1;", "shfl.sync.bfly.b32 %r4, %r1, 1, 31, -1;", "L_1:")]
    [InlineData("unknown instruction bar.sync", "bar.sync 1;")]
    [InlineData("unknown instruction atom.global.add.u32", "atom.global.add.u32 %r4, [%rd1], 1;")]
    public void What_a_GPU_would_not_define_is_found(string fault, params string[] body)
    {
        ulong numbers = _driver.Allocate([.. Enumerable.Range(-Threads, Threads)]);
        bool isUnknown = fault.StartsWith("unknown", StringComparison.Ordinal);
        Assert.Equal(isUnknown ? EmulatedDriver.InvalidPtx : EmulatedDriver.LaunchFailed, Launch(numbers, string.Join('\n', body)));
        Assert.Contains(fault, _driver.LastFault);

        // As on a GPU, nothing works after a kernel has failed.
        Assert.Equal(isUnknown ? 0 : EmulatedDriver.LaunchFailed, _driver.Synchronize());
    }

    [Fact]
    public void Groups_race_even_with_barriers()
    {
        ulong numbers = _driver.Allocate([.. Enumerable.Range(0, 2 * Threads)]);
        Assert.Equal(EmulatedDriver.LaunchFailed, Launch(numbers, "mov.b32 %r4, %ctaid.x;\nadd.s32 %r5, %r4, 7;\nsetp.ne.s32 %p1, %r1, 0;\n@%p1 bra L_1;\nst.global.b32 [%rd1], %r5;\nL_1:\nbar.sync 0;", 2));
        Assert.Contains("a store to what another thread stores, in group 1", _driver.LastFault);
    }

    [Fact]
    public void Memory_belongs_to_the_context_that_allocated_it()
    {
        ulong numbers = _driver.Allocate(new int[Threads]);
        nint other = _driver.CreateContext();
        Assert.Equal(EmulatedDriver.LaunchFailed, Launch(numbers, "st.global.b32 [%rd3], %r1;"));
        Assert.Contains("memory of another context", _driver.LastFault);
        _driver.SetCurrent(_context);
        _driver.Destroy(other);
        Assert.Equal(0, Launch(numbers, "st.global.b32 [%rd3], %r1;"));
    }

    [Fact]
    public void Freed_memory_is_out_of_reach()
    {
        ulong numbers = _driver.Allocate(new int[Threads]);
        _driver.Free(numbers);
        Assert.Equal(EmulatedDriver.LaunchFailed, Launch(numbers, "st.global.b32 [%rd3], %r1;"));
        Assert.Contains("freed memory", _driver.LastFault);
    }

    // A body's registers: %r1 the thread, %r3 its number in the launch; %rd1 the numbers, %rd3 the thread's own, %rd5 its own in shared memory.
    private int Launch(ulong numbers, string body, int groups = 1) => _driver.Launch(
        $$"""
        .version 7.8
        .target sm_80
        .address_size 64

        .visible .entry Probe(
            .param .align 8 .b8 _numbers[16]
        )
        .maxntid 256, 1, 1
        {
            .shared .align 4 .b8 __shared[256];
            .reg .pred %p<2>;
            .reg .b32 %r<10>;
            .reg .b64 %rd<9>;
            ld.param.b64 %rd1, [_numbers];
            mov.b32 %r1, %tid.x;
            mov.b32 %r2, %ctaid.x;
            mad.lo.s32 %r3, %r2, 64, %r1;
            mul.wide.u32 %rd2, %r3, 4;
            add.u64 %rd3, %rd1, %rd2;
            mul.wide.u32 %rd2, %r1, 4;
            mov.b64 %rd5, __shared;
            add.u64 %rd5, %rd5, %rd2;
            {{body}}
            ret;
        }
        """,
        "Probe",
        groups,
        Threads,
        numbers);
}
