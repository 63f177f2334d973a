namespace Spex.Engine.Explaining;

/// <summary>Values that were paid for, by mask.</summary>
internal interface ISampleStore
{
    /// <summary>The value of a mask, if it is known.</summary>
    bool TryGet(ReadOnlySpan<ulong> mask, out float value);

    /// <summary>Keeps values of masks that were not known: values.Length × ⌈n/64⌉ words, one value a mask.</summary>
    void Append(ReadOnlySpan<ulong> masks, ReadOnlySpan<float> values);

    /// <summary>Keeps a change of the batch plan.</summary>
    void Record(PlanChange change);
}
