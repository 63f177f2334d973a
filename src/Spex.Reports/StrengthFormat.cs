using System.Globalization;

namespace Spex.Reports;

/// <summary>Strengths as numbers of a column: signed, all with as many decimals as give the largest four digits.</summary>
internal sealed class StrengthFormat
{
    private readonly string _format;

    /// <summary>Makes the format of numbers up to a magnitude.</summary>
    public StrengthFormat(double largest)
    {
        int decimals = largest > 0 ? Math.Clamp(3 - (int)Math.Floor(Math.Log10(largest)), 0, 12) : 3;
        string digits = decimals == 0 ? "#,##0" : "#,##0." + new string('0', decimals);
        _format = $"+{digits};-{digits};{digits}";
        Least = 0.5 * Math.Pow(10, -decimals);
    }

    /// <summary>The least magnitude that is not written as zero.</summary>
    public double Least { get; }

    /// <summary>The number: +1.234.</summary>
    public string Of(double strength) => strength.ToString(_format, CultureInfo.InvariantCulture);
}
