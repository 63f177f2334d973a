using ILGPU;

namespace Spex.Kernels;

/// <summary>Bins of a SPEX design: from transformed blocks to columns, energies, and regression on terms in the domain of the bins.</summary>
/// <remarks>
/// <para>
/// Layout: <see cref="BinShape"/>. Row c·D + d of a function's transformed blocks holds 2^b numbers, entry j of which is u_d of bin (c, j). Kernels that take a list of functions work on those
/// alone; each function by itself, so the batch changes no bit.
/// </para>
/// <para>
/// Order of the additions: over a column in eight lanes (float32), see <see cref="BinColumns"/>; over bins in 64 lanes, bin i in lane i mod 64, the lanes one after another (float64); over
/// groups one after another. Whatever the launch, the same bits.
/// </para>
/// <para>Launch and bytes: at each kernel. No atomics.</para>
/// </remarks>
public static class BinKernels
{
    // Partial sums over bins.
    private const int SumLanes = 64;

    // Partial sums of a term: eight lanes of three groups.
    private const int TermLanes = 24;

    /// <summary>Columns from rows; the padding becomes 0. Launch: any; a thread a number of a column. Moved: 8 bytes a number, the reads scattered.</summary>
    /// <param name="rows">Functions × C·D rows of 2^b numbers.</param>
    /// <param name="columns">Functions × bins × stride numbers.</param>
    /// <param name="shape">The sizes.</param>
    public static void Gather(ArrayView<float> rows, ArrayView<float> columns, BinShape shape)
    {
        for (long item = Items.First; item < (long)shape.FunctionCount * shape.BinCount * shape.Stride; item += Items.Step)
        {
            // Groups are numbered through all functions, as rows are.
            long bin = Items.Divide(item, shape.Stride), group = bin >> shape.Log2Bins, j = bin - (group << shape.Log2Bins);
            int d = (int)(item - (bin * shape.Stride));
            columns[item] = d < shape.Delays ? rows[(((group * shape.Delays) + d) << shape.Log2Bins) + j] : 0;
        }
    }

    /// <summary>Copies the columns of one layer a function to all its layers. Launch: any; a thread a number of the source. Moved: 4 bytes read a number, 4 written a layer, coalesced.</summary>
    public static void Repeat(ArrayView<float> source, ArrayView<float> target, BinShape targetShape)
    {
        int length = targetShape.BinCount * targetShape.Stride;
        for (long item = Items.First; item < (long)targetShape.FunctionCount * length; item += Items.Step)
        {
            float value = source[item];
            long function = Items.Divide(item, length), at = (function * targetShape.LayerCount * length) + (item - (function * length));
            for (int layer = 0; layer < targetShape.LayerCount; layer++, at += length)
            {
                target[at] = value;
            }
        }
    }

    /// <summary>
    /// The energy of every bin of each layer over chosen delays. Launch: any; a thread a bin. Moved: 4 bytes a number.
    /// </summary>
    /// <param name="columns">Functions × layers × bins × stride numbers.</param>
    /// <param name="delays">For each layer of a function two words: a bit for each delay.</param>
    /// <param name="functions">The functions.</param>
    /// <param name="energies">Functions × layers × bins numbers, at the places of the bins.</param>
    /// <param name="shape">The sizes.</param>
    public static void Energies(ArrayView<float> columns, ArrayView<ulong> delays, ArrayView<int> functions, ArrayView<double> energies, BinShape shape)
    {
        for (long item = Items.First; item < functions.Length * shape.FunctionBins; item += Items.Step)
        {
            long k = Items.Divide(item, shape.FunctionBins), within = item - (k * shape.FunctionBins), layer = Items.Divide(within, shape.BinCount);
            long bin = ((long)functions[k] * shape.FunctionBins) + within;
            energies[bin] = BinColumns.Energy(columns, bin * shape.Stride, shape.Stride, delays[2 * layer], delays[(2 * layer) + 1]);
        }
    }

