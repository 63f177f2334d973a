using Spex.Core.Designs;
using Spex.Core.Formats;
using Spex.Core.Masks;

namespace Spex.Engine.Explaining;

/// <summary>All values that a run knows so far, with the designs that their masks come from.</summary>
internal sealed class KnownValues(SamplesHeader header)
{
    private const int RowsPerBlock = 4096;

    private readonly List<(MaskDesign Design, float[] Values)> _parts = [];

    /// <summary>What a samples file says about them.</summary>
    public SamplesHeader Header { get; } = header;

    /// <summary>Makes room for a design's values; those that are not known are NaN.</summary>
    public float[] Add(MaskDesign design)
    {
        float[] values = new float[design.Count];
        values.AsSpan().Fill(float.NaN);
        _parts.Add((design, values));
        return values;
    }

    /// <summary>Writes what is known to a samples file, a new one or one of the same function.</summary>
    /// <returns>How many values were written.</returns>
    /// <exception cref="Core.SpexException">The file cannot be written, or is of another function.</exception>
    public long Save(string path)
    {
        using SamplesFile file = SamplesFile.Open(path, Header);
        long saved = 0;
        foreach ((MaskMatrix masks, float[] values) in Blocks())
        {
            file.Append(masks.Words, values);
            saved += values.Length;
        }

        return saved;
    }

    /// <summary>All masks whose value is known, each once, in the order in which they were evaluated, and their values.</summary>
    public (MaskMatrix Masks, float[] Values) ToSamples()
    {
        MaskLookup seen = new(Header.FeatureCount);
        List<float> values = [];
        foreach ((MaskMatrix masks, float[] block) in Blocks())
        {
            for (int row = 0; row < block.Length; row++)
            {
                seen.Add(masks.Row(row), out bool added);
                if (added)
                {
                    values.Add(block[row]);
                }
            }
        }

        MaskMatrix all = new(seen.Count, Header.FeatureCount);
        for (int row = 0; row < seen.Count; row++)
        {
            seen[row].CopyTo(all.Row(row));
        }

        return (all, [.. values]);
    }

    private IEnumerable<(MaskMatrix Masks, float[] Values)> Blocks()
    {
        foreach ((MaskDesign design, float[] values) in _parts)
        {
            for (int start = 0; start < values.Length; start += RowsPerBlock)
            {
                int[] rows = [.. Enumerable.Range(start, Math.Min(RowsPerBlock, values.Length - start)).Where(row => float.IsFinite(values[row]))];
                MaskMatrix masks = new(rows.Length, design.FeatureCount);
                for (int row = 0; row < rows.Length; row++)
                {
                    design.WriteMask(rows[row], masks.Row(row));
                }

                yield return (masks, [.. rows.Select(row => values[row])]);
            }
        }
    }
}
