using CsCheck;
using Spex.Core.Interactions;
using Spex.Core.Spectra;
using Spex.Core.Tests.Spectra;

namespace Spex.Core.Tests.Interactions;

/// <summary>What each index promises, on random functions.</summary>
public class InteractionAxiomTests
{
    private const int FeatureCount = 7;

    private static readonly Gen<Spectrum> Function = Generate.Spectrum(FeatureCount, FeatureCount, 20);

    private static readonly Gen<(InteractionIndex Index, int Order)> AnyIndex =
        Gen.Select(Gen.Enum<InteractionIndex>(), Gen.Int[1, FeatureCount + 1]);

    [Fact]
    public void Efficiency_the_strengths_of_all_sets_add_up_to_the_output() =>
        Gen.Select(Function, Gen.OneOf(InteractionIndex.Sv, InteractionIndex.KSii, InteractionIndex.Stii, InteractionIndex.Fsii), Gen.Int[1, FeatureCount])
            .Sample((function, index, order) =>
            {
                InteractionValues values = InteractionConverter.Convert(function, index, order);
                Assert.Equal(function.Evaluate([(1UL << FeatureCount) - 1]), values.Interactions.Sum(interaction => interaction.Strength), 1e-9);
                Assert.Equal(function.Evaluate([0]), values.Baseline, 1e-9);
            });

    [Fact]
    public void Symmetry_features_that_change_places_change_their_strengths() =>
        Gen.Select(Function, AnyIndex, Gen.Shuffle(Enumerable.Range(0, FeatureCount).ToArray())).Sample((function, what, places) =>
        {
            FeatureSet Move(FeatureSet set) => new([.. set.Select(feature => places[feature])]);
            Spectrum moved = new(FeatureCount, function.Terms.Select(term => new SpectrumTerm(Move(term.Set), term.Coefficient)));
            InteractionValues before = InteractionConverter.Convert(function, what.Index, what.Order);
            InteractionValues after = InteractionConverter.Convert(moved, what.Index, what.Order);
            Assert.All(before.Interactions, interaction => Assert.Equal(interaction.Strength, after[Move(interaction.Set)], 1e-9));
            Assert.All(after.Interactions.Where(interaction => Math.Abs(interaction.Strength) > 1e-9), interaction =>
                Assert.Contains(before.Interactions, known => Move(known.Set) == interaction.Set));
        });

    [Fact]
    public void Dummy_a_feature_without_effect_has_no_strength_in_any_set() =>
        Gen.Select(Gen.Double[-1, 1].Array[1 << (FeatureCount - 1)], AnyIndex, Gen.Int[0, FeatureCount - 1]).Sample((values, what, dummy) =>
        {
            double[] table = [.. Enumerable.Range(0, 1 << FeatureCount).Select(mask => values[(mask & ((1 << dummy) - 1)) | ((mask >> (dummy + 1)) << dummy)])];
            InteractionValues strengths = InteractionConverter.FromTable(table, what.Index, what.Order);

            // The Co-Möbius transform is no index of marginal contributions, but it too gives nothing to a dummy's sets.
            Assert.All(strengths.Interactions.Where(interaction => interaction.Set.Contains(dummy)), interaction => Assert.Equal(0, interaction.Strength, 1e-9));
        });

    [Fact]
    public void A_feature_that_acts_alone_gets_its_own_effect_and_no_interaction() =>
        Gen.Select(Function, AnyIndex, Gen.Double[-3, 3]).Where((_, what, _) => what.Index != InteractionIndex.Fourier).Sample((function, what, effect) =>
        {
            // f(m) + effect·[feature n is present]
            Spectrum wider = new(FeatureCount + 1, [.. function.Terms, new(FeatureSet.Empty, effect / 2), new(new FeatureSet(FeatureCount), -effect / 2)]);
            InteractionValues values = InteractionConverter.Convert(wider, what.Index, what.Order);
            Assert.Equal(effect, values[new FeatureSet(FeatureCount)], 1e-9);
            Assert.All(
                values.Interactions.Where(interaction => interaction.Set.Count > 1 && interaction.Set.Contains(FeatureCount)),
                interaction => Assert.Equal(0, interaction.Strength, 1e-9));
        });

