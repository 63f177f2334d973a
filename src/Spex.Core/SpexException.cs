namespace Spex.Core;

/// <summary>A run that cannot go on. The message says what was wrong, what was got, what is allowed and how to mend it; the command shows it alone and exits with 1.</summary>
public class SpexException : Exception
{
    /// <summary>Makes the exception with the message that people read.</summary>
    public SpexException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception with the message that people read and its cause.</summary>
    public SpexException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
