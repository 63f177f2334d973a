namespace Spex.Torch.Images;

/// <summary>How an image is scaled. The numbers are those of Pillow, which a Hugging Face preprocessor_config.json uses in "resample".</summary>
public enum ResampleFilter
{
    /// <summary>The nearest pixel.</summary>
    Nearest = 0,

    /// <summary>Lanczos, three lobes.</summary>
    Lanczos = 1,

    /// <summary>A triangle.</summary>
    Bilinear = 2,

    /// <summary>Keys' cubic with a = −1/2.</summary>
    Bicubic = 3,

    /// <summary>The mean of the pixels that are covered.</summary>
    Box = 4,
}