    /// <summary>Adds the energies of each layer's bins. Launch: one group a layer of the functions, any group size. Moved: 8 bytes a bin.</summary>
    /// <param name="energies">Functions × layers × bins numbers.</param>
    /// <param name="functions">The functions.</param>
    /// <param name="totals">For each of the functions a number a layer.</param>
    /// <param name="shape">The sizes.</param>
    public static void AddEnergies(ArrayView<double> energies, ArrayView<int> functions, ArrayView<double> totals, BinShape shape)
    {
        ArrayView<double> partial = SharedMemory.Allocate<double>(SumLanes);
        int k = Grid.IdxX / shape.LayerCount;
        long first = (((long)functions[k] * shape.LayerCount) + (Grid.IdxX - (k * shape.LayerCount))) * shape.BinCount;
        for (int lane = Group.IdxX; lane < SumLanes; lane += Group.DimX)
        {
            double sum = 0;
            for (int bin = lane; bin < shape.BinCount; bin += SumLanes)
            {
                sum += energies[first + bin];
            }

            partial[lane] = sum;
        }

        Group.Barrier();
        if (Group.IdxX == 0)
        {
            double sum = 0;
            for (int lane = 0; lane < SumLanes; lane++)
            {
                sum += partial[lane];
            }

            totals[Grid.IdxX] = sum;
        }
    }

    /// <summary>Σ_j u_d² of every function, layer, group and delay. Launch: any; a thread a sum. Moved: 4 bytes a number, coalesced.</summary>
    /// <param name="columns">Functions × layers × bins × stride numbers.</param>
    /// <param name="energies">Functions × layers × C × D numbers.</param>
    /// <param name="shape">The sizes.</param>
    public static void BlockEnergies(ArrayView<float> columns, ArrayView<double> energies, BinShape shape)
    {
        for (long item = Items.First; item < (long)shape.FunctionCount * shape.LayerCount * shape.GroupCount * shape.Delays; item += Items.Step)
        {
            long block = Items.Divide(item, shape.Delays), d = item - (block * shape.Delays);
            long at = ((block << shape.Log2Bins) * shape.Stride) + d;
            double sum = 0;
            for (int j = 0; j < 1 << shape.Log2Bins; j++, at += shape.Stride)
            {
                double u = columns[at];
                sum += u * u;
            }

            energies[item] = sum;
        }
    }

    /// <summary>Means over the blocks of samples: u_d of the first bin of every function and group. Launch: any; a thread a mean. Moved: 8 bytes a mean.</summary>
    /// <param name="columns">Functions × bins × stride numbers.</param>
    /// <param name="means">Functions × C × D numbers.</param>
    /// <param name="shape">The sizes.</param>
    public static void BlockMeans(ArrayView<float> columns, ArrayView<float> means, BinShape shape)
    {
        for (long item = Items.First; item < (long)shape.FunctionCount * shape.GroupCount * shape.Delays; item += Items.Step)
        {
            long block = Items.Divide(item, shape.Delays);
            means[item] = columns[((block << shape.Log2Bins) * shape.Stride) + (item - (block * shape.Delays))];
        }
    }

    /// <summary>Each bin's energy plus the floor, and the weight D/E of its evidence. Launch: any; a thread a bin. Moved: 4 bytes a number.</summary>
    /// <param name="columns">Functions × bins × stride numbers.</param>
    /// <param name="energies">A number a bin.</param>
    /// <param name="weights">A number a bin, at most <paramref name="largestWeight"/>.</param>
    /// <param name="floors">For each function the energy of a bin that holds nothing but rounding.</param>
    /// <param name="functions">The functions.</param>
    /// <param name="largestWeight">The largest weight.</param>
    /// <param name="shape">The sizes.</param>
    public static void TakeEnergies(
        ArrayView<float> columns, ArrayView<double> energies, ArrayView<float> weights, ArrayView<double> floors, ArrayView<int> functions, float largestWeight, BinShape shape)
    {
        for (long item = Items.First; item < functions.Length * shape.BinCount; item += Items.Step)
        {
            long k = Items.Divide(item, shape.BinCount);
            int function = functions[k];
            TakeEnergy(columns, energies, weights, ((long)function * shape.BinCount) + (item - (k * shape.BinCount)), floors[function], largestWeight, shape);
        }
    }

    /// <summary>
    /// The weights of regression, (D_f + p)/(E + p·mean + least) with D_f fitted delays and mean = ΣE/(bins·D_f). Launch: any; a thread a bin. Moved: 16 bytes a bin.
    /// </summary>
    /// <param name="energies">Functions × layers × bins energies over the fitted delays; become the weights.</param>
    /// <param name="totals">For each of the functions the layers' sums of them.</param>
    /// <param name="delays">For each layer of a function two words: a bit for each fitted delay.</param>
    /// <param name="functions">The functions.</param>
    /// <param name="priorDelays">p.</param>
    /// <param name="least">Keeps weights finite.</param>
    /// <param name="shape">The sizes.</param>
    public static void Weigh(
        ArrayView<double> energies, ArrayView<double> totals, ArrayView<ulong> delays, ArrayView<int> functions, double priorDelays, double least, BinShape shape)
    {
        for (long item = Items.First; item < functions.Length * shape.FunctionBins; item += Items.Step)
        {
            long k = Items.Divide(item, shape.FunctionBins), within = item - (k * shape.FunctionBins), layer = Items.Divide(within, shape.BinCount);
            long bin = ((long)functions[k] * shape.FunctionBins) + within;
            double count = CountDelays(delays, layer), mean = totals[(k * shape.LayerCount) + layer] / (shape.BinCount * count);
            energies[bin] = (count + priorDelays) / (energies[bin] + (priorDelays * mean) + least);
        }
    }

