using System.CommandLine;
using Spex.Torch.Forward;

namespace Spex.Cli.Commands;

/// <summary>Which class of a classifier is explained, and what of it.</summary>
internal sealed class ClassOptions
{
    private readonly Option<string?> _target;

    private readonly Option<string> _value = OptionKinds.Choice(
        "--value", "VALUE", "What of the class: its logit, the margin to the best other class, or its probability.", ["logit", "margin", "probability"]);

    /// <summary>Makes the options.</summary>
    /// <param name="by">How classes are given: "by name or number".</param>
    public ClassOptions(string by) => _target = new("--target") { HelpName = "CLASS", Description = $"The class that is explained, {by}. [default: what the model says]" };

    public void AddTo(Command command)
    {
        command.Add(_target);
        command.Add(_value);
    }

    /// <summary>The class; null for the predicted one.</summary>
    public string? Target(ParseResult parsed) => parsed.GetValue(_target);

    /// <summary>What of it.</summary>
    public ClassMeasure Measure(ParseResult parsed) => Enum.Parse<ClassMeasure>(parsed.GetRequiredValue(_value), ignoreCase: true);
}
