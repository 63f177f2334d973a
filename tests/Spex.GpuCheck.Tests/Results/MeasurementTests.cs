using Spex.GpuCheck.Results;

namespace Spex.GpuCheck.Tests.Results;

public class MeasurementTests
{
    [Theory]
    [InlineData(90.0, 100.0, 0.9, true)]
    [InlineData(89.0, 100.0, 0.9, false)]
    [InlineData(89.0, 100.0, null, null)]
    [InlineData(0.004, null, 0.005, true)]
    [InlineData(0.006, null, 0.005, false)]
    [InlineData(7.0, null, null, null)]
    public void Targets_are_shares_of_a_limit_or_most_seconds(double value, double? limit, double? target, bool? met) =>
        Assert.Equal(met, new Measurement("table", "name", value, "unit", limit, target).IsMet);

    [Fact]
    public void A_missed_target_is_told_and_is_no_failure()
    {
        StringWriter output = new();
        CheckReport report = new(output, "cuda:0", "chip", isSimulated: false);
        report.Add(new CheckResult("kernels", "masks", Outcome.Passed, ""));
        report.Add(new Measurement("limits", "rows of 2^5", 50, "GB/s", 100, 0.9));
        report.WriteSummary();
        Assert.Equal(0, report.ExitCode);
        Assert.Contains("50 %   at least 90 %   MISSED", output.ToString());
        Assert.EndsWith("1 passed, 0 failed, 0 skipped; 1 of 1 targets missed", output.ToString().TrimEnd());
    }
}