    /// <summary>Writes terms to their places. Launch: any; a thread a term. Moved: 64 bytes a term, 8 more a layer.</summary>
    /// <param name="terms">The terms.</param>
    /// <param name="patterns">A function's patterns, <paramref name="capacity"/> after the last one's.</param>
    /// <param name="coefficients">A layer's coefficients, <paramref name="capacity"/> after the last one's.</param>
    /// <param name="capacity">Room for terms.</param>
    /// <param name="shape">The sizes.</param>
    public static void Place(ArrayView<PlacedTerm> terms, ArrayView<TermWords> patterns, ArrayView<double> coefficients, int capacity, BinShape shape)
    {
        for (long item = Items.First; item < terms.Length; item += Items.Step)
        {
            PlacedTerm term = terms[item];
            patterns[((long)term.Function * capacity) + term.Term] = term.Pattern;
            for (int layer = 0; layer < shape.LayerCount; layer++)
            {
                coefficients[((((long)term.Function * shape.LayerCount) + layer) * capacity) + term.Term] = term.Coefficient;
            }
        }
    }

    /// <summary>
    /// Takes terms out of the columns of one layer, in their order. Launch: any; a thread a function, group and delay, which goes through all terms of the function. Moved: 8 bytes a term, group
    /// and delay, coalesced.
    /// </summary>
    /// <param name="columns">Functions × bins × stride numbers.</param>
    /// <param name="terms">The terms, by functions.</param>
    /// <param name="starts">Where the terms of another function start, and where the last ones end.</param>
    /// <param name="shape">The sizes.</param>
    public static void TakeOut(ArrayView<float> columns, ArrayView<PlacedTerm> terms, ArrayView<int> starts, BinShape shape)
    {
        int perFunction = shape.GroupCount * shape.Delays;
        for (long item = Items.First; item < (starts.Length - 1) * perFunction; item += Items.Step)
        {
            long run = Items.Divide(item, perFunction);
            int within = (int)(item - (run * perFunction)), group = (int)Items.Divide(within, shape.Delays), d = within - (group * shape.Delays);
            long first = (long)terms[starts[run]].Function * shape.BinCount * shape.Stride;
            for (int term = starts[run]; term < starts[run + 1]; term++)
            {
                AddTo(columns, first, terms[term].Pattern, -terms[term].Coefficient, group, d, shape);
            }
        }
    }

