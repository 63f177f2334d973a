namespace Spex.Reports.Drawings;

/// <summary>The font that the library carries: Arimo, cut down to Latin, Greek, Cyrillic and Hebrew letters and signs (Fonts/README.md).</summary>
internal sealed class FontFile
{
    private FontFile(string weight)
    {
        using Stream stream = typeof(FontFile).Assembly.GetManifestResourceStream($"Spex.Reports.Drawings.Fonts.Arimo-{weight}.ttf")!;
        Bytes = new byte[stream.Length];
        stream.ReadExactly(Bytes);
    }

    /// <summary>The upright letters.</summary>
    public static FontFile Regular { get; } = new("Regular");

    /// <summary>The bold letters.</summary>
    public static FontFile Bold { get; } = new("Bold");

    /// <summary>The TrueType file.</summary>
    public byte[] Bytes { get; }
}
