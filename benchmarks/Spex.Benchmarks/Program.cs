using Spex.Benchmarks;

return args switch
{
    [("spex" or "proxyspex" or "auto") and string method, .. string[] rest] => MethodQuality.Run(method, rest),
    ["ablations", .. string[] rest] => MethodQuality.RunAblations(rest),
    ["shapes", .. string[] rest] => ShapeQuality.Run(rest),
    ["trees", .. string[] rest] => TreeQuality.Run(rest),
    ["tree-times", .. string[] rest] => TreeTimes.Run(rest),
    ["decode"] => DecodeTimes.Run(),
    ["memory"] => DecodeTimes.Memory(),
    ["hadamard", .. string[] rest] => HadamardTimes.Run(rest),
    ["masks"] => MaskTimes.Run(),
    ["overhead", .. string[] rest] => CommandTimes.Overhead(rest),
    ["startup", .. string[] rest] => CommandTimes.Startup(rest),
    ["text-models", .. string[] rest] => TextModelTimes.Run(rest),
    ["image-models", .. string[] rest] => ImageModelTimes.Run(rest),
    ["proxy-search", .. string[] rest] => ProxySearchQuality.Run(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("""
        spex [--golden DIR] [--seeds N] [--game ID]   SPEX against the reference implementations' SPEX: R² on unseen masks and CPU time of the decode
                                                      --r2 leaves out the warming up, which times need
        proxyspex [the same]                          ProxySPEX against theirs
        auto [the same]                               auto against the best of all their methods
        ablations [--golden DIR] [--seeds N]          the ablations that auto needs for R² = 0.9, against the peers' ProxySPEX
        shapes [--shape KIND] [--features N,M] [--budgets N,M] [--seed S] [--seeds N]   auto, SPEX and ProxySPEX on random functions of many kinds, against plain regressions
        trees [--game ID] [--seeds N]                 boosted trees, quantized and fine, against LightGBM, one setting: R² out of fold and CPU time
        proxy-search [--paper|--large] [--game ID]    the search of a proxy's trees on random and golden games: R² out of fold and CPU time
        tree-times [n]                                CPU time of one tree by features, samples and depth
        decode                                        SPEX's decode in its parts, over features and over samples
        memory                                        peak memory of a decode, n = 4,000 with 50,000 ablations
        hadamard [--ffht PATH]                        the Walsh-Hadamard transform against FFHT and against copying, 2^8 to 2^24
        masks                                         building packed masks against the store bandwidth
        overhead FILE                                 a review of 500 words with 10,000 ablations: time in the model and outside
        text-models FILE [DIR]                        models from folders: ablations a second beside the whole texts a second that the bare model reads
        image-models MODEL FILE                       an image model: ablations a second beside the images a second that the bare model sorts
        startup PATH                                  the published command on a sentence of 12 words
        """);
    return 2;
}