    /// <summary>
    /// One pass of weighted coordinate descent over the terms, in their order; each layer by itself. Launch: one group a layer of the functions, any group size (128 threads are best). Moved: 12 bytes a term,
    /// group and delay, coalesced; three barriers a term.
    /// </summary>
    /// <remarks>
    /// g is the least-squares value of a coefficient given the others, s² its squared standard error. Without a threshold (0) the coefficient becomes g; with one it becomes 0 when
    /// g² ≤ threshold·s², else g·(1 − s²/g²), but term 0, the constant, becomes g.
    /// </remarks>
    /// <param name="columns">Functions × layers × bins × stride numbers, the residual.</param>
    /// <param name="patterns">The terms' patterns, a function's <paramref name="capacity"/> after the last one's.</param>
    /// <param name="coefficients">Their coefficients, a layer's <paramref name="capacity"/> numbers after the last one's.</param>
    /// <param name="weights">Functions × layers × bins weights.</param>
    /// <param name="delays">For each layer of a function two words: a bit for each fitted delay.</param>
    /// <param name="functions">The functions.</param>
    /// <param name="counts">Each function's number of terms.</param>
    /// <param name="capacity">Room for terms.</param>
    /// <param name="threshold">0, or 1 and more.</param>
    /// <param name="activeOnly">1 to leave coefficients that are 0 alone.</param>
    /// <param name="shape">The sizes.</param>
    public static void Sweep(
        ArrayView<float> columns,
        ArrayView<TermWords> patterns,
        ArrayView<double> coefficients,
        ArrayView<double> weights,
        ArrayView<ulong> delays,
        ArrayView<int> functions,
        ArrayView<int> counts,
        int capacity,
        double threshold,
        int activeOnly,
        BinShape shape)
    {
        ArrayView<float> partial = SharedMemory.Allocate<float>(TermLanes);
        ArrayView<double> change = SharedMemory.Allocate<double>(1);
        int k = Grid.IdxX / shape.LayerCount, layer = Grid.IdxX - (k * shape.LayerCount), function = functions[k], count = counts[function];
        long ownLayer = ((long)function * shape.LayerCount) + layer, firstBin = ownLayer * shape.BinCount, firstTerm = (long)function * capacity, firstCoefficient = ownLayer * capacity;
        ulong low = delays[2 * layer], high = delays[(2 * layer) + 1];
        double fitted = CountDelays(delays, layer);
        for (int t = 0; t < count; t++)
        {
            // One thread changes coefficients and all read them; between the two lies a barrier.
            double old = coefficients[firstCoefficient + t];
            if (activeOnly != 0 && old == 0)
            {
                continue;
            }

            TermWords pattern = patterns[firstTerm + t];
            for (int lane = Group.IdxX; lane < 8 * shape.GroupCount; lane += Group.DimX)
            {
                long at = (firstBin + pattern.Bin(lane >> 3, shape.Log2Bins)) * shape.Stride;
                partial[lane] = CorrelateLane(columns, at, pattern, low, high, lane & 7, shape.Stride);
            }

            Group.Barrier();
            if (Group.IdxX == 0)
            {
                double sum = 0, total = 0;
                for (int c = 0; c < shape.GroupCount; c++)
                {
                    double weight = weights[firstBin + pattern.Bin(c, shape.Log2Bins)], part = AddLanes(partial, 8 * c) * weight;
                    sum += pattern.IsNegative(c) ? -part : part;
                    total += weight;
                }

                double information = total * fitted, g = old + (sum / information), s2 = 1 / information, g2 = g * g;
                double next = threshold == 0 || t == 0 ? g : g2 <= threshold * s2 ? 0 : g * (1 - (s2 / g2));
                coefficients[firstCoefficient + t] = next;
                change[0] = old - next;
            }

            Group.Barrier();
            double amount = change[0];
            for (int item = Group.IdxX; item < shape.GroupCount * shape.Delays; item += Group.DimX)
            {
                int group = item / shape.Delays;
                AddTo(columns, firstBin * shape.Stride, pattern, amount, group, item - (group * shape.Delays), shape);
            }

            Group.Barrier();
        }
    }

