using System.Globalization;
using Spex.Core;
using Spex.Core.Formats;

namespace Spex.Torch.Questions;

/// <summary>Multiple-choice questions in the form of MMLU (Hendrycks et al., 2021): CSV records of question, answers, and which is right.</summary>
/// <remarks>
/// MMLU has four answers; two to 26 are read, the same number in every record. The right one is named by its letter (A is the first) or its number (0 is the first). A first record whose last field is
/// "answer" is a header and passed over.
/// </remarks>
public static class MultipleChoiceFile
{
    private const int MostChoices = 26;

    /// <summary>Reads a file.</summary>
    /// <exception cref="SpexInputException">It cannot be read, has no questions, records of another number of fields, empty fields, or an answer that is none of the choices.</exception>
    public static IReadOnlyList<MultipleChoiceQuestion> Read(string path)
    {
        IReadOnlyList<CsvRecord> records = CsvFile.Read(path);
        if (records is [{ } first, ..] && first.Fields[^1].Trim().Equals("answer", StringComparison.OrdinalIgnoreCase))
        {
            records = [.. records.Skip(1)];
        }

        return records.Count > 0
            ? [.. records.Select(record => QuestionOf(path, record, records[0].Fields.Count))]
            : throw new SpexInputException($"{path} has no questions; each is a record of a question, its answers, and the right one's letter.");
    }

    /// <summary>What the questions are about, from the file's name as MMLU gives them: high_school_us_history_test.csv is about high school us history.</summary>
    public static string SubjectOf(string path)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        foreach (string part in (string[])["_test", "_dev", "_val"])
        {
            name = name.EndsWith(part, StringComparison.Ordinal) ? name[..^part.Length] : name;
        }

        return name.Replace('_', ' ');
    }

    private static MultipleChoiceQuestion QuestionOf(string path, CsvRecord record, int fieldCount)
    {
        IReadOnlyList<string> fields = record.Fields;
        string place = $"{path}, line {record.Line}";
        if (fields.Count != fieldCount || fields.Count is < 4 or > MostChoices + 2)
        {
            string expected = fields.Count != fieldCount ? $"the records before have {fieldCount}" : "a question, two or more answers, and the right one's letter are needed";
            throw new SpexInputException($"{place}: the record has {fields.Count} fields; {expected}. Put fields with commas or line breaks in quotes.");
        }

        int empty = fields.ToList().FindIndex(string.IsNullOrWhiteSpace);
        if (empty >= 0)
        {
            throw new SpexInputException($"{place}: field {empty + 1} is empty; the question, each answer and the right one's letter need a text.");
        }

        string[] choices = [.. fields.Skip(1).SkipLast(1)];
        string given = fields[^1].Trim();
        int answer = given is [char letter] && char.IsAsciiLetter(letter) ? char.ToUpperInvariant(letter) - 'A'
            : int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number
            : -1;
        return answer >= 0 && answer < choices.Length
            ? new MultipleChoiceQuestion(fields[0], choices, answer, record.Line)
            : throw new SpexInputException($"{place}: the right answer is \"{given}\"; A to {(char)('A' + choices.Length - 1)}, or 0 to {choices.Length - 1}, are allowed.");
    }
}
