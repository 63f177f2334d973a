using CsCheck;
using Spex.Core.Codes;

namespace Spex.Core.Tests.Codes;

public class BinaryFieldTests
{
    private static readonly Gen<BinaryField> Field = Gen.Int[BinaryField.MinDegree, BinaryField.MaxDegree].Select(BinaryField.OfDegree);

    public static TheoryData<int> Degrees() => new(Enumerable.Range(BinaryField.MinDegree, BinaryField.MaxDegree - BinaryField.MinDegree + 1));

    [Theory]
    [MemberData(nameof(Degrees))]
    public void The_polynomial_is_primitive(int degree)
    {
        BinaryField field = BinaryField.OfDegree(degree);
        Assert.Equal(degree, int.Log2(field.Polynomial));

        // x runs through all 2^m − 1 non-zero elements before it comes back to 1.
        int power = 1;
        int order = 0;
        do
        {
            power = Shift(power, field);
            order++;
        }
        while (power != 1);
        Assert.Equal(field.Order, order);
    }

    [Fact]
    public void Products_agree_with_polynomial_multiplication() =>
        (from field in Field from a in Gen.Int[0, field.Order] from b in Gen.Int[0, field.Order] select (field, a, b)).Sample(
            sample =>
            {
                (BinaryField field, int a, int b) = sample;
                int expected = 0;
                int shifted = a;
                for (int i = 0; i < field.Degree; i++)
                {
                    expected ^= ((b >> i) & 1) * shifted;
                    shifted = Shift(shifted, field);
                }

                Assert.Equal(expected, field.Multiply(a, b));
                if (a != 0)
                {
                    Assert.Equal(1, field.Multiply(a, field.Inverse(a)));
                }
            },
            iter: 20000);

    [Fact]
    public void Zero_has_no_inverse() => Assert.Throws<DivideByZeroException>(() => BinaryField.OfDegree(5).Inverse(0));

    [Fact]
    public void The_table_solves_every_solvable_quadratic() =>
        (from field in Field from y in Gen.Int[0, field.Order] select (field, y)).Sample(
            sample =>
            {
                (BinaryField field, int y) = sample;
                int u = field.Multiply(y, y) ^ y;
                Assert.Equal(0, field.Trace(u));
                int root = 0;
                for (int k = 0; k < field.Degree; k++)
                {
                    root ^= ((u >> k) & 1) * field.QuadraticRoots[k];
                }

                Assert.Contains(y, new[] { root, root ^ 1 });
            },
            iter: 5000);

    [Theory]
    [InlineData(1)]
    [InlineData(21)]
    public void Other_degrees_are_refused(int degree) => Assert.Throws<ArgumentOutOfRangeException>(() => BinaryField.OfDegree(degree));

    private static int Shift(int element, BinaryField field)
    {
        int shifted = element << 1;
        return shifted >= field.Size ? shifted ^ field.Polynomial : shifted;
    }
}
