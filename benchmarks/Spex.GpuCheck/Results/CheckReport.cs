using System.Globalization;
using System.Text.Json;

namespace Spex.GpuCheck.Results;

/// <summary>What was checked and measured: told line by line as it comes, as a short table last, and as JSON.</summary>
internal sealed class CheckReport(TextWriter output, string device, string description, bool isSimulated)
{
    private readonly List<CheckResult> _checks = [];
    private readonly List<Measurement> _measurements = [];

    /// <summary>All checks.</summary>
    public IReadOnlyList<CheckResult> Checks => _checks;

    /// <summary>All measured numbers.</summary>
    public IReadOnlyList<Measurement> Measurements => _measurements;

    /// <summary>1 where a check failed, else 0. A target that was missed is no failure: it is counted beside them.</summary>
    public int ExitCode => _checks.Exists(check => check.Outcome == Outcome.Failed) ? 1 : 0;

    public void Begin(string part) => output.WriteLine($"== {part}");

    public void Add(CheckResult check)
    {
        _checks.Add(check);
        if (check.Outcome != Outcome.Passed)
        {
            output.WriteLine($"{Word(check.Outcome)}  {check.Part}: {check.Name}: {check.Detail}");
        }
    }

    public void Add(Measurement measurement)
    {
        _measurements.Add(measurement);
        output.WriteLine(Line(measurement));
    }

    /// <summary>The short table: checks by part, then every number.</summary>
    public void WriteSummary()
    {
        output.WriteLine();
        output.WriteLine($"{device}: {description}");
        if (isSimulated)
        {
            output.WriteLine("A simulated device: its results are checked, its times mean nothing.");
        }

        foreach (IGrouping<string, CheckResult> part in _checks.GroupBy(check => check.Part))
        {
            int Count(Outcome outcome) => part.Count(check => check.Outcome == outcome);
            output.WriteLine(Say($"{part.Key,-28}{Count(Outcome.Passed),5} passed{Count(Outcome.Failed),5} failed{Count(Outcome.Skipped),5} skipped"));
        }

        foreach (IGrouping<string, Measurement> table in _measurements.GroupBy(measurement => measurement.Table))
        {
            output.WriteLine(table.Key);
            foreach (Measurement measurement in table)
            {
                output.WriteLine(Line(measurement));
            }
        }

        output.WriteLine(Say(
            $"{_checks.Count(check => check.Outcome == Outcome.Passed)} passed, {_checks.Count(check => check.Outcome == Outcome.Failed)} failed, {_checks.Count(check => check.Outcome == Outcome.Skipped)} skipped; {_measurements.Count(measurement => measurement.IsMet == false)} of {_measurements.Count(measurement => measurement.IsMet is not null)} targets missed"));
    }

    /// <summary>Writes everything as JSON.</summary>
    public void WriteJson(Stream stream)
    {
        using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteNumber("version", 1);
        json.WriteString("device", device);
        json.WriteString("description", description);
        json.WriteBoolean("simulated", isSimulated);
        json.WriteString("time", DateTimeOffset.UtcNow);
        json.WriteStartArray("checks");
        foreach (CheckResult check in _checks)
        {
            json.WriteStartObject();
            json.WriteString("part", check.Part);
            json.WriteString("name", check.Name);
            json.WriteString("outcome", Word(check.Outcome));
            json.WriteString("detail", check.Detail);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("measurements");
        foreach (Measurement measurement in _measurements)
        {
            json.WriteStartObject();
            json.WriteString("table", measurement.Table);
            json.WriteString("name", measurement.Name);
            json.WriteNumber("value", measurement.Value);
            json.WriteString("unit", measurement.Unit);
            WriteNumber(json, "limit", measurement.Limit);
            WriteNumber(json, "share", measurement.Share);
            WriteNumber(json, "target", measurement.Target);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }

    private static string Word(Outcome outcome) => outcome switch
    {
        Outcome.Passed => "passed",
        Outcome.Failed => "FAILED",
        _ => "skipped",
    };

    private static string Line(Measurement measurement)
    {
        string limit = measurement is { Limit: { } most, Share: { } share } ? Say($"{most,10:G4}{100 * share,7:0} %") : "";
        string target = measurement switch
        {
            { Target: null } => "",
            { Limit: null } => Say($"   at most {measurement.Target:G3} {measurement.Unit}"),
            _ => Say($"   at least {100 * measurement.Target:0} %"),
        };
        return Say($"  {measurement.Name,-58}{measurement.Value,10:G4} {measurement.Unit,-5}{limit}{target}{(measurement.IsMet == false ? "   MISSED" : "")}");
    }

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
