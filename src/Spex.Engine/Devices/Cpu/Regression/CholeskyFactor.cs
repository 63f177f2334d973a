using System.Runtime.Intrinsics;

namespace Spex.Engine.Devices.Cpu.Regression;

/// <summary>The factor L of a symmetric positive definite matrix A + D = L·Lᵀ, in float64, and what it solves.</summary>
/// <remarks>
/// <para>
/// A pivot that falls to 10⁻¹² of its diagonal element counts as zero: the system is then undetermined, and the diagonal is raised by 10⁻⁹ of its mean, by a hundred times more
/// whenever that is not enough. The solution is close to the shortest of all that fit. Systems without such pivots are solved as they are.
/// </para>
/// <para>Dot products run over 8 lanes whatever the vector's width, and no sum depends on how rows are shared among threads: the same bits for any number of threads.</para>
/// </remarks>
internal sealed class CholeskyFactor
{
    /// <summary>The share of its diagonal element from which on a pivot is not zero.</summary>
    public const double ZeroPivot = 1e-12;

    /// <summary>What is first added to the diagonal where a pivot is zero, as a share of the diagonal's mean.</summary>
    public const double FirstJitter = 1e-9;

    /// <summary>By how much more is added each time that was not enough.</summary>
    public const double MoreJitter = 100;

    // Columns that are finished together, and rows that a thread takes at a time.
    private const int Block = 32;
    private const int Rows = 16;

    private readonly double[] _matrix;
    private readonly double[] _diagonal;
    private readonly Action<int, Action<int>> _for;

    /// <summary>Keeps a matrix to be factored, once for each diagonal that is added to it.</summary>
    /// <param name="matrix">p × p numbers, row after row, the right upper triangle with the diagonal filled in. It is kept; the lower triangle becomes L.</param>
    /// <param name="size">p.</param>
    /// <param name="parallelFor">Runs independent work on the caller's threads.</param>
    public CholeskyFactor(double[] matrix, int size, Action<int, Action<int>> parallelFor)
    {
        (_matrix, Size, _for) = (matrix, size, parallelFor);
        _diagonal = new double[size];
        for (int i = 0; i < size; i++)
        {
            _diagonal[i] = matrix[At(i, i)];
        }
    }

    /// <summary>p.</summary>
    public int Size { get; }

    /// <summary>Factors A + D.</summary>
    /// <param name="added">The diagonal of D, p numbers of 0 or more; null for D = 0.</param>
    public void Factor(double[]? added = null)
    {
        double mean = 0;
        for (int i = 0; i < Size; i++)
        {
            mean += (_diagonal[i] + (added?[i] ?? 0)) / Size;
        }

        // Nothing but zeros: any jitter solves it.
        mean = mean > 0 ? mean : 1;
        for (double jitter = 0; !TryFactor(added, jitter); jitter = jitter == 0 ? FirstJitter * mean : MoreJitter * jitter)
        {
        }
    }

    /// <summary>Solves (A + D)·x = b in place.</summary>
    public void Solve(Span<double> b)
    {
        for (int i = 0; i < Size; i++)
        {
            b[i] = (b[i] - Dot(_matrix.AsSpan(i * Size, i), b[..i])) / _matrix[At(i, i)];
        }

        for (int i = Size - 1; i >= 0; i--)
        {
            double x = b[i] /= _matrix[At(i, i)];
            ReadOnlySpan<double> row = _matrix.AsSpan(i * Size, i);
            for (int k = 0; k < row.Length; k++)
            {
                b[k] -= row[k] * x;
            }
        }
    }

    private static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        Vector512<double> lanes = Vector512<double>.Zero;
        int k = 0;
        for (; k <= a.Length - Vector512<double>.Count; k += Vector512<double>.Count)
        {
            lanes += Vector512.Create(a[k..]) * Vector512.Create(b[k..]);
        }

        double sum = Sum(lanes);
        for (; k < a.Length; k++)
        {
            sum += a[k] * b[k];
        }

        return sum;
    }

    private static double Sum(Vector512<double> lanes) =>
        ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));

    private bool TryFactor(double[]? added, double jitter)
    {
        for (int first = 0; first < Size; first += Block)
        {
            int end = Math.Min(Size, first + Block);
            for (int i = first; i < end; i++)
            {
                Row(i, first, i);
                double diagonal = _diagonal[i] + (added?[i] ?? 0) + jitter;
                ReadOnlySpan<double> row = _matrix.AsSpan(i * Size, i);
                double pivot = diagonal - Dot(row, row);
                if (!(pivot > ZeroPivot * diagonal))
                {
                    return false;
                }

                _matrix[At(i, i)] = Math.Sqrt(pivot);
            }

            int columns = first, chunks = (Size - end + Rows - 1) / Rows;
            _for(chunks, chunk =>
            {
                int last = Math.Min(Size, end + ((chunk + 1) * Rows));
                for (int i = end + (chunk * Rows); i < last; i++)
                {
                    Row(i, columns, end);
                }
            });
        }

        return true;
    }

    /// <summary>L_ij = (A_ij − Σ_{k &lt; j} L_ik·L_jk)/L_jj for the columns [first, end) of one row.</summary>
    private void Row(int i, int first, int end)
    {
        Span<double> row = _matrix.AsSpan(i * Size, Size);
        int j = first;
        for (; j <= end - 4; j += 4)
        {
            // Columns before the block by fours, so that the row is read once for four of them.
            Vector512<double> s0 = default, s1 = default, s2 = default, s3 = default;
            ReadOnlySpan<double> r0 = _matrix.AsSpan(j * Size, first), r1 = _matrix.AsSpan((j + 1) * Size, first);
            ReadOnlySpan<double> r2 = _matrix.AsSpan((j + 2) * Size, first), r3 = _matrix.AsSpan((j + 3) * Size, first);

            // The block starts at a multiple of 32, so that no column is left over.
            for (int k = 0; k < first; k += Vector512<double>.Count)
            {
                Vector512<double> own = Vector512.Create<double>(row[k..]);
                s0 += own * Vector512.Create(r0[k..]);
                s1 += own * Vector512.Create(r1[k..]);
                s2 += own * Vector512.Create(r2[k..]);
                s3 += own * Vector512.Create(r3[k..]);
            }

            Finish(row, i, j, first, Sum(s0));
            Finish(row, i, j + 1, first, Sum(s1));
            Finish(row, i, j + 2, first, Sum(s2));
            Finish(row, i, j + 3, first, Sum(s3));
        }

        for (; j < end; j++)
        {
            Finish(row, i, j, first, Dot(row[..first], _matrix.AsSpan(j * Size, first)));
        }
    }

    private void Finish(Span<double> row, int i, int j, int first, double product)
    {
        ReadOnlySpan<double> other = _matrix.AsSpan(j * Size, j + 1);
        for (int k = first; k < j; k++)
        {
            product += row[k] * other[k];
        }

        row[j] = (_matrix[At(j, i)] - product) / other[j];
    }

    private int At(int row, int column) => (row * Size) + column;
}
