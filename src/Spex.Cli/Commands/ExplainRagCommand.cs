using System.CommandLine;
using Spex.Core;
using Spex.Reports;
using Spex.Torch.Devices;
using Spex.Torch.Text;

namespace Spex.Cli.Commands;

/// <summary>`spex explain rag --question Q --documents FILE…`: which retrieved documents, or sentences of them, a language model's answer rests on, and which of them together.</summary>
internal static class ExplainRagCommand
{
    private const string Documents = "document";

    public static Command Create(Terminal terminal, CancellationToken cancel)
    {
        Option<string> question = new("--question") { HelpName = "Q", Description = "The question.", Required = true };
        Option<string[]> documents = new("--documents") { HelpName = "FILE…", Description = "Text files, UTF-8: the documents, in the prompt's order.", Required = true, AllowMultipleArgumentsPerToken = true };
        Option<string> model = new("--model") { HelpName = "DIR", Description = "A language model's folder (config.json, model.safetensors, tokenizer).", Required = true };
        Option<string> unit = OptionKinds.Choice("--unit", "UNIT", "What a feature is.", ["sentence", Documents, "paragraph", "line"]);
        Option<string> instruction = new("--instruction") { HelpName = "TEXT", Description = "What the prompt begins with.", DefaultValueFactory = _ => RetrievalPrompt.StandardInstruction };
        TextModelOptions chosen = new();
        ExplainOptions options = new();
        Command command = new("rag", "Explains an answer that was given from documents: which sentences it rests on, and which together, document by document.") { question, documents, model, unit, instruction };
        foreach (Option option in chosen.OfAnswers)
        {
            command.Add(option);
        }

        options.AddTo(command);
        command.SetAction(parsed =>
        {
            string[] files = parsed.GetRequiredValue(documents);
            string kind = parsed.GetRequiredValue(unit);
            string asked = parsed.GetRequiredValue(question);
            string[] names = Names(files), texts = [.. files.Select(TextFile.Read)];
            RetrievalPrompt PromptFor(TextModel own) => own.Answers
                ? RetrievalPrompt.Make(
                    own.Tokenizer.Normalize(asked),
                    [.. texts.Select((text, i) => (names[i], own.Tokenizer.Normalize(text)))],
                    kind == Documents ? null : Enum.Parse<TextUnit>(kind, ignoreCase: true),
                    own.Tokenizer.Normalize(parsed.GetRequiredValue(instruction)))
                : throw new SpexInputException($"{own.Architecture} is a classifier: it answers no questions. Give a language model's folder.");
            using ReplicableModel<TextModel, TextValueFunction> explained = chosen.Open(parsed.GetRequiredValue(model), own => PromptFor(own).Parts, options, parsed, terminal);
            RetrievalPrompt prompt = PromptFor(explained.Model);
            if (explained.FeatureCount != prompt.DocumentOfFeature.Count)
            {
                throw new SpexInputException("The model's tokenizer drops a whole part of a document, which then cannot be switched off. Take its unusual characters out.");
            }

            Subject subject = TextModelOptions.Describe(explained.Function, "rag", Headline.Of(asked)) with { Groups = prompt.Documents, GroupOfFeature = prompt.DocumentOfFeature };
            return TextModelOptions.Run(explained, kind == Documents ? subject with { FeatureNames = names } : subject, options, parsed, terminal, cancel);
        });
        return command;
    }

    /// <summary>The files' names, with their numbers where two are the same.</summary>
    private static string[] Names(string[] files)
    {
        string[] names = [.. files.Select(file => Path.GetFileNameWithoutExtension(file))];
        return [.. names.Select((name, i) => names.Count(other => other == name) > 1 ? $"{name} ({i + 1})" : name)];
    }
}
