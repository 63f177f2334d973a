namespace Spex.Torch.Models;

/// <summary>An architecture that this library can run.</summary>
/// <param name="Name">Its name in config.json's "architectures".</param>
/// <param name="What">What it is, with its article: "a text classifier".</param>
/// <param name="Model">The class that <paramref name="Create"/> makes; its base class is what callers ask for.</param>
/// <param name="Create">Makes the model; the weights are closed afterwards.</param>
public sealed record ModelArchitecture(string Name, string What, Type Model, Func<ModelConfiguration, ModelWeights, PretrainedModel> Create);
