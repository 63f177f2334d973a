using static TorchSharp.torch;

namespace Spex.Torch.Models;

/// <summary>States from which a pass goes on: what lies before a layer need not be computed again for every head mask.</summary>
/// <param name="Layer">The layer that takes the states.</param>
/// <param name="States">B × T × hidden, of the same tokens: what <see cref="DecoderModel.StatesBefore"/> gave. Belongs to the caller.</param>
public sealed record DecoderStart(int Layer, Tensor States);
