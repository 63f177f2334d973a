namespace Spex.Core.Formats;

/// <summary>Reads files that people name, and says in their words why one cannot be read.</summary>
internal static class InputFile
{
    /// <summary>All bytes of a file.</summary>
    /// <exception cref="SpexInputException">There is no such file, it may not be read, or it is 2 GiB or more.</exception>
    public static byte[] ReadAll(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SpexInputException(Explain(path, error), error);
        }
    }

    /// <summary>Why a file cannot be opened or read.</summary>
    public static string Explain(string path, Exception error) => error switch
    {
        FileNotFoundException or DirectoryNotFoundException => $"There is no file {path}; check the path.",
        UnauthorizedAccessException when Directory.Exists(path) => $"{path} is a folder; give a file.",
        UnauthorizedAccessException => $"{path} may not be read; check its permissions.",
        _ => $"{path} cannot be read: {error.Message}",
    };
}
