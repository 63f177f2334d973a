namespace Spex.Torch.Images;

/// <summary>What stands in the place of a patch that is switched off.</summary>
public enum ImageRemoval
{
    /// <summary>The picture itself behind a Gaussian blur whose standard deviation is an eighth of the longer side: colours stay, shapes go.</summary>
    Blur,

    /// <summary>The mean colour of the picture.</summary>
    Mean,

    /// <summary>Grey: half of each channel's range.</summary>
    Grey,
}
