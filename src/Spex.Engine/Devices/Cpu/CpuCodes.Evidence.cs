namespace Spex.Engine.Devices.Cpu;

/// <content>Evidence, and the search for sets that have it.</content>
internal sealed unsafe partial class CpuCodes
{
    // Pairs for one thread at a time, about 10 ns each.
    private const int PairsPerTask = 1 << 10;

    public override void TakeEnergies(BinTable bins, BinEvidence evidence)
    {
        CheckEvidence(bins, evidence);
        EvidenceView view = new(new BinColumns(bins), evidence);
        for (int bin = 0; bin < bins.BinCount; bin++)
        {
            view.Refresh(bin);
        }
    }

    public override void Scan(BinTable bins, BinEvidence evidence, in TermScan scan, List<ScanHit> hits)
    {
        CheckScan(bins, evidence, scan, hits);
        hits.Clear();
        EvidenceView view = new(new BinColumns(bins), evidence);
        TermScan sets = scan;
        SpexPattern* left = CpuDevice.Pointer(scan.Left);
        SpexPattern* right = CpuDevice.Pointer(scan.Right);
        int* firstRight = scan.FirstRight is { } first ? CpuDevice.Pointer(first) : null;
        double quickBar = scan.QuickShare * scan.Bar;
        int leftsPerTask = Math.Max(1, PairsPerTask / Math.Max(1, scan.RightCount));
        int tasks = (scan.LeftCount + leftsPerTask - 1) / leftsPerTask;
        List<ScanHit>?[] found = new List<ScanHit>?[tasks];
        device.For(tasks, task =>
        {
            int end = Math.Min(sets.LeftCount, (task + 1) * leftsPerTask);
            for (int a = task * leftsPerTask; a < end; a++)
            {
                for (int b = firstRight is null ? 0 : firstRight[a]; b < sets.RightCount; b++)
                {
                    SpexPattern pattern = left[a] ^ right[b];
                    if (view.Quick(pattern) < quickBar)
                    {
                        continue;
                    }

                    (double strength, double coefficient) = view.Exact(pattern);
                    if (strength > sets.Bar)
                    {
                        (found[task] ??= []).Add(new ScanHit(a, b, strength, coefficient));
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
