namespace Spex.Engine.Devices.Cpu;

/// <content>Evidence, and the search for sets that have it.</content>
internal sealed unsafe partial class CpuCodes
{
    // Pairs for one thread at a time, about 10 ns each.
    private const int PairsPerTask = 1 << 10;

    public override void TakeEnergies(BinTable bins, BinEvidence evidence, ReadOnlySpan<int> functions)
    {
        CheckEvidence(bins, evidence, functions);
        int[] of = functions.ToArray();
        device.For(of.Length, k =>
        {
            EvidenceView view = new(bins, evidence, of[k]);
            for (int bin = 0; bin < bins.BinCount; bin++)
            {
                view.Refresh(bin);
            }
        });
    }

    public override void Scan(BinTable bins, BinEvidence evidence, in TermScan scan, ReadOnlySpan<ScanRange> ranges, List<ScanHit> hits)
    {
        CheckScan(bins, evidence, scan, ranges, hits);
        hits.Clear();
        SpexPattern* left = CpuDevice.Pointer(scan.Left);
        SpexPattern* right = CpuDevice.Pointer(scan.Right);
        int* firstRight = scan.FirstRight is { } first ? CpuDevice.Pointer(first) : null;
        double quickShare = scan.QuickShare;
        List<(int Number, ScanRange Part)> tasks = [];
        for (int number = 0; number < ranges.Length; number++)
        {
            ScanRange range = ranges[number];
            int leftsPerTask = Math.Max(1, PairsPerTask / Math.Max(1, range.RightCount));
            for (int a = 0; a < range.LeftCount; a += leftsPerTask)
            {
                tasks.Add((number, range with { FirstLeft = range.FirstLeft + a, LeftCount = Math.Min(leftsPerTask, range.LeftCount - a) }));
            }
        }

        List<ScanHit>?[] found = new List<ScanHit>?[tasks.Count];
        device.For(tasks.Count, task =>
        {
            (int number, ScanRange part) = tasks[task];
            EvidenceView view = new(bins, evidence, part.Function);
            double quickBar = quickShare * part.Bar;
            for (int a = part.FirstLeft; a < part.FirstLeft + part.LeftCount; a++)
            {
                for (int b = firstRight is null ? part.FirstRight : Math.Max(part.FirstRight, firstRight[a]); b < part.FirstRight + part.RightCount; b++)
                {
                    SpexPattern pattern = left[a] ^ right[b];
                    if (view.Quick(pattern) < quickBar)
                    {
                        continue;
                    }

                    (double strength, double coefficient) = view.Exact(pattern);
                    if (strength > part.Bar)
                    {
                        (found[task] ??= []).Add(new ScanHit(number, a, b, strength, coefficient));
                    }
                }
            }
        });
        foreach (List<ScanHit>? part in found)
        {
            hits.AddRange(part ?? []);
        }
    }
}
