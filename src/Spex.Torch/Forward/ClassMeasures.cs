using Spex.Torch.Native;
using static TorchSharp.torch;

namespace Spex.Torch.Forward;

/// <summary>The measures of <see cref="ClassMeasure"/> on tensors.</summary>
internal static class ClassMeasures
{
    /// <summary>From logits, B × C, to B values.</summary>
    /// <param name="measure">What is wanted.</param>
    /// <param name="logits">B × C, C at least 2 for the margin.</param>
    /// <param name="target">The class, below C.</param>
    public static Tensor Of(this ClassMeasure measure, Tensor logits, int target) => measure switch
    {
        ClassMeasure.Logit => logits.select(1, target),
        ClassMeasure.Margin => logits.select(1, target).Plus(logits.index_fill(1, tensor([(long)target], device: logits.device), TensorArithmetic.Number(double.NegativeInfinity)).amax([1]).Times(-1)),
        ClassMeasure.Probability => logits.softmax(1).select(1, target),
        _ => throw new ArgumentOutOfRangeException(nameof(measure), measure, "Not a measure."),
    };
}
