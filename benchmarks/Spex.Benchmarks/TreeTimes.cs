using System.Globalization;
using Spex.Core.Trees;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;

namespace Spex.Benchmarks;

/// <summary>CPU time of one boosted tree by features, samples and depth, on one thread: the least and the median of several rounds after JIT.</summary>
internal static class TreeTimes
{
    public static int Run(string[] arguments)
    {
        int only = arguments is [string number] ? int.Parse(number, CultureInfo.InvariantCulture) : 0;
        const int Trees = 200, Rounds = 9;
        Console.WriteLine($"{"n",6}{"N",7}{"depth",7}{"least µs",10}{"median µs",11}");
        using CpuDevice cpu = new(1);
        using (UniformSamples warm = new(cpu, RandomGames.Hierarchy(100, 30, 4, 0.1, 7), 500, 5))
        using (BoostingBatch batch = cpu.Trees.Load(warm.Columns, warm.Count, 100, warm.DeviceValues, []))
        {
            batch.Grow([batch.Add(new BoostingSettings(5, 0.1), null)], 2000);
        }

        foreach ((int n, int count) in new[] { (64, 1728), (128, 2000), (512, 5000), (1000, 10_000), (5000, 5000) }.Where(shape => only == 0 || shape.Item1 == only))
        {
            using UniformSamples samples = new(cpu, RandomGames.Hierarchy(n, 30, 4, 0.1, 7), count, 5);
            foreach (int? depth in new int?[] { 3, 5, null })
            {
                List<double> micros = [];
                for (int round = 0; round < Rounds; round++)
                {
                    using BoostingBatch batch = cpu.Trees.Load(samples.Columns, samples.Count, n, samples.DeviceValues, []);
                    int run = batch.Add(new BoostingSettings(depth, 0.1), null);
                    batch.Grow([run], 5);
                    TimeSpan before = Environment.CpuUsage.TotalTime;
                    batch.Grow([run], Trees);
                    micros.Add((Environment.CpuUsage.TotalTime - before).TotalMicroseconds / Trees);
                }

                micros.Sort();
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{n,6}{count,7}{depth?.ToString(CultureInfo.InvariantCulture) ?? "-",7}{micros[0],10:0}{micros[Rounds / 2],11:0}"));
            }
        }

        return 0;
    }
}
