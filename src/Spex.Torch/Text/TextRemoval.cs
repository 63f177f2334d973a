namespace Spex.Torch.Text;

/// <summary>What becomes of the tokens of a feature that is switched off.</summary>
public enum TextRemoval
{
    /// <summary>Each is replaced by the mask token that the model was trained with.</summary>
    Mask,

    /// <summary>The feature is replaced by a neutral word.</summary>
    Neutral,

    /// <summary>They are left out: the text becomes shorter.</summary>
    Delete,

    /// <summary>They stay where they are, and nothing attends to them.</summary>
    Attention,
}
