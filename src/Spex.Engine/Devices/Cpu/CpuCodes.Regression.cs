namespace Spex.Engine.Devices.Cpu;

/// <content>Regression on terms in the domain of the bins.</content>
internal sealed unsafe partial class CpuCodes
{
    // Far below the rounding of values of size 1: a bin that is solved to the last bit gets a large weight, not an infinite one.
    private const double LeastEnergy = 1e-20;

    public override void Reweigh(BinTerms terms, ReadOnlySpan<int> functions, double priorDelays) =>
        ForLayers(terms, functions, layer => layer.Reweigh(priorDelays));

    public override void Sweep(BinTerms terms, ReadOnlySpan<int> functions) => ForLayers(terms, functions, layer => layer.Sweep());

    public override void SweepShrinking(BinTerms terms, ReadOnlySpan<int> functions, double threshold, bool activeOnly) =>
        ForLayers(terms, functions, layer => layer.SweepShrinking(threshold, activeOnly));

    private void ForLayers(BinTerms terms, ReadOnlySpan<int> functions, Action<Layer> body)
    {
        CheckTerms(terms, functions);
        int[] of = functions.ToArray();
        int layers = terms.Bins.LayerCount;
        device.For(of.Length * layers, item => body(new Layer(terms, of[item / layers], item % layers)));
    }

    /// <summary>The regression of one layer of a function.</summary>
    private readonly struct Layer(BinTerms terms, int function, int layer)
    {
        private readonly BinColumns _residual = new(terms.Bins, (function * terms.Bins.LayerCount) + layer);
        private readonly SpexPattern* _patterns = CpuDevice.Pointer(terms.Patterns) + ((long)function * terms.Capacity);
        private readonly double* _coefficients = CpuDevice.Pointer(terms.Coefficients) + ((((long)function * terms.Bins.LayerCount) + layer) * terms.Capacity);
        private readonly double* _weights = CpuDevice.Pointer(terms.Weights) + ((((long)function * terms.Bins.LayerCount) + layer) * terms.Bins.BinCount);
        private readonly int[] _lanes = BinColumns.LanesOf(terms.Bins, terms.Delays[layer]);
        private readonly int _delayCount = (int)UInt128.PopCount(terms.Delays[layer]);
        private readonly int _termCount = terms.Counts[function];

        public void Reweigh(double priorDelays)
        {
            int bins = _residual.BinCount;
            double mean = 0;
            for (int bin = 0; bin < bins; bin++)
            {
                _weights[bin] = _residual.Energy(bin, _lanes);
                mean += _weights[bin];
            }

            mean /= (double)bins * _delayCount;
            for (int bin = 0; bin < bins; bin++)
            {
                _weights[bin] = (_delayCount + priorDelays) / (_weights[bin] + (priorDelays * mean) + LeastEnergy);
            }
        }

        public void Sweep()
        {
            for (int term = 0; term < _termCount; term++)
            {
                Change(term, _coefficients[term] + Step(term).Change);
            }
        }

        public void SweepShrinking(double threshold, bool activeOnly)
        {
            for (int term = 0; term < _termCount; term++)
            {
                double old = _coefficients[term];
                if (activeOnly && old == 0)
                {
                    continue;
                }

                (double change, double s2) = Step(term);
                double g = old + change, g2 = g * g;
                double next = term == 0 ? g : g2 <= threshold * s2 ? 0 : g * (1 - (s2 / g2));
                if (next != old)
                {
                    Change(term, next);
                }
            }
        }

        /// <summary>The change that brings a coefficient to its least-squares value given the others, and its squared standard error.</summary>
        private (double Change, double SquaredError) Step(int term)
        {
            ref readonly SpexPattern pattern = ref _patterns[term];
            double sum = 0, weights = 0;
            for (int c = 0; c < _residual.GroupCount; c++)
            {
                int bin = _residual.BinOf(pattern, c);
                double part = _residual.Correlate(bin, pattern, _lanes) * _weights[bin];
                sum += pattern.IsNegative(c) ? -part : part;
                weights += _weights[bin];
            }

            double information = weights * _delayCount;
            return (sum / information, 1 / information);
        }

        private void Change(int term, double next)
        {
            double old = _coefficients[term];
            _coefficients[term] = next;
            _residual.Add(_patterns[term], old - next);
        }
    }
}
