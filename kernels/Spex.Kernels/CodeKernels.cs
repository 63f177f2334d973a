using ILGPU;

namespace Spex.Kernels;

/// <summary>Decoding of bins by the BCH code, and the search for sets that have evidence.</summary>
/// <remarks>
/// <para>
/// A bin's column spells a word: relative to the sign of entry 0, entry p + 1 is bit p of a set's parity. Words are decoded algebraically, a thread a word; the set whose evidence is most above
/// its bar is proposed.
/// </para>
/// <para>
/// Proposals are 12 integers: eight for the features, ascending, two for the surplus (a float64), the bin, the number of features. What was found is marked by a byte first and gathered
/// afterwards in the order of the bins or pairs, so the result does not depend on the schedule.
/// </para>
/// <para>Launch and bytes: at each kernel. No atomics.</para>
/// </remarks>
public static class CodeKernels
{
    /// <summary>Integers of a proposal.</summary>
    public const int ProposalSize = 12;

    /// <summary>The most threads a group of <see cref="Decode"/>.</summary>
    public const int DecodeThreads = Scratch.Lanes;

    /// <summary>Marks that one thread counts.</summary>
    public const int MarksPerCount = 64;

    private const int MostChaseDepth = 8;
    private const int SurplusAt = 8;
    private const int BinAt = 10;
    private const int CountAt = 11;

    // A thread's best set lies after what the error locator needs.
    private const int BestAt = ErrorLocator.Size;
    private const int ScratchSize = BestAt + ErrorLocator.MaxErrors;

    // A group's notes: weakest positions, syndromes of the word and what the complement adds to them.
    private const int WeakestAt = 0;
    private const int BaseAt = WeakestAt + MostChaseDepth;
    private const int ComplementAt = BaseAt + ErrorLocator.MaxErrors;
    private const int NotesSize = ComplementAt + ErrorLocator.MaxErrors;

    /// <summary>
    /// The energy above which each function's bins are decoded: above so many floors, and above a multiple of the energy that a quarter of the bins stay below, which is number ⌊bins/4⌋ in
    /// ascending order, found bit by bit. Launch: one group a function, any group size. Moved: 63 times 8 bytes a bin.
    /// </summary>
    /// <param name="energies">Functions × bins positive numbers.</param>
    /// <param name="floors">For each function the energy of a bin that holds nothing but rounding.</param>
    /// <param name="functions">The functions.</param>
    /// <param name="activeFloors">A bin holds more than rounding from this multiple of the floor on.</param>
    /// <param name="loudRatio">Of the quarter's energy.</param>
    /// <param name="shape">The sizes.</param>
    /// <param name="decoded">Takes the functions with what was found.</param>
    public static void FindLoud(
        ArrayView<double> energies, ArrayView<double> floors, ArrayView<int> functions, double activeFloors, double loudRatio, BinShape shape, ArrayView<DecodedFunction> decoded)
    {
        int function = functions[Grid.IdxX], count = shape.BinCount;
        long first = (long)function * count;
        ArrayView<int> partial = SharedMemory.Allocate<int>(Scratch.Lanes);
        ulong value = 0;

        // Positive floats are ordered as their bits are. The largest value that no more than count/4 numbers are below is the number itself.
        for (int bit = 62; bit >= 0; bit--)
        {
            ulong tried = value | (1UL << bit);
            for (int lane = Group.IdxX; lane < Scratch.Lanes; lane += Group.DimX)
            {
                int below = 0;
                for (int i = lane; i < count; i += Scratch.Lanes)
                {
                    below += Interop.FloatAsInt(energies[first + i]) < tried ? 1 : 0;
                }

                partial[lane] = below;
            }

            Group.Barrier();
            int sum = 0;
            for (int lane = 0; lane < Scratch.Lanes; lane++)
            {
                sum += partial[lane];
            }

            value = sum <= count / 4 ? tried : value;
            Group.Barrier();
        }

        if (Group.IdxX == 0)
        {
            double floor = floors[function];
            decoded[Grid.IdxX] = new DecodedFunction(function, floor, Math.Max(activeFloors * floor, loudRatio * Interop.IntAsFloat(value)));
        }
    }

