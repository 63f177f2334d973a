namespace Spex.Torch.Models;

/// <summary>What the families of encoders call their weights and settings; what they compute is the same but for the head.</summary>
internal sealed record EncoderNames
{
    public const string Bert = "BertForSequenceClassification", DistilBert = "DistilBertForSequenceClassification", Roberta = "RobertaForSequenceClassification";

    private static readonly EncoderNames OfBert = new()
    {
        Prefix = "bert.",
        Layer = "encoder.layer.",
        Query = "attention.self.query",
        Key = "attention.self.key",
        Value = "attention.self.value",
        Output = "attention.output.dense",
        AttentionNorm = "attention.output.LayerNorm",
        Inner = "intermediate.dense",
        Outer = "output.dense",
        OutputNorm = "output.LayerNorm",
        HeadInner = "bert.pooler.dense",
        HeadOuter = "classifier",
        Layers = "num_hidden_layers",
        Heads = "num_attention_heads",
        Hidden = "hidden_size",
        InnerSize = "intermediate_size",
        Activation = "hidden_act",
        HasTypes = true,
    };

    private static readonly EncoderNames OfDistilBert = new()
    {
        Prefix = "distilbert.",
        Layer = "transformer.layer.",
        Query = "attention.q_lin",
        Key = "attention.k_lin",
        Value = "attention.v_lin",
        Output = "attention.out_lin",
        AttentionNorm = "sa_layer_norm",
        Inner = "ffn.lin1",
        Outer = "ffn.lin2",
        OutputNorm = "output_layer_norm",
        HeadInner = "pre_classifier",
        HeadOuter = "classifier",
        HeadIsRectified = true,
        Layers = "n_layers",
        Heads = "n_heads",
        Hidden = "dim",
        InnerSize = "hidden_dim",
        Activation = "activation",
    };

    private static readonly EncoderNames OfRoberta = OfBert with { Prefix = "roberta.", HeadInner = "classifier.dense", HeadOuter = "classifier.out_proj", CountsFromPadding = true };

    /// <summary>What all names of the encoder itself begin with.</summary>
    public required string Prefix { get; init; }

    public required string Layer { get; init; }

    public required string Query { get; init; }

    public required string Key { get; init; }

    public required string Value { get; init; }

    public required string Output { get; init; }

    public required string AttentionNorm { get; init; }

    public required string Inner { get; init; }

    public required string Outer { get; init; }

    public required string OutputNorm { get; init; }

    public required string HeadInner { get; init; }

    public required string HeadOuter { get; init; }

    /// <summary>Whether the head's inner layer is rectified; else it is tanh.</summary>
    public bool HeadIsRectified { get; init; }

    public required string Layers { get; init; }

    public required string Heads { get; init; }

    public required string Hidden { get; init; }

    public required string InnerSize { get; init; }

    public required string Activation { get; init; }

    public bool HasTypes { get; init; }

    /// <summary>Whether positions are numbered from the padding token's number + 1, over tokens that are no padding; else from 0.</summary>
    public bool CountsFromPadding { get; init; }

    public static EncoderNames Of(string architecture) => architecture switch
    {
        Bert => OfBert,
        DistilBert => OfDistilBert,
        Roberta => OfRoberta,
        _ => throw new ArgumentOutOfRangeException(nameof(architecture), architecture, "Not an encoder."),
    };
}
