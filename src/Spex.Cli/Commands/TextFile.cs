using System.Text;
using Spex.Core;

namespace Spex.Cli.Commands;

/// <summary>Reads text files that people name.</summary>
internal static class TextFile
{
    // No text that a person wrote is longer, and a wrong file is told from one.
    private const long LongestFile = 64 << 20;

    /// <summary>The text of a file, UTF-8.</summary>
    /// <exception cref="SpexInputException">It cannot be read, is too long, or is no text in UTF-8.</exception>
    public static string Read(string path)
    {
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read);
            if (stream.CanSeek && stream.Length > LongestFile)
            {
                throw new SpexInputException($"{path} has {stream.Length:N0} bytes; a text has at most {LongestFile:N0}. Is it the right file?");
            }

            using StreamReader reader = new(stream, new UTF8Encoding(false, throwOnInvalidBytes: true));
            return reader.ReadToEnd();
        }
        catch (DecoderFallbackException error)
        {
            throw new SpexInputException($"{path} is no text in UTF-8; convert it, or give the right file.", error);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new SpexInputException($"There is no file {path}; check the path.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SpexInputException($"{path} cannot be read: {error.Message}", error);
        }
    }
}