    /// <summary>
    /// Decodes the bins that are loud and changed. Launch: at most one group a bin of the functions, at most <see cref="DecodeThreads"/> threads each; a thread a word. Moved: a column, and three columns for
    /// every word that can be decoded.
    /// </summary>
    /// <param name="columns">Functions × bins × stride numbers.</param>
    /// <param name="energies">A number a bin, floor included.</param>
    /// <param name="tried">For each bin its energy when it was last tried; is brought up to date.</param>
    /// <param name="functions">The functions.</param>
    /// <param name="features">The patterns of the n features.</param>
    /// <param name="bars">For each number of features what the evidence must exceed.</param>
    /// <param name="syndromes">P × t: what each parity bit adds to the odd syndromes.</param>
    /// <param name="logs">The field's logarithms.</param>
    /// <param name="antilogs">The field's powers.</param>
    /// <param name="quadraticRoots">What solves y² + y = u.</param>
    /// <param name="proposals">A proposal a bin of the functions.</param>
    /// <param name="marks">For each of these bins 1 where there is a proposal, else 0.</param>
    /// <param name="shape">The sizes.</param>
    public static void Decode(
        ArrayView<float> columns,
        ArrayView<double> energies,
        ArrayView<double> tried,
        ArrayView<DecodedFunction> functions,
        ArrayView<TermWords> features,
        ArrayView<double> bars,
        ArrayView<int> syndromes,
        ArrayView<int> logs,
        ArrayView<int> antilogs,
        ArrayView<int> quadraticRoots,
        ArrayView<int> proposals,
        ArrayView<byte> marks,
        DecodeShape shape)
    {
        ArrayView<int> scratch = SharedMemory.Allocate<int>(ScratchSize * Scratch.Lanes);
        ArrayView<int> notes = SharedMemory.Allocate<int>(NotesSize);
        ArrayView<double> surpluses = SharedMemory.Allocate<double>(Scratch.Lanes);
        ArrayView<int> words = SharedMemory.Allocate<int>(Scratch.Lanes);
        ArrayView<int> counts = SharedMemory.Allocate<int>(Scratch.Lanes);
        FieldTables field = new(logs, antilogs, quadraticRoots, shape.FieldDegree);
        Scratch own = new(scratch, Group.IdxX);
        int binCount = shape.Bins.BinCount;
        for (long item = Grid.IdxX; item < functions.Length * binCount; item += Grid.DimX)
        {
            long k = Items.Divide(item, binCount);
            DecodedFunction function = functions[k];
            int bin = (int)(item - (k * binCount));
            long first = (long)function.Function * binCount, at = (first + bin) * shape.Bins.Stride;
            double energy = energies[first + bin], last = tried[first + bin];
            bool isDue = energy > function.LeastEnergy && Math.Abs(energy - last) > shape.LeastChange * last;
            Group.Barrier();
            if (Group.IdxX == 0)
            {
                marks[item] = 0;
                tried[first + bin] = isDue ? energy : last;
            }

            if (!isDue)
            {
                continue;
            }

            ArrayView<float> ownColumns = columns.SubView(first * shape.Bins.Stride, (long)binCount * shape.Bins.Stride);
            ArrayView<double> ownEnergies = energies.SubView(first, binCount);
            TakeNotes(columns, at, syndromes, notes, shape);
            Group.Barrier();
            double best = 0;
            int bestWord = int.MaxValue, bestCount = 0;
            for (int word = Group.IdxX; word < shape.WordCount; word += Group.DimX)
            {
                int count = DecodeWord(own, word, notes, syndromes, field, shape);
                if (count < 0 || count > shape.MostFeatures)
                {
                    continue;
                }

                TermWords pattern = new(0, 0, 0);
                for (int i = 0; i < count; i++)
                {
                    pattern ^= features[own.Get(ErrorLocator.Roots + i)];
                }

                if (pattern.Bin(bin >> shape.Bins.Log2Bins, shape.Bins.Log2Bins) != bin)
                {
                    continue;
                }

                double surplus = BinColumns.Evidence(ownColumns, ownEnergies, function.Floor, shape.Bins, pattern).Strength - bars[count];
                if (surplus > best)
                {
                    best = surplus;
                    bestWord = word;
                    bestCount = count;
                    for (int i = 0; i < count; i++)
                    {
                        own.Set(BestAt + i, own.Get(ErrorLocator.Roots + i));
                    }
                }
            }

            surpluses[Group.IdxX] = best;
            words[Group.IdxX] = bestWord;
            counts[Group.IdxX] = bestCount;
            Group.Barrier();
            if (Group.IdxX == 0)
            {
                // The first word among equals, whatever the number of threads.
                int winner = 0;
                for (int thread = 1; thread < Group.DimX; thread++)
                {
                    bool wins = surpluses[thread] > surpluses[winner] || (surpluses[thread] == surpluses[winner] && words[thread] < words[winner]);
                    winner = wins ? thread : winner;
                }

                if (surpluses[winner] > 0)
                {
                    Propose(proposals, marks, item, (int)first + bin, counts[winner], surpluses[winner], new Scratch(scratch, winner));
                }
            }
        }
    }

