namespace Spex.Torch.Text;

/// <summary>How texts of a block are filled up to one length.</summary>
/// <param name="Token">What fills them up; a text that nothing is left of is this token.</param>
/// <param name="OnTheLeft">Whether in front, where what follows a text is read, and its tokens' positions are told.</param>
internal sealed record TextPadding(int Token, bool OnTheLeft);
