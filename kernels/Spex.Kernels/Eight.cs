namespace Spex.Kernels;

/// <summary>What a thread holds of a tile in its registers: eight times four numbers. Written out, because indexed arrays would be local memory.</summary>
internal readonly struct Eight(Four x0, Four x1, Four x2, Four x3, Four x4, Four x5, Four x6, Four x7)
{
    public readonly Four X0 = x0;
    public readonly Four X1 = x1;
    public readonly Four X2 = x2;
    public readonly Four X3 = x3;
    public readonly Four X4 = x4;
    public readonly Four X5 = x5;
    public readonly Four X6 = x6;
    public readonly Four X7 = x7;

    public static Eight operator *(Eight x, float factor) =>
        new(x.X0 * factor, x.X1 * factor, x.X2 * factor, x.X3 * factor, x.X4 * factor, x.X5 * factor, x.X6 * factor, x.X7 * factor);

    /// <summary>The butterflies of stride 1 within each four.</summary>
    public Eight Pairs() => new(X0.Pairs(), X1.Pairs(), X2.Pairs(), X3.Pairs(), X4.Pairs(), X5.Pairs(), X6.Pairs(), X7.Pairs());

    /// <summary>The butterflies of stride 2 within each four.</summary>
    public Eight Halves() => new(X0.Halves(), X1.Halves(), X2.Halves(), X3.Halves(), X4.Halves(), X5.Halves(), X6.Halves(), X7.Halves());

    /// <summary>The butterflies between lanes, see <see cref="Four.Across(int, uint)"/>.</summary>
    public Eight Across(int lanes, uint sign) => new(
        X0.Across(lanes, sign), X1.Across(lanes, sign), X2.Across(lanes, sign), X3.Across(lanes, sign), X4.Across(lanes, sign), X5.Across(lanes, sign), X6.Across(lanes, sign), X7.Across(lanes, sign));

    /// <summary>The stages [first, end) of the three between the eight.</summary>
    public Eight Stages(int first, int end)
    {
        Eight x = this;
        x = first <= 0 && end > 0 ? x.Neighbours() : x;
        x = first <= 1 && end > 1 ? x.Seconds() : x;
        return first <= 2 && end > 2 ? x.Fourths() : x;
    }

    private Eight Neighbours() => new(X0 + X1, X0 - X1, X2 + X3, X2 - X3, X4 + X5, X4 - X5, X6 + X7, X6 - X7);

    private Eight Seconds() => new(X0 + X2, X1 + X3, X0 - X2, X1 - X3, X4 + X6, X5 + X7, X4 - X6, X5 - X7);

    private Eight Fourths() => new(X0 + X4, X1 + X5, X2 + X6, X3 + X7, X0 - X4, X1 - X5, X2 - X6, X3 - X7);
}
