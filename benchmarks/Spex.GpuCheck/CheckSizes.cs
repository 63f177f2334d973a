namespace Spex.GpuCheck;

/// <summary>How large the checks and measurements are.</summary>
internal sealed record CheckSizes
{
    /// <summary>For a GPU.</summary>
    public static CheckSizes Full { get; } = new()
    {
        FeatureCounts = [1, 7, 63, 64, 65, 129, 300, 1000, 4099],
        MaskCounts = [1, 63, 1000, 20_001],
        HadamardLogs = [.. Enumerable.Range(0, 23)],
        SampleCounts = [1, 63, 64, 1000, 4096, 4097, 20_000],
        ColumnCounts = [1, 33, 70, 257],
        CodeSizes = [(12, 2, 3, 0, 6), (40, 3, 4, 9, 12), (90, 5, 3, 30, 12), (300, 4, 4, 11, 20), (64, 6, 2, 80, 6), (1000, 5, 7, 3, 60)],
        RegressionSizes = [(200, 12, 2), (1000, 30, 2), (5000, 100, 1)],
        TreeSizes = [(2, 8), (40, 5), (333, 12), (1500, 257), (5000, 65), (20_000, 300)],
        Trees = 12,
        Games = ["F20_K50_snr10_s1", "H64_K20_s1", "F128_K50_s1", "A512_K30_s1", "bike_rf_row500", "digits64_mlp_row1600", "text_attn_n253"],
        Methods = ["spex", "proxyspex", "lasso", "lime", "faith-banzhaf"],
        Budget = null,
        TimedFeatureCounts = [64, 300, 1000, 4096],
        TransferBytes = 256L << 20,
        LeastSeconds = 0.05,
        Rounds = 9,
        GramColumns = 4096,
        GramSamples = 65_536,
        Decodes = [(1000, 8, 5e-3, 0.1), (10_000, 10, 0.1, null)],
        Terms = 100,
        Noise = 0.01,
        BatchDecodes = 256,
        BatchFeatures = 128,
        ProxyFeatures = 512,
        ProxyMasks = 36_864,
        ModelWords = 300,
        ModelAblations = 1 << 16,
        OutOfReach = [],
    };

    /// <summary>For a GPU that is emulated: every kernel in the form that a GPU runs, at sizes of several groups and more.</summary>
    public static CheckSizes Medium { get; } = new()
    {
        FeatureCounts = [1, 7, 63, 64, 65, 129, 300],
        MaskCounts = [1, 63, 1000],
        HadamardLogs = [0, 1, 2, 5, 8, 11, 13, 14],
        SampleCounts = [1, 63, 64, 1000],
        ColumnCounts = [1, 33, 70],
        CodeSizes = [(12, 2, 3, 0, 6), (40, 3, 4, 9, 12), (64, 6, 2, 80, 6)],
        RegressionSizes = [(200, 12, 2), (500, 30, 1), (200, 24, 2)],
        TreeSizes = [(2, 8), (40, 5), (333, 12), (600, 65)],
        Trees = 5,
        Games = ["F20_K50_snr10_s1"],
        Methods = ["spex", "lime"],
        Budget = 700,
        TimedFeatureCounts = [70],
        TransferBytes = 1 << 16,
        LeastSeconds = 0,
        Rounds = 1,
        GramColumns = 64,
        GramSamples = 1024,
        Decodes = [(40, 4, null, null)],
        Terms = 12,
        Noise = 0,
        BatchDecodes = 3,
        BatchFeatures = 16,
        ProxyFeatures = 12,
        ProxyMasks = 200,
        ModelWords = 12,
        ModelAblations = 256,
        OutOfReach = [],
    };