    /// <summary>Gathers marked proposals. Launch: any; a thread a proposal. Moved: 96 bytes a proposal.</summary>
    /// <param name="proposals">A proposal a bin.</param>
    /// <param name="indices">Which of them.</param>
    /// <param name="count">How many.</param>
    /// <param name="gathered">Takes their proposals.</param>
    public static void GatherProposals(ArrayView<int> proposals, ArrayView<int> indices, int count, ArrayView<int> gathered)
    {
        for (long item = Items.First; item < (long)count * ProposalSize; item += Items.Step)
        {
            long k = Items.Divide(item, ProposalSize);
            gathered[item] = proposals[((long)indices[k] * ProposalSize) + (item - (k * ProposalSize))];
        }
    }

    /// <summary>
    /// Marks the pairs whose exclusive or has evidence above the bar. Launch: any; a thread a pair. Moved: three columns a pair, mostly from the caches.
    /// </summary>
    /// <param name="columns">Functions × bins × stride numbers.</param>
    /// <param name="energies">A number a bin, floor included.</param>
    /// <param name="weights">A number a bin.</param>
    /// <param name="left">Left patterns.</param>
    /// <param name="right">Right patterns.</param>
    /// <param name="firstRight">For each left pattern the first right one it is paired with.</param>
    /// <param name="parts">Which pairs, one part after another.</param>
    /// <param name="pairs">How many pairs all parts have.</param>
    /// <param name="marks">A byte a pair.</param>
    /// <param name="shape">The sizes.</param>
    public static void MarkPairs(
        ArrayView<float> columns,
        ArrayView<double> energies,
        ArrayView<float> weights,
        ArrayView<TermWords> left,
        ArrayView<TermWords> right,
        ArrayView<int> firstRight,
        ArrayView<ScanPart> parts,
        int pairs,
        ArrayView<byte> marks,
        BinShape shape)
    {
        for (long item = Items.First; item < pairs; item += Items.Step)
        {
            ScanPart part = PartOf((int)item, parts);
            int offset = (int)item - part.FirstPair, row = offset / part.RightCount, a = part.FirstLeft + row, b = part.FirstRight + offset - (row * part.RightCount);
            bool isHit = false;
            if (b >= firstRight[a])
            {
                TermWords pattern = left[a] ^ right[b];
                long first = (long)part.Function * shape.BinCount;
                ArrayView<float> ownColumns = columns.SubView(first * shape.Stride, (long)shape.BinCount * shape.Stride);
                isHit = BinColumns.Quick(ownColumns, weights.SubView(first, shape.BinCount), shape, pattern) >= part.QuickBar
                    && BinColumns.Evidence(ownColumns, energies.SubView(first, shape.BinCount), part.Floor, shape, pattern).Strength > part.Bar;
            }

            marks[item] = (byte)(isHit ? 1 : 0);
        }
    }

