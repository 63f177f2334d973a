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

    /// <summary>One of some words, whatever its letter case; the first is the default. The value is the word as it stands in the list.</summary>
    public static Option<string> Choice(string name, string helpName, string description, IReadOnlyList<string> words, Func<string, string>? canonical = null)
    {
        Option<string> option = new(name)
        {
            HelpName = helpName,
            Description = $"{description} One of {string.Join(", ", words)}.",
            DefaultValueFactory = _ => words[0],
            CustomParser = argument => ParseWord(argument, name, words, canonical) ?? words[0],
        };
        option.CompletionSources.Add(_ => words.Select(word => new System.CommandLine.Completions.CompletionItem(word)));
        return option;
    }

    /// <summary>One of some words, whatever its letter case, or none.</summary>
    public static Option<string?> OptionalChoice(string name, string helpName, string description, IReadOnlyList<string> words)
    {
        Option<string?> option = new(name)
        {
            HelpName = helpName,
            Description = description,
            CustomParser = argument => ParseWord(argument, name, words, null),
        };
        option.CompletionSources.Add(_ => words.Select(word => new System.CommandLine.Completions.CompletionItem(word)));
        return option;
    }

    /// <summary>A word that is checked: what is wrong with it, or null.</summary>
    public static Option<string> Checked(string name, string helpName, string description, string standard, Func<string, string?> check) => new(name)
    {
        HelpName = helpName,
        Description = description,
        DefaultValueFactory = _ => standard,
        CustomParser = argument =>
        {
            string given = argument.Tokens[^1].Value;
            if (check(given) is { } error)
            {
                argument.AddError(error);
            }

            return given;
        },
    };

    /// <summary>A path.</summary>
    public static Option<string?> FileName(string name, string description) => new(name) { HelpName = "FILE", Description = description };

    private static string? ParseWord(ArgumentResult argument, string name, IReadOnlyList<string> words, Func<string, string>? canonical)
    {
        string given = argument.Tokens[^1].Value;
        string wanted = canonical?.Invoke(given) ?? given;
        string? word = words.FirstOrDefault(word => string.Equals(word, wanted, StringComparison.OrdinalIgnoreCase));
        if (word is null)
        {
            argument.AddError($"{name} is one of {string.Join(", ", words)}; got {given}.");
        }

        return word;
    }

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
