namespace Spex.Core.Formats;

/// <summary>Writes files whole or not at all: into a temporary file beside the target, which then takes its name.</summary>
public static class OutputFile
{
    /// <summary>Finds out before a run whether its result can be written at the end: the folder exists, and a file can be made in it.</summary>
    /// <exception cref="SpexInputException">It cannot; the message says why.</exception>
    public static void Check(string path)
    {
        string target = Resolve(path);
        if (Directory.Exists(target))
        {
            throw new SpexInputException($"{path} is a folder; give the path of a file.");
        }

        try
        {
            if (IsDevice(target) || File.Exists(target))
            {
                using FileStream _ = new(target, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            }

            if (!IsDevice(target))
            {
                string temporary = TemporaryName(target);
                using FileStream _ = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SpexInputException(Explain(path, error), error);
        }
    }

    /// <summary>Writes a file. Until all is written and flushed to the disk, a file that stood there before stays as it was.</summary>
    /// <param name="path">The file. A device (/dev/stdout) is written as it is.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="SpexInputException">The folder does not exist or may not be written.</exception>
    /// <exception cref="SpexException">The disk is full, or writing failed otherwise.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string target = Resolve(path);
        string temporary = IsDevice(target) ? target : TemporaryName(target);
        try
        {
            using (FileStream stream = new(temporary, IsDevice(target) ? FileMode.Open : FileMode.CreateNew, FileAccess.Write))
            {
                write(stream);
                stream.Flush(flushToDisk: !IsDevice(target));
            }

            if (!IsDevice(target))
            {
                File.Move(temporary, target, overwrite: true);
            }
        }
        catch (Exception error)
        {
            if (!IsDevice(target))
            {
                Remove(temporary);
            }

            switch (error)
            {
                case DirectoryNotFoundException or UnauthorizedAccessException:
                    throw new SpexInputException(Explain(path, error), error);
                case IOException:
                    throw new SpexException(Explain(path, error), error);
                default:
                    throw;
            }
        }
    }

    /// <summary>Why a file cannot be written, for people.</summary>
    internal static string Explain(string path, Exception error) => error switch
    {
        DirectoryNotFoundException => $"{path} cannot be written: its folder does not exist. Make the folder, or give another path.",
        UnauthorizedAccessException when Directory.Exists(path) => $"{path} is a folder; give the path of a file.",
        UnauthorizedAccessException => $"{path} may not be written; check the permissions, or give another path.",
        IOException when IsDiskFull(error) => $"{path} could not be written: the disk is full. Free some space or give a path on another disk, and run again.",
        _ => $"{path} could not be written: {error.Message} Check the disk, or give another path.",
    };

    /// <summary>Whether an error says that there is no space left: ENOSPC or EDQUOT, ERROR_DISK_FULL or ERROR_HANDLE_DISK_FULL.</summary>
    internal static bool IsDiskFull(Exception error) => OperatingSystem.IsWindows()
        ? error.HResult is unchecked((int)0x80070070) or unchecked((int)0x80070027)
        : error.HResult is 28 or 69 or 122;

    private static string Resolve(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (IsDevice(Path.GetFullPath(path)))
        {
            // A pipe's link (/dev/stdout) leads to no path.
            return Path.GetFullPath(path);
        }

        try
        {
            // Renaming over a link would replace the link and leave its file as it was.
            return File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return Path.GetFullPath(path);
        }
    }

    private static bool IsDevice(string target) =>
        !OperatingSystem.IsWindows()
        && (target.StartsWith("/dev/", StringComparison.Ordinal) || target.StartsWith("/proc/", StringComparison.Ordinal))
        && !target.StartsWith("/dev/shm/", StringComparison.Ordinal);

    private static string TemporaryName(string target) => $"{target}.{Path.GetRandomFileName()}.tmp";

    private static void Remove(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The error that stopped the writing is the one to tell.
        }
    }
}