    /// <summary>Gathers marked pairs with their evidence. Launch: any; a thread a hit. Moved: three columns a hit.</summary>
    /// <param name="columns">Functions × bins × stride numbers.</param>
    /// <param name="energies">A number a bin, floor included.</param>
    /// <param name="left">Left patterns.</param>
    /// <param name="right">Right patterns.</param>
    /// <param name="parts">Which pairs, one part after another.</param>
    /// <param name="indices">The pairs' numbers.</param>
    /// <param name="count">How many.</param>
    /// <param name="hits">Takes the hits.</param>
    /// <param name="shape">The sizes.</param>
    public static void GatherHits(
        ArrayView<float> columns,
        ArrayView<double> energies,
        ArrayView<TermWords> left,
        ArrayView<TermWords> right,
        ArrayView<ScanPart> parts,
        ArrayView<int> indices,
        int count,
        ArrayView<PairHit> hits,
        BinShape shape)
    {
        for (long k = Items.First; k < count; k += Items.Step)
        {
            ScanPart part = PartOf(indices[k], parts);
            int offset = indices[k] - part.FirstPair, row = offset / part.RightCount, a = part.FirstLeft + row, b = part.FirstRight + offset - (row * part.RightCount);
            long first = (long)part.Function * shape.BinCount;
            TermEvidence evidence = BinColumns.Evidence(
                columns.SubView(first * shape.Stride, (long)shape.BinCount * shape.Stride), energies.SubView(first, shape.BinCount), part.Floor, shape, left[a] ^ right[b]);
            hits[k] = new PairHit(part.Range, a, b, evidence.Strength, evidence.Coefficient);
        }
    }

    /// <summary>Counts marks, 64 at a time. Launch: any; a thread a count. Moved: a byte a mark.</summary>
    public static void CountMarks(ArrayView<byte> marks, int count, ArrayView<int> counts)
    {
        for (long item = Items.First; item * MarksPerCount < count; item += Items.Step)
        {
            int sum = 0;
            for (long k = item * MarksPerCount; k < count && k < (item + 1) * MarksPerCount; k++)
            {
                sum += marks[k];
            }

            counts[item] = sum;
        }
    }

    /// <summary>Replaces counts by the sums of those before, and gives their total. Launch: one group, any group size. Moved: 16 bytes a count.</summary>
    public static void AddCounts(ArrayView<int> counts, int count, ArrayView<int> total)
    {
        ArrayView<int> partial = SharedMemory.Allocate<int>(Scratch.Lanes);
        int part = (count + Scratch.Lanes - 1) / Scratch.Lanes;
        for (int lane = Group.IdxX; lane < Scratch.Lanes; lane += Group.DimX)
        {
            int sum = 0;
            for (int i = lane * part; i < (lane + 1) * part && i < count; i++)
            {
                sum += counts[i];
            }

            partial[lane] = sum;
        }

        Group.Barrier();
        for (int lane = Group.IdxX; lane < Scratch.Lanes; lane += Group.DimX)
        {
            int sum = 0;
            for (int before = 0; before < lane; before++)
            {
                sum += partial[before];
            }

            for (int i = lane * part; i < (lane + 1) * part && i < count; i++)
            {
                int own = counts[i];
                counts[i] = sum;
                sum += own;
            }

            if (lane == Scratch.Lanes - 1)
            {
                total[0] = sum;
            }
        }
    }

    /// <summary>Writes the numbers of the marks that are set, ascending. Launch: any; a thread 64 marks. Moved: a byte a mark.</summary>
    /// <param name="marks">Marks.</param>
    /// <param name="count">How many.</param>
    /// <param name="offsets">What <see cref="AddCounts"/> made of <see cref="CountMarks"/>.</param>
    /// <param name="indices">Takes the numbers.</param>
    public static void ListMarks(ArrayView<byte> marks, int count, ArrayView<int> offsets, ArrayView<int> indices)
    {
        for (long item = Items.First; item * MarksPerCount < count; item += Items.Step)
        {
            int at = offsets[item];
            for (long k = item * MarksPerCount; k < count && k < (item + 1) * MarksPerCount; k++)
            {
                if (marks[k] != 0)
                {
                    indices[at] = (int)k;
                    at++;
                }
            }
        }
    }

