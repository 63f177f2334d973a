namespace Spex.Tests;

/// <summary>A disk that is full, held by one test at a time: what locks the files that it writes would find this one locked by another test's process.</summary>
/// <remarks>Linked into every test project.</remarks>
internal sealed class FullDisk : IDisposable
{
    /// <summary>Its file.</summary>
    public const string File = "/dev/full";

    private readonly Mutex _mutex = new(false, @"Global\spex-tests-full-disk");

    private FullDisk()
    {
        try
        {
            _mutex.WaitOne();
        }
        catch (AbandonedMutexException)
        {
            // A test's process was killed; the disk is as full as before.
        }
    }

    /// <summary>Waits for it; skips the test where there is none.</summary>
    public static FullDisk Hold()
    {
        Assert.SkipUnless(System.IO.File.Exists(File), $"This system has no {File}.");
        return new FullDisk();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _mutex.ReleaseMutex();
        _mutex.Dispose();
    }
}