    [Fact]
    public void Linearity_of_every_index() =>
        Gen.Select(Function, Function, Gen.Double[-3, 3], AnyIndex).Sample((f, g, scale, what) =>
        {
            InteractionValues ofF = InteractionConverter.Convert(f, what.Index, what.Order), ofG = InteractionConverter.Convert(g, what.Index, what.Order);
            InteractionValues ofBoth = InteractionConverter.Convert(f.Plus(g.Times(scale)), what.Index, what.Order);
            foreach (FeatureSet set in ofF.Interactions.Concat(ofG.Interactions).Concat(ofBoth.Interactions).Select(interaction => interaction.Set))
            {
                Assert.Equal(ofF[set] + (scale * ofG[set]), ofBoth[set], 1e-8);
            }
        });

    [Fact]
    public void Tables_spectra_and_expansions_give_the_same_strengths() =>
        Gen.Select(Function, AnyIndex).Sample((function, what) =>
        {
            InteractionValues sparse = InteractionConverter.Convert(function, what.Index, what.Order);
            InteractionValues dense = InteractionConverter.FromTable(Generate.Table(function), what.Index, what.Order);
            InteractionValues moebius = InteractionConverter.Convert(MoebiusTransform.ToMoebius(function), what.Index, what.Order);
            foreach (FeatureSet set in sparse.Interactions.Concat(dense.Interactions).Concat(moebius.Interactions).Select(interaction => interaction.Set))
            {
                Assert.Equal(sparse[set], dense[set], 1e-9);
                Assert.Equal(sparse[set], moebius[set], 1e-7);
            }
        });

    [Fact]
    public void Faithful_indices_reproduce_functions_of_their_order() =>
        Gen.Select(Generate.Spectrum(FeatureCount, 3, 20), Gen.OneOf(InteractionIndex.Fbii, InteractionIndex.Fsii), Gen.Int[3, 5]).Sample((function, index, order) =>
        {
            InteractionValues values = InteractionConverter.Convert(function, index, order);
            MoebiusExpansion moebius = MoebiusTransform.ToMoebius(function);
            Assert.All(values.Interactions, interaction => Assert.Equal(moebius[interaction.Set], interaction.Strength, 1e-9));
            Assert.All(moebius.Terms, term => Assert.Equal(term.Coefficient, values[term.Set], 1e-9));
        });

    [Fact]
    public void FBII_is_the_truncated_spectrum_in_Moebius_form() =>
        Gen.Select(Function, Gen.Int[1, 4]).Sample((function, order) =>
        {
            InteractionValues values = InteractionConverter.Convert(function, InteractionIndex.Fbii, order);
            MoebiusExpansion truncated = MoebiusTransform.ToMoebius(function.Truncate(order));
            Assert.All(truncated.Terms, term => Assert.Equal(term.Coefficient, values[term.Set], 1e-9));
        });

    [Fact]
    public void At_order_one_the_Shapley_family_and_the_Banzhaf_family_each_agree() =>
        Function.Sample(function =>
        {
            foreach (InteractionIndex[] family in new InteractionIndex[][]
            {
                [InteractionIndex.Sv, InteractionIndex.Sii, InteractionIndex.KSii, InteractionIndex.Stii, InteractionIndex.Fsii, InteractionIndex.Chii],
                [InteractionIndex.Bv, InteractionIndex.Bii, InteractionIndex.Fbii],
            })
            {
                InteractionValues[] values = [.. family.Select(index => InteractionConverter.Convert(function, index, 1))];
                for (int feature = 0; feature < FeatureCount; feature++)
                {
                    Assert.All(values, other => Assert.Equal(values[0][new FeatureSet(feature)], other[new FeatureSet(feature)], 1e-9));
                }
            }
        });
}
