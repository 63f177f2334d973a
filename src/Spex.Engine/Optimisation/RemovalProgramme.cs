using Google.OrTools.Sat;
using Spex.Core;
using Spex.Core.Spectra;

namespace Spex.Engine.Optimisation;

/// <summary>Maximises Σ_T c_T·Π_{i∈T} z_i over 0/1 vectors z with exactly r ones.</summary>
/// <remarks>
/// <para>
/// Before CP-SAT sees it, a greedy choice with single exchanges gives a set to beat, and features are left out that no better set can have: each set's positive coefficient is shared
/// out among its members, w_i = c_i + Σ_{T∋i, |T|>1} max(0, c_T)/|T|, so that any set R reaches at most Σ_{i∈R} w_i. A feature whose share together with the r − 1 largest others stays at or
/// below the set to beat cannot be part of a better one; its terms go with it, which lowers the shares of the others, until nothing more can be left out.
/// </para>
/// </remarks>
internal sealed class RemovalProgramme
{
    private const int Seed = 1;

    // Coefficients are whole multiples of Σ|c|·2^−32: sums stay far within the 53 bits that CP-SAT's linear relaxation keeps exactly.
    private const int ScaleBits = 32;

    private readonly int _featureCount;
    private readonly int _count;
    private readonly SpectrumTerm[] _terms;
    private readonly List<int>[] _termsOf;
    private readonly double _rounding;

    /// <summary>Makes the programme.</summary>
    /// <param name="featureCount">n.</param>
    /// <param name="count">r, 0 to n.</param>
    /// <param name="terms">c_T of sets with 1 to r features, each once.</param>
    public RemovalProgramme(int featureCount, int count, SpectrumTerm[] terms)
    {
        (_featureCount, _count, _terms) = (featureCount, count, terms);
        _termsOf = new List<int>[featureCount];
        for (int feature = 0; feature < featureCount; feature++)
        {
            _termsOf[feature] = [];
        }

        for (int t = 0; t < terms.Length; t++)
        {
            foreach (int feature in terms[t].Set.Features)
            {
                _termsOf[feature].Add(t);
            }
        }

        _rounding = Math.ScaleB(terms.Sum(term => Math.Abs(term.Coefficient)), -ScaleBits);
    }

    /// <summary>Solves it.</summary>
    /// <param name="effortLimit">The most deterministic time of CP-SAT.</param>
    /// <param name="cancel">Ends the search.</param>
    /// <returns>The set, ascending, and by how much another could be better at most; 0 where none is.</returns>
    public (int[] Features, double Gap) Solve(double effortLimit, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        (int[] best, double value) = Improve(Greedy());
        if (_count == 0 || _count == _featureCount)
        {
            return (best, 0);
        }

        int[] left = Reduce(value);
        return left.Length == 0 ? (best, 0) : SolveExactly(left, best, value, effortLimit, cancel);
    }

    private (int[] Features, double Gap) SolveExactly(int[] features, int[] best, double value, double effortLimit, CancellationToken cancel)
    {
        // A better set may hold features outside only if there are none: all of it is among those left.
        CpModel model = new();
        Dictionary<int, BoolVar> removed = features.ToDictionary(feature => feature, feature => model.NewBoolVar($"z{feature}"));
        SortedDictionary<(int Feature, int Size), List<BoolVar>> products = [];
        List<BoolVar> variables = [];
        List<long> coefficients = [];
        int hinted = best.Count(removed.ContainsKey);
        HashSet<int> chosen = [.. best];
        foreach (SpectrumTerm term in _terms)
        {
            long coefficient = (long)Math.Round(term.Coefficient / _rounding);
            if (coefficient == 0 || !All(term.Set, removed.ContainsKey))
            {
                continue;
            }

            coefficients.Add(coefficient);
            if (term.Set.Count == 1)
            {
                variables.Add(removed[term.Set[0]]);
                continue;
            }

            BoolVar[] members = [.. term.Set.Features.ToArray().Select(feature => removed[feature])];
            BoolVar together = model.NewBoolVar($"y{variables.Count}");
            variables.Add(together);
            if (coefficient > 0)
            {
                foreach (BoolVar member in members)
                {
                    model.AddImplication(together, member);
                }

                foreach (int feature in term.Set.Features)
                {
                    if (!products.TryGetValue((feature, term.Set.Count), out List<BoolVar>? sets))
                    {
                        products.Add((feature, term.Set.Count), sets = []);
                    }

                    sets.Add(together);
                }
            }
            else
            {
                model.AddBoolOr([together, .. members.Select(member => member.Not())]);
            }

            if (hinted == best.Length)
            {
                model.AddHint((ILiteral)together, All(term.Set, chosen.Contains));
            }
        }

        // z_i with the other r − 1 chosen features makes at most C(r−1, k−1) sets of size k: what Σ z_j = r times z_i says, which the products alone do not tell the relaxation.
        foreach (((int feature, int size), List<BoolVar> sets) in products)
        {
            long most = Binomial(_count - 1, size - 1);
            if (sets.Count > most)
            {
                model.Add(LinearExpr.Sum(sets) <= LinearExpr.Term(removed[feature], most));
            }
        }

        model.Add(LinearExpr.Sum(removed.Values) == _count);
        LinearExpr objective = LinearExpr.WeightedSum(variables, coefficients);
        model.Maximize(objective);
        foreach ((int feature, BoolVar variable) in removed)
        {
            if (hinted == best.Length)
            {
                model.AddHint((ILiteral)variable, chosen.Contains(feature));
            }
        }

        using CpSolver solver = new()
        {
            StringParameters = string.Create(
                System.Globalization.CultureInfo.InvariantCulture, $"num_workers:1 linearization_level:2 random_seed:{Seed} max_deterministic_time:{effortLimit}"),
        };
        using CancellationTokenRegistration stop = cancel.Register(solver.StopSearch);
        CpSolverStatus status = solver.Solve(model);
        cancel.ThrowIfCancellationRequested();

        // Without a solution there is no bound worth the name either.
        double bound = status == CpSolverStatus.Feasible ? solver.BestObjectiveBound * _rounding : double.PositiveInfinity;
        if (status is CpSolverStatus.Optimal or CpSolverStatus.Feasible)
        {
            int[] found = [.. features.Where(feature => solver.BooleanValue(removed[feature]))];
            double reached = ValueOf(found);
            if (reached > value)
            {
                (best, value) = (found, reached);
            }
        }

        return status switch
        {
            CpSolverStatus.Optimal or CpSolverStatus.Infeasible => (best, 0),
            CpSolverStatus.Feasible or CpSolverStatus.Unknown => (best, Math.Max(double.Epsilon, Math.Min(bound, UpperBound(features)) - value)),
            _ => throw new SpexException($"The search for the {_count} most important features failed: CP-SAT answered {status}."),
        };
    }

