using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace Spex.Cli.Commands;

/// <summary>Options that say what they take when they are given something else.</summary>
internal static class OptionKinds
{
    /// <summary>A whole number within bounds.</summary>
    public static Option<T> Number<T>(string name, string helpName, string description, T least, T most, T standard)
        where T : struct, IBinaryInteger<T> => new(name)
        {
            HelpName = helpName,
            Description = description,
            DefaultValueFactory = _ => standard,
            CustomParser = argument => ParseNumber(argument, name, least, most) ?? standard,
        };

    /// <summary>A whole number within bounds, or none.</summary>
    public static Option<T?> OptionalNumber<T>(string name, string helpName, string description, T least, T most)
        where T : struct, IBinaryInteger<T> => new(name)
        {
            HelpName = helpName,
            Description = description,
            CustomParser = argument => ParseNumber(argument, name, least, most),
        };

    /// <summary>One of some words.</summary>
    public static Option<T> Choice<T>(string name, string description, IReadOnlyList<(string Word, T Meaning)> choices, Func<string, string, bool>? same = null)
    {
        same ??= static (given, word) => string.Equals(given, word, StringComparison.OrdinalIgnoreCase);
        string words = string.Join(", ", choices.Select(choice => choice.Word));
        Option<T> option = new(name)
        {
            HelpName = string.Join('|', choices.Select(choice => choice.Word)),
            Description = description,
            DefaultValueFactory = _ => choices[0].Meaning,
            CustomParser = argument =>
            {
                string given = argument.Tokens[^1].Value;
                foreach ((string word, T meaning) in choices)
                {
                    if (same(given, word))
                    {
                        return meaning;
                    }
                }

                argument.AddError($"{name} is one of {words}; got {given}.");
                return choices[0].Meaning;
            },
        };
        option.CompletionSources.Add(_ => choices.Select(choice => new System.CommandLine.Completions.CompletionItem(choice.Word)));
        return option;
    }

    /// <summary>A path.</summary>
    public static Option<string?> FileName(string name, string description) => new(name) { HelpName = "FILE", Description = description };

    private static T? ParseNumber<T>(ArgumentResult argument, string name, T least, T most)
        where T : struct, IBinaryInteger<T>
    {
        string given = argument.Tokens[^1].Value;
        if (T.TryParse(given, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out T number) && number >= least && number <= most)
        {
            return number;
        }

        argument.AddError($"{name} takes a whole number from {least} to {most}; got {given}.");
        return null;
    }
}
