namespace Spex.Core;

/// <summary>Something that was given is wrong: an argument, an option, a file. The command shows the message alone and exits with 2.</summary>
public sealed class SpexInputException : SpexException
{
    /// <summary>Makes the exception with the message that people read.</summary>
    public SpexInputException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception with the message that people read and its cause.</summary>
    public SpexInputException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
