using System.Globalization;
using Spex.Core.Designs;
using Spex.Core.Masks;
using Spex.Engine.Devices;
using Spex.Engine.Devices.Cpu;
using Spex.Engine.ValueFunctions;
using Spex.Torch.Models;
using Spex.Torch.Text;
using Spex.Torch.Tokenizers;
using static TorchSharp.torch;

namespace Spex.Benchmarks;

/// <summary>The masked path of models from folders beside the bare model at its best batch size: ablations and whole texts for a second of processor time, one thread.</summary>
internal static class TextModelTimes
{
    private const int Rounds = 5;

    private static readonly int[] BatchSizes = [1, 2, 4, 8, 16, 32, 64, 128, 256];

    public static int Run(string[] arguments)
    {
        if (arguments.Length is not (1 or 2))
        {
            Console.Error.WriteLine("text-models FILE [DIR]: a text, examples/review.txt; a model's folder. Without DIR, models with random weights of two sizes.");
            return 2;
        }

        string text = string.Join(' ', File.ReadAllText(arguments[0]).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Take(100));
        Console.WriteLine($"{Benchmarks.Rounds.Machine()}; {text.Split(' ').Length} words; medians of {Rounds} rounds, one thread, half the words present");
        Console.WriteLine($"{"model",-34}{"removal",-11}{"tokens",7}{"ablations/s",13}{"bare texts/s",14}{"its batch",11}{"share",8}");
        if (arguments.Length == 2)
        {
            Measure(arguments[1], Path.GetFileName(Path.TrimEndingDirectorySeparator(arguments[1])), text);
            return 0;
        }

        DirectoryInfo folder = Directory.CreateTempSubdirectory("spex-models-");
        try
        {
            foreach ((int hidden, int layers) in ((int, int)[])[(128, 2), (256, 4)])
            {
                string encoder = Path.Combine(folder.FullName, $"encoder-{hidden}"), decoder = Path.Combine(folder.FullName, $"decoder-{hidden}");
                RandomTextModels.WriteEncoder(encoder, text, hidden, layers, 512);
                Measure(encoder, $"BERT, width {hidden}, {layers} layers", text);
                RandomTextModels.WriteDecoder(decoder, text, hidden, layers, 1024);
                Measure(decoder, $"Llama, width {hidden}, {layers} layers", text);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        return 0;
    }

    private static void Measure(string path, string name, string text)
    {
        using TextModel model = TextModel.Open(path);
        ModelFolder folder = ModelFolder.Open(path);
        string whole = model.Answers ? $"{text} Answer:" : text;
        using Bare bare = Bare.Open(folder, model.Tokenizer, whole);
        int best = BatchSizes.MaxBy(size => bare.TextsPerSecond(size));
        foreach (TextRemoval removal in Enum.GetValues<TextRemoval>())
        {
            if (removal == TextRemoval.Mask && model.Tokenizer.Special.Mask is null)
            {
                continue;
            }

            TextParts parts = TextParts.Split(model.Tokenizer.Normalize(whole), TextUnit.Word, model.Answers ? ["Answer:"] : null);
            using TextValueFunction function = model.Answers
                ? model.Answer(parts, new AnswerTextOptions("the film", Removal: removal, Neutral: "the"))
                : model.Classify(parts, new ClassifierTextOptions(Removal: removal, Neutral: "the"));
            List<(double Ablations, double Texts)> rounds = [];
            for (int round = 0; round <= Rounds; round++)
            {
                rounds.Add((AblationsPerSecond(function, round), bare.TextsPerSecond(best)));
            }

            // The first round compiles.
            rounds.RemoveAt(0);
            double Median(Func<(double Ablations, double Texts), double> number) => rounds.Select(number).Order().ElementAt(Rounds / 2);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{name,-34}{removal.ToString().ToLowerInvariant(),-11}{function.TokenCount,7}{Median(one => one.Ablations),13:N0}{Median(one => one.Texts),14:N0}{best,11}{Median(one => one.Ablations / one.Texts),8:P0}"));
        }
    }

    private static double AblationsPerSecond(TextValueFunction function, int seed)
    {
        using CpuDevice device = new(1);
        int count = function.PreferredBatchSize;
        using DeviceBuffer<ulong> packed = device.Allocate<ulong>((long)count * MaskMatrix.WordsFor(function.FeatureCount));
        using DeviceBuffer<float> values = device.Allocate<float>(count);
        UniformDesign design = new(function.FeatureCount, (ulong)seed, 0, 1 << 20);
        long done = 0;
        TimeSpan start = Environment.CpuUsage.TotalTime;
        do
        {
            MaskMatrix masks = design.ToMatrix(done, count);
            packed.CopyFrom(masks.Words);
            function.Evaluate(new MaskBatch(packed, count, function.FeatureCount, done), values, CancellationToken.None);
            done += count;
        }
        while ((Environment.CpuUsage.TotalTime - start).TotalSeconds < 0.5);
        return done / (Environment.CpuUsage.TotalTime - start).TotalSeconds;
    }

    /// <summary>The model by itself, on the whole text over and over.</summary>
    private sealed class Bare(PretrainedModel model, long[] tokens, ContinuationTree? answer) : IDisposable
    {
        public static Bare Open(ModelFolder folder, TextTokenizer tokenizer, string text)
        {
            PretrainedModel model = folder.Load<PretrainedModel>();
            return new Bare(
                model,
                [.. tokenizer.EncodeWhole(text).Select(id => (long)id)],
                model is DecoderModel ? new ContinuationTree([tokenizer.EncodeContinuation(" the film")]) : null);
        }

        public double TextsPerSecond(int batch)
        {
            long[] rows = [.. Enumerable.Repeat(tokens, batch).SelectMany(row => row)];
            long read = 0;
            TimeSpan start = Environment.CpuUsage.TotalTime;
            do
            {
                using var scope = NewDisposeScope();
                Tensor ids = tensor(rows, batch, tokens.Length);
                _ = model is DecoderModel decoder ? decoder.LogProbabilities(ids, answer!) : ((EncoderClassifier)model).Forward(ids);
                read += batch;
            }
            while ((Environment.CpuUsage.TotalTime - start).TotalSeconds < 0.4);
            return read / (Environment.CpuUsage.TotalTime - start).TotalSeconds;
        }

        public void Dispose() => model.Dispose();
    }
}
