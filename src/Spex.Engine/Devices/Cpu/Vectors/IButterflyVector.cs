namespace Spex.Engine.Devices.Cpu.Vectors;

/// <summary>What a Walsh-Hadamard pass needs of a vector of floats; one struct a vector width, so that a pass is written once and compiled for each.</summary>
/// <typeparam name="TVector">The vector.</typeparam>
internal unsafe interface IButterflyVector<TVector>
    where TVector : struct
{
    /// <summary>Floats in a vector, a power of two.</summary>
    static abstract int Count { get; }

    /// <summary>A vector of one number.</summary>
    static abstract TVector Broadcast(float value);

    static abstract TVector Load(float* source);

    static abstract void Store(TVector vector, float* target);

    static abstract TVector Add(TVector left, TVector right);

    /// <summary>left − right, given −1: as a multiply-add where the processor has more units for those; the product is exact, so the bits are the same.</summary>
    static abstract TVector Subtract(TVector left, TVector right, TVector minusOne);

    static abstract TVector Multiply(TVector left, TVector right);

    /// <summary>The butterflies of strides 1, 2, … Count/2 inside one vector.</summary>
    static abstract TVector Within(TVector vector);

    /// <summary><see cref="Within"/> for eight vectors, stage by stage, so that eight independent additions are in flight.</summary>
    static abstract void Within8(
        ref TVector a, ref TVector b, ref TVector c, ref TVector d, ref TVector e, ref TVector f, ref TVector g, ref TVector h);
}
