using System.Globalization;
using Spex.Core;
using Spex.Torch.Native;
using static TorchSharp.torch;

namespace Spex.Torch.Images;

/// <summary>A model that sorts images into classes, and how an image must be prepared for it.</summary>
/// <remarks>Whoever opens one disposes it, after the value functions that use it.</remarks>
public abstract class ImageClassifier : IDisposable
{
    private const int MostNamed = 20;

    /// <summary>Loads torch, which every classifier needs.</summary>
    private protected ImageClassifier() => TorchRuntime.EnsureLoaded();

    /// <summary>What people call it: ResNet-20, ViT.</summary>
    public abstract string Name { get; }

    /// <summary>Same hash, same model.</summary>
    public abstract string Hash { get; }

    /// <summary>The classes' names, in the order of the logits; null where they have none and are known by their numbers.</summary>
    public abstract IReadOnlyList<string>? ClassNames { get; }

    /// <summary>How images are prepared.</summary>
    public abstract ImagePreparation Preparation { get; }

    /// <summary>Where it runs.</summary>
    public virtual Device Device => CPU;

    /// <summary>About how many pixels a block of masks has: all their activations must fit into memory at once.</summary>
    internal virtual int PixelsPerBlock => 1 << 15;

    /// <summary>The name of a class, or its number.</summary>
    public string NameOf(int index) => ClassNames is { } names && index < names.Count ? names[index] : index.ToString(CultureInfo.InvariantCulture);

    /// <summary>The class of a name or a number.</summary>
    /// <param name="given">A class's name, whatever its letter case, or its number from 0.</param>
    /// <param name="classCount">Number of classes.</param>
    /// <exception cref="SpexInputException">There is no such class.</exception>
    public int FindClass(string given, int classCount)
    {
        ArgumentNullException.ThrowIfNull(given);
        for (int index = 0; ClassNames is { } names && index < names.Count; index++)
        {
            if (string.Equals(names[index], given, StringComparison.OrdinalIgnoreCase))
            {
                return index;
            }
        }

        if (int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < classCount)
        {
            return number;
        }

        string known = ClassNames is null ? "" : $", or {string.Join(", ", ClassNames.Take(MostNamed))}{(ClassNames.Count > MostNamed ? ", …" : "")}";
        throw new SpexInputException($"The model has no class {given}; a class is a number from 0 to {classCount - 1}{known}.");
    }

    /// <summary>The logits of prepared images.</summary>
    /// <param name="images">Of one size, which <see cref="ImagePreparation.Fit"/> gives.</param>
    /// <returns>One row of logits an image.</returns>
    public float[][] Logits(IReadOnlyList<RgbImage> images)
    {
        ArgumentNullException.ThrowIfNull(images);
        using (no_grad())
        using (NewDisposeScope())
        {
            Tensor[] rows = [.. images.Select(image => Preparation.Normalise(ImagePreparation.ToUnit(image), image.Width, image.Height))];
            Tensor logits = Forward(stack(rows).to(Device));
            float[] all = logits.cpu().contiguous().data<float>().ToArray();
            int classes = all.Length / images.Count;
            return [.. Enumerable.Range(0, images.Count).Select(row => all[(row * classes)..((row + 1) * classes)])];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>The logits of normalised images. May be called on several threads at once.</summary>
    /// <param name="images">B × 3 × height × width, float32, prepared as <see cref="Preparation"/> says, on the model's device.</param>
    /// <returns>B × C, float32, in the caller's dispose scope.</returns>
    public abstract Tensor Forward(Tensor images);

    /// <summary>Frees the weights.</summary>
    protected abstract void Dispose(bool disposing);
}
