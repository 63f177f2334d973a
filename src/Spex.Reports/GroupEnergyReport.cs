using System.Globalization;
using Spectre.Console;
using Spex.Core.Metrics;
using Spex.Core.Spectra;

namespace Spex.Reports;

/// <summary>For a terminal: how a spectrum's energy is shared among layers of heads, and of which order it is.</summary>
public static class GroupEnergyReport
{
    /// <summary>Writes the shares of all energy, layer by layer, in per cent.</summary>
    /// <param name="console">Where to.</param>
    /// <param name="heads">The head that each feature is.</param>
    /// <param name="spectrum">The spectrum.</param>
    public static void Write(IAnsiConsole console, IReadOnlyList<HeadPosition> heads, Spectrum spectrum)
    {
        ArgumentNullException.ThrowIfNull(console);
        ArgumentNullException.ThrowIfNull(heads);
        ArgumentNullException.ThrowIfNull(spectrum);
        if (spectrum.Variance <= 0)
        {
            return;
        }

        int[] layers = [.. heads.Select(head => head.Layer).Distinct().Order()];
        IReadOnlyList<GroupEnergy> energies = GroupEnergy.Of(spectrum, [.. heads.Select(head => Array.IndexOf(layers, head.Layer))], layers.Length);
        string Share(double energy) => (energy / spectrum.Variance).ToString("0.0 %", CultureInfo.InvariantCulture);
        Table table = new Table().Border(TableBorder.None).AddColumn("energy");
        foreach (string column in (string[])["linear", "within layer", "across layers", "all"])
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        void Row(string name, GroupEnergy energy) => table.AddRow(name, Share(energy.Linear), Share(energy.Within), Share(energy.Across), Share(energy.Total));
        for (int i = 0; i < layers.Length; i++)
        {
            Row(string.Create(CultureInfo.InvariantCulture, $"layer {layers[i]}"), energies[i]);
        }

        Row("all", new GroupEnergy(energies.Sum(energy => energy.Linear), energies.Sum(energy => energy.Within), energies.Sum(energy => energy.Across)));
        console.WriteLine();
        console.Write(table);
    }
}