    /// <summary>
    /// Peels: goes through each function's offers in their order and takes a term out at its best coefficient where its evidence is above its bar; energies and weights follow. Launch: one group
    /// a function, any group size (128 threads are best). Moved: 12 bytes an offer, group and delay; four barriers an offer.
    /// </summary>
    /// <param name="columns">Functions × bins × stride numbers.</param>
    /// <param name="energies">A number a bin, floor included.</param>
    /// <param name="weights">A number a bin.</param>
    /// <param name="floors">For each function the energy of a bin that holds nothing but rounding.</param>
    /// <param name="coefficients">The terms' coefficients, a function's <paramref name="capacity"/> after the last one's.</param>
    /// <param name="offers">What is offered, by functions.</param>
    /// <param name="starts">Where the offers of another function start, and where the last ones end.</param>
    /// <param name="amounts">Takes what each coefficient was raised by; NaN where the offer was refused.</param>
    /// <param name="capacity">Room for terms.</param>
    /// <param name="largestWeight">The largest weight.</param>
    /// <param name="shape">The sizes.</param>
    public static void Accept(
        ArrayView<float> columns,
        ArrayView<double> energies,
        ArrayView<float> weights,
        ArrayView<double> floors,
        ArrayView<double> coefficients,
        ArrayView<Offer> offers,
        ArrayView<int> starts,
        ArrayView<double> amounts,
        int capacity,
        float largestWeight,
        BinShape shape)
    {
        ArrayView<float> partial = SharedMemory.Allocate<float>(TermLanes);
        ArrayView<double> change = SharedMemory.Allocate<double>(1);
        int start = starts[Grid.IdxX], end = starts[Grid.IdxX + 1], function = offers[start].Function;
        long firstBin = (long)function * shape.BinCount, firstCoefficient = (long)function * capacity;
        double floor = floors[function];
        for (int k = start; k < end; k++)
        {
            Offer offer = offers[k];
            TermWords pattern = offer.Pattern;
            for (int lane = Group.IdxX; lane < 8 * shape.GroupCount; lane += Group.DimX)
            {
                long at = (firstBin + pattern.Bin(lane >> 3, shape.Log2Bins)) * shape.Stride;
                partial[lane] = CorrelateLane(columns, at, pattern, ulong.MaxValue, ulong.MaxValue, lane & 7, shape.Stride);
            }

            Group.Barrier();
            if (Group.IdxX == 0)
            {
                TermEvidence evidence = BinColumns.Evidence(new Correlations(
                    GroupCorrelation(partial, pattern, 0, shape),
                    energies[firstBin + pattern.Bin(0, shape.Log2Bins)],
                    shape.GroupCount > 1 ? GroupCorrelation(partial, pattern, 1, shape) : 0,
                    shape.GroupCount > 1 ? energies[firstBin + pattern.Bin(1, shape.Log2Bins)] : 1,
                    shape.GroupCount > 2 ? GroupCorrelation(partial, pattern, 2, shape) : 0,
                    shape.GroupCount > 2 ? energies[firstBin + pattern.Bin(2, shape.Log2Bins)] : 1,
                    shape.GroupCount,
                    shape.Delays,
                    floor));
                bool accepted = evidence.Strength > offer.Bar;
                amounts[k] = accepted ? evidence.Coefficient : double.NaN;
                double old = accepted && offer.Term >= 0 ? coefficients[firstCoefficient + offer.Term] : 0, next = old + evidence.Coefficient;
                change[0] = accepted ? old - next : 0;
                if (accepted && offer.Term >= 0)
                {
                    coefficients[firstCoefficient + offer.Term] = next;
                }
            }

            Group.Barrier();
            double amount = change[0];
            if (amount != 0)
            {
                for (int item = Group.IdxX; item < shape.GroupCount * shape.Delays; item += Group.DimX)
                {
                    int group = item / shape.Delays;
                    AddTo(columns, firstBin * shape.Stride, pattern, amount, group, item - (group * shape.Delays), shape);
                }
            }

            Group.Barrier();
            for (int c = Group.IdxX; amount != 0 && c < shape.GroupCount; c += Group.DimX)
            {
                TakeEnergy(columns, energies, weights, firstBin + pattern.Bin(c, shape.Log2Bins), floor, largestWeight, shape);
            }

            Group.Barrier();
        }
    }

    private static void TakeEnergy(ArrayView<float> columns, ArrayView<double> energies, ArrayView<float> weights, long bin, double floor, float largestWeight, BinShape shape)
    {
        double energy = BinColumns.Energy(columns, bin * shape.Stride, shape.Stride, ulong.MaxValue, ulong.MaxValue) + floor;
        energies[bin] = energy;
        weights[bin] = (float)Math.Min(shape.Delays / energy, largestWeight);
    }

    private static void AddTo(ArrayView<float> columns, long first, TermWords pattern, double amount, int group, int d, BinShape shape)
    {
        float value = (float)(pattern.IsNegative(group) ? -amount : amount);
        ulong sign = (d < 64 ? pattern.Low >> d : pattern.High >> (d - 64)) & 1;
        columns[first + ((long)pattern.Bin(group, shape.Log2Bins) * shape.Stride) + d] += sign != 0 ? -value : value;
    }

    // One of the eight lanes of a correlation over the delays whose bits are set.
    private static float CorrelateLane(ArrayView<float> columns, long at, TermWords pattern, ulong low, ulong high, int lane, int stride)
    {
        float sum = 0;
        for (int d = lane; d < stride; d += 8)
        {
            uint sign = (uint)(d < 64 ? pattern.Low >> d : pattern.High >> (d - 64)), chosen = (uint)(d < 64 ? low >> d : high >> (d - 64));
            sum += (chosen & 1) != 0 ? BinColumns.Signed(columns[at + d], sign) : 0;
        }

        return sum;
    }

    private static double AddLanes(ArrayView<float> partial, int at) =>
        (partial[at] + partial[at + 1] + (partial[at + 2] + partial[at + 3])) + (partial[at + 4] + partial[at + 5] + (partial[at + 6] + partial[at + 7]));

    private static double GroupCorrelation(ArrayView<float> partial, TermWords pattern, int group, BinShape shape)
    {
        double sum = AddLanes(partial, 8 * group);
        return pattern.IsNegative(group) ? -sum : sum;
    }

    private static double CountDelays(ArrayView<ulong> delays, long layer) =>
        IntrinsicMath.PopCount(delays[2 * layer]) + IntrinsicMath.PopCount(delays[(2 * layer) + 1]);
}