    /// <summary>The features that a better set can have; none where there is no better set.</summary>
    private int[] Reduce(double value)
    {
        bool[] inside = new bool[_featureCount];
        Array.Fill(inside, true);

        // Features in no term are alike: as many of them as could be chosen are enough.
        int alike = 0;
        for (int feature = 0; feature < _featureCount; feature++)
        {
            if (_termsOf[feature].Count == 0 && alike++ >= _count)
            {
                inside[feature] = false;
            }
        }

        while (true)
        {
            double[] shares = Shares(inside);
            int[] left = [.. Enumerable.Range(0, _featureCount).Where(feature => inside[feature])];
            if (left.Length < _count)
            {
                return [];
            }

            double[] sorted = [.. left.Select(feature => shares[feature]).OrderDescending()];
            double others = sorted.Take(_count - 1).Sum();
            bool changed = false;
            foreach (int feature in left)
            {
                // A feature among the largest r − 1 has the r-th beside it instead of itself.
                double bound = shares[feature] >= sorted[_count - 1] ? others + sorted[_count - 1] : others + shares[feature];
                if (bound <= value)
                {
                    inside[feature] = false;
                    changed = true;
                }
            }

            if (!changed)
            {
                return left;
            }
        }
    }

    private double UpperBound(int[] features)
    {
        bool[] inside = new bool[_featureCount];
        foreach (int feature in features)
        {
            inside[feature] = true;
        }

        double[] shares = Shares(inside);
        return features.Select(feature => shares[feature]).OrderDescending().Take(_count).Sum();
    }

    private double[] Shares(bool[] inside)
    {
        double[] shares = new double[_featureCount];
        foreach (SpectrumTerm term in _terms)
        {
            int size = term.Set.Count;
            if ((size > 1 && term.Coefficient <= 0) || !All(term.Set, feature => inside[feature]))
            {
                continue;
            }

            foreach (int feature in term.Set.Features)
            {
                shares[feature] += term.Coefficient / size;
            }
        }

        return shares;
    }

    /// <summary>Takes r times the feature that adds most; the lower one among equals.</summary>
    private int[] Greedy()
    {
        bool[] chosen = new bool[_featureCount];
        int[] taken = new int[_count];
        for (int k = 0; k < _count; k++)
        {
            int best = -1;
            double most = double.NegativeInfinity;
            for (int feature = 0; feature < _featureCount; feature++)
            {
                if (!chosen[feature] && Gain(feature, chosen) is double gain && gain > most)
                {
                    (best, most) = (feature, gain);
                }
            }

            chosen[best] = true;
            taken[k] = best;
        }

        return taken;
    }

    /// <summary>Exchanges single features as long as that makes the sum larger.</summary>
    private (int[] Features, double Value) Improve(int[] features)
    {
        bool[] chosen = new bool[_featureCount];
        foreach (int feature in features)
        {
            chosen[feature] = true;
        }

        for (bool better = true; better;)
        {
            better = false;
            for (int k = 0; k < features.Length; k++)
            {
                int old = features[k];
                chosen[old] = false;
                double most = Gain(old, chosen);
                double least = Math.Abs(most) * 1e-12;
                int best = old;
                for (int feature = 0; feature < _featureCount; feature++)
                {
                    if (!chosen[feature] && feature != old && Gain(feature, chosen) is double gain && gain > most + least)
                    {
                        (best, most, better) = (feature, gain, true);
                    }
                }

                chosen[best] = true;
                features[k] = best;
            }
        }

        int[] sorted = [.. features.Order()];
        return (sorted, ValueOf(sorted));
    }

    /// <summary>What a feature adds to the sum beside those that are chosen.</summary>
    private double Gain(int feature, bool[] chosen)
    {
        double gain = 0;
        foreach (int t in _termsOf[feature])
        {
            gain += All(_terms[t].Set, member => member == feature || chosen[member]) ? _terms[t].Coefficient : 0;
        }

        return gain;
    }

    private double ValueOf(int[] features)
    {
        FeatureSet set = FeatureSet.FromAscending(features);
        return features.SelectMany(feature => _termsOf[feature]).Distinct().Order().Where(t => set.IsSupersetOf(_terms[t].Set)).Sum(t => _terms[t].Coefficient);
    }

    private static long Binomial(int n, int k)
    {
        long value = 1;
        for (int i = 1; i <= k; i++)
        {
            value = value > 1L << 40 ? 1L << 40 : value * (n - k + i) / i;
        }

        return value;
    }

    private static bool All(FeatureSet set, Func<int, bool> holds)
    {
        foreach (int feature in set.Features)
        {
            if (!holds(feature))
            {
                return false;
            }
        }

        return true;
    }
}
