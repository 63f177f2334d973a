using Spex.Benchmarks;

return args switch
{
    ["spex", .. string[] rest] => SpexQuality.Run(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("""
        spex [--golden DIR] [--seeds N] [--game ID]   SPEX against the reference implementations: R² on unseen masks and CPU time of the decode
        """);
    return 2;
}
