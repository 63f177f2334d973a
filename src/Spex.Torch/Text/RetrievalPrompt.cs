using System.Text;
using Spex.Core;

namespace Spex.Torch.Text;

/// <summary>A question with documents to answer it from, as one prompt; features are the documents or their sentences, and everything else is kept.</summary>
public sealed class RetrievalPrompt
{
    /// <summary>What the prompt begins with where nothing else is given.</summary>
    public const string StandardInstruction = "Answer the question with the help of the documents.";

    private RetrievalPrompt(TextParts parts, IReadOnlyList<string> documents, IReadOnlyList<int> documentOfFeature)
    {
        Parts = parts;
        Documents = documents;
        DocumentOfFeature = documentOfFeature;
    }

    /// <summary>The prompt and its features.</summary>
    public TextParts Parts { get; }

    /// <summary>The documents' names.</summary>
    public IReadOnlyList<string> Documents { get; }

    /// <summary>The document of each feature.</summary>
    public IReadOnlyList<int> DocumentOfFeature { get; }

    /// <summary>Puts a prompt together: instruction, documents with their numbers, question, "Answer:".</summary>
    /// <param name="question">The question.</param>
    /// <param name="documents">Names and texts, one or more.</param>
    /// <param name="unit">Sentence, paragraph, line or word: what a feature is; null for whole documents.</param>
    /// <param name="instruction">What stands in front; empty for nothing.</param>
    /// <exception cref="SpexInputException">The question is blank, or there is no document, or one is blank.</exception>
    public static RetrievalPrompt Make(string question, IReadOnlyList<(string Name, string Text)> documents, TextUnit? unit = TextUnit.Sentence, string instruction = StandardInstruction)
    {
        ArgumentNullException.ThrowIfNull(question);
        ArgumentNullException.ThrowIfNull(documents);
        ArgumentNullException.ThrowIfNull(instruction);
        if (string.IsNullOrWhiteSpace(question))
        {
            throw new SpexInputException("The question is empty; give the question that the documents answer.");
        }

        if (documents.Count == 0)
        {
            throw new SpexInputException("There are no documents; give one or more.");
        }

        StringBuilder prompt = new();
        if (!string.IsNullOrWhiteSpace(instruction))
        {
            prompt.Append(instruction.Trim()).Append("\n\n");
        }

        List<TextSpan> features = [];
        List<int> owners = [];
        for (int i = 0; i < documents.Count; i++)
        {
            string text = documents[i].Text.Trim();
            if (text.Length == 0)
            {
                throw new SpexInputException($"The document {documents[i].Name} is empty; leave it out, or give another file.");
            }

            prompt.Append("Document ").Append(i + 1).Append(": ");
            TextSpan whole = new(prompt.Length, text.Length);
            prompt.Append(text).Append("\n\n");
            IReadOnlyList<TextSpan> own = unit is { } kind ? TextUnits.Split(prompt.ToString(), kind, whole) : [whole];
            features.AddRange(own);
            owners.AddRange(Enumerable.Repeat(i, own.Count));
        }

        prompt.Append("Question: ").Append(question.Trim()).Append("\nAnswer:");
        string name = unit is { } one ? one.ToString().ToLowerInvariant() : "document";
        return new RetrievalPrompt(TextParts.Of(prompt.ToString(), features, name), [.. documents.Select(document => document.Name)], owners);
    }
}