    // The part that a pair is in: the last that does not start behind it. No part is empty.
    private static ScanPart PartOf(int pair, ArrayView<ScanPart> parts)
    {
        int low = 0, high = (int)parts.Length;
        while (high - low > 1)
        {
            int middle = (low + high) / 2;
            bool isBefore = parts[middle].FirstPair <= pair;
            low = isBefore ? middle : low;
            high = isBefore ? high : middle;
        }

        return parts[low];
    }

    // The least reliable positions, least reliable first and the lower position among equals; the syndromes of the hard word; what the complement adds.
    private static void TakeNotes(ArrayView<float> columns, long at, ArrayView<int> syndromes, ArrayView<int> notes, DecodeShape shape)
    {
        for (int p = Group.IdxX; p < shape.ParityCount && shape.ChaseDepth > 0; p += Group.DimX)
        {
            float size = Math.Abs(columns[at + 1 + p]);
            int rank = 0;
            for (int q = 0; q < shape.ParityCount; q++)
            {
                float other = Math.Abs(columns[at + 1 + q]);
                rank += other < size || (other == size && q < p) ? 1 : 0;
            }

            if (rank < shape.ChaseDepth)
            {
                notes[WeakestAt + rank] = p;
            }
        }

        bool complemented = columns[at] < 0;
        for (int j = Group.IdxX; j < shape.Errors; j += Group.DimX)
        {
            int word = 0, all = 0;
            for (int p = 0; p < shape.ParityCount; p++)
            {
                int change = syndromes[(p * shape.Errors) + j];
                all ^= change;
                word ^= (columns[at + 1 + p] < 0) ^ complemented ? change : 0;
            }

            notes[BaseAt + j] = word;
            notes[ComplementAt + j] = all;
        }
    }

    // Leaves a set's features, ascending, where the roots were; their number, −1 where the word cannot be decoded.
    private static int DecodeWord(Scratch own, int word, ArrayView<int> notes, ArrayView<int> syndromes, FieldTables field, DecodeShape shape)
    {
        int flips = word & ((1 << shape.ChaseDepth) - 1), gray = flips ^ (flips >> 1);
        bool complement = word >> shape.ChaseDepth != 0;
        for (int j = 0; j < shape.Errors; j++)
        {
            int syndrome = notes[BaseAt + j] ^ (complement ? notes[ComplementAt + j] : 0);
            for (int i = 0; i < shape.ChaseDepth; i++)
            {
                syndrome ^= ((gray >> i) & 1) != 0 ? syndromes[(notes[WeakestAt + i] * shape.Errors) + j] : 0;
            }

            own.Set(ErrorLocator.Syndromes + (2 * j), syndrome);
        }

        int errors = ErrorLocator.Locate(own, shape.Errors, field);
        if (errors < 0 || !ErrorLocator.TryFindRoots(own, errors, field))
        {
            return -1;
        }

        int found = 0;
        for (int i = 0; i < errors; i++)
        {
            int feature = shape.ParityCount + shape.FeatureCount - 1 - own.Get(ErrorLocator.Roots + i);
            if (feature < 0)
            {
                // A location among the message bits that shortening removed.
                return -1;
            }

            if (feature < shape.FeatureCount)
            {
                // Roots up to i are read; no more features than that are written.
                int to = found;
                while (to > 0 && own.Get(ErrorLocator.Roots + to - 1) > feature)
                {
                    own.Set(ErrorLocator.Roots + to, own.Get(ErrorLocator.Roots + to - 1));
                    to--;
                }

                own.Set(ErrorLocator.Roots + to, feature);
                found++;
            }
        }

        return found;
    }

    private static void Propose(ArrayView<int> proposals, ArrayView<byte> marks, long item, int bin, int count, double surplus, Scratch best)
    {
        long at = item * ProposalSize;
        for (int i = 0; i < SurplusAt; i++)
        {
            proposals[at + i] = i < count ? best.Get(BestAt + i) : 0;
        }

        ulong bits = Interop.FloatAsInt(surplus);
        proposals[at + SurplusAt] = (int)(uint)bits;
        proposals[at + SurplusAt + 1] = (int)(uint)(bits >> 32);
        proposals[at + BinAt] = bin;
        proposals[at + CountAt] = count;
        marks[item] = 1;
    }
}
