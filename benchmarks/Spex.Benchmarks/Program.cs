using Spex.Benchmarks;

return args switch
{
    ["spex", .. string[] rest] => SpexQuality.Run(rest),
    ["trees", .. string[] rest] => TreeQuality.Run(rest),
    ["tree-times", .. string[] rest] => TreeTimes.Run(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("""
        spex [--golden DIR] [--seeds N] [--game ID]   SPEX against the reference implementations: R² on unseen masks and CPU time of the decode
        trees [--game ID]                             boosted trees against LightGBM, one setting: R² out of fold and CPU time
        tree-times [n]                                CPU time of one tree by features, samples and depth
        """);
    return 2;
}
