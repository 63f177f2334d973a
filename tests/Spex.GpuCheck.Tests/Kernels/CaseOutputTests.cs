using Spex.GpuCheck.Kernels;

namespace Spex.GpuCheck.Tests.Kernels;

public class CaseOutputTests
{
    [Fact]
    public void Equal_outputs_do_not_differ()
    {
        Assert.Null(Of(1f, 2f, float.NaN).DiffersFrom(Of(1f, 2f, float.NaN), 0));
        Assert.Null(Of(1f, 2f, float.NaN).DiffersFrom(Of(1f, 2f, float.NaN), 1e-5));
        Assert.Null(Of(3, 4).DiffersFrom(Of(3, 4), 1e-5));
        Assert.Null(Of<int>().DiffersFrom(Of<int>(), 0));
    }

    [Fact]
    public void One_bit_is_a_difference_where_bits_are_compared() =>
        Assert.Equal("x[1] of 2 is 2.0000002 instead of 2", Of(1f, MathF.BitIncrement(2)).DiffersFrom(Of(1f, 2f), 0));

    [Theory]
    [InlineData(100.00009, true)]
    [InlineData(100.0011, false)]
    [InlineData(double.NaN, false)]
    [InlineData(double.PositiveInfinity, false)]
    public void Tolerances_are_shares_of_the_largest_number(double actual, bool same)
    {
        Assert.Equal(same, Of(actual, 1.0).DiffersFrom(Of(100.0, 1.0), 1e-5) is null);
        Assert.Equal(same, Of((float)actual, 1f).DiffersFrom(Of(100f, 1f), 1e-5) is null);
    }

    [Fact]
    public void A_number_where_none_is_expected_is_a_difference() => Assert.NotNull(Of(1.0, 2.0).DiffersFrom(Of(1.0, double.NaN), 1e-5));

    [Fact]
    public void Integers_are_equal_whatever_the_tolerance() => Assert.NotNull(Of(1_000_000, 7).DiffersFrom(Of(1_000_000, 8), 0.5));

    [Fact]
    public void What_was_never_written_is_told() => Assert.EndsWith("it was never written", Of(7, -1).DiffersFrom(Of(7, 8), 0));

    [Fact]
    public void Missing_numbers_and_missing_outputs_are_differences()
    {
        Assert.Equal("x: 1 numbers instead of 2", Of(7).DiffersFrom(Of(7, 8), 0));
        Assert.Equal("0 outputs instead of 1", new CaseOutput().DiffersFrom(Of(7), 0));
    }

    private static CaseOutput Of<T>(params T[] values)
        where T : unmanaged
    {
        CaseOutput output = new();
        output.Take("x", values);
        return output;
    }
}
