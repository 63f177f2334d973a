using CsCheck;
using Spex.Core.Random;

namespace Spex.Core.Tests.Random;

public class PhiloxTests
{
    // The known answers of the generator's authors (Random123, kat_vectors): counter and key words, low word first.
    [Theory]
    [InlineData(0UL, 0UL, 0UL, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(0xffffffffffffffffUL, 0xffffffffffffffffUL, 0xffffffffffffffffUL, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(0x299f31d0a4093822UL, 0x0370734413198a2eUL, 0x85a308d3243f6a88UL, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void A_block_is_the_published_one(ulong seed, ulong stream, ulong index, uint x0, uint x1, uint x2, uint x3) =>
        Assert.Equal((x0, x1, x2, x3), Philox.Block(seed, stream, index));

    [Fact]
    public void Many_numbers_are_the_single_ones() =>
        Gen.Select(Gen.ULong, Gen.ULong, Gen.ULong[0, 1UL << 62], Gen.Int[0, 200]).Sample((seed, stream, first, count) =>
        {
            ulong[] numbers = new ulong[count];
            Philox.Fill(seed, stream, first, numbers);
            for (int i = 0; i < count; i++)
            {
                Assert.Equal(Philox.Bits(seed, stream, first + (ulong)i), numbers[i]);
            }
        });

    [Theory]
    [InlineData(20, 40)]
    [InlineData(20, 400)]
    [InlineData(150, 400)]
    [InlineData(129, 129)]
    [InlineData(128, 130)]
    [InlineData(1, 70)]
    public void Blocks_carry_into_the_high_half_of_their_index(int before, int count)
    {
        ulong first = (1UL << 33) - (ulong)before;
        ulong[] numbers = new ulong[count];
        Philox.Fill(5, 6, first, numbers);
        for (int i = 0; i < numbers.Length; i++)
        {
            Assert.Equal(Philox.Bits(5, 6, first + (ulong)i), numbers[i]);
        }
    }
}