    /// <summary>For ILGPU's CPU accelerator, on which a group's threads are the system's.</summary>
    public static CheckSizes Small { get; } = new()
    {
        FeatureCounts = [7, 65],
        MaskCounts = [67],
        HadamardLogs = [0, 1, 2, 5, 8, 12],
        SampleCounts = [1, 130],
        ColumnCounts = [9],
        CodeSizes = [(20, 3, 2, 3, 5)],
        RegressionSizes = [(40, 6, 1)],
        TreeSizes = [(150, 9)],
        Trees = 3,
        Games = ["F20_K50_s1"],
        Methods = ["lime"],
        Budget = 150,
        TimedFeatureCounts = [70],
        TransferBytes = 1 << 12,
        LeastSeconds = 0,
        Rounds = 1,
        GramColumns = 16,
        GramSamples = 128,
        Decodes = [(8, 3, null, null)],
        Terms = 4,
        Noise = 0,
        BatchDecodes = 2,
        BatchFeatures = 8,
        ProxyFeatures = 9,
        ProxyMasks = 150,
        ModelWords = 12,
        ModelAblations = 64,
        OutOfReach = ["Kernels._widenGram", "Kernels._widenColumns"],
    };

    /// <summary>Numbers of features of the masks.</summary>
    public required int[] FeatureCounts { get; init; }

    /// <summary>Numbers of masks.</summary>
    public required int[] MaskCounts { get; init; }

    /// <summary>log2 of the lengths of rows that are transformed, ascending.</summary>
    public required int[] HadamardLogs { get; init; }

    /// <summary>Numbers of samples of sign matrices.</summary>
    public required int[] SampleCounts { get; init; }

    /// <summary>Numbers of columns of sign matrices.</summary>
    public required int[] ColumnCounts { get; init; }

    /// <summary>Tables of bins: n, t, b, delays beyond the code's, terms.</summary>
    public required (int N, int T, int B, int Extra, int Terms)[] CodeSizes { get; init; }

    /// <summary>Samples and features of regressions, and the largest sets that they try.</summary>
    public required (int Samples, int Features, int Degree)[] RegressionSizes { get; init; }

    /// <summary>Samples and features of boosted trees.</summary>
    public required (int Samples, int Features)[] TreeSizes { get; init; }

    /// <summary>Trees that a run grows.</summary>
    public required int Trees { get; init; }

    /// <summary>Names of the games that are explained.</summary>
    public required string[] Games { get; init; }

    /// <summary>The methods that explain them.</summary>
    public required string[] Methods { get; init; }

    /// <summary>Ablations of an explanation; null for the default.</summary>
    public required int? Budget { get; init; }

    /// <summary>Numbers of features of masks that are timed.</summary>
    public required int[] TimedFeatureCounts { get; init; }

    /// <summary>Bytes of the buffers whose traffic is timed: many times the second-level cache.</summary>
    public required long TransferBytes { get; init; }

    /// <summary>The least seconds that are timed at once.</summary>
    public required double LeastSeconds { get; init; }

    /// <summary>Times that a median is taken of.</summary>
    public required int Rounds { get; init; }

    /// <summary>Columns of the timed Gram matrix.</summary>
    public required int GramColumns { get; init; }

    /// <summary>Samples of the timed Gram matrix.</summary>
    public required int GramSamples { get; init; }

    /// <summary>Timed SPEX decodes: n, b, and the most seconds for transform and peeling and for the refit.</summary>
    public required (int N, int B, double? Find, double? Refit)[] Decodes { get; init; }

    /// <summary>Terms of the functions whose values are decoded.</summary>
    public required int Terms { get; init; }

    /// <summary>Standard deviation of the noise of their values.</summary>
    public required double Noise { get; init; }

    /// <summary>Features of the explanations of the timed batch.</summary>
    public required int BatchFeatures { get; init; }

    /// <summary>Explanations of the timed batch.</summary>
    public required int BatchDecodes { get; init; }

    /// <summary>Features of the timed ProxySPEX search.</summary>
    public required int ProxyFeatures { get; init; }

    /// <summary>Masks of the timed ProxySPEX search.</summary>
    public required int ProxyMasks { get; init; }

    /// <summary>Words of the text whose batches are timed.</summary>
    public required int ModelWords { get; init; }

    /// <summary>Its ablations.</summary>
    public required int ModelAblations { get; init; }

    /// <summary>Launchers of kernels that only larger sizes need.</summary>
    public required string[] OutOfReach { get; init; }
}
