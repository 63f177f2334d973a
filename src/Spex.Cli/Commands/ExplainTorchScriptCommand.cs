using System.CommandLine;
using System.Globalization;
using Spex.Core;
using Spex.Core.Masks;
using Spex.Reports;
using Spex.Torch.Devices;
using Spex.Torch.TorchScript;

namespace Spex.Cli.Commands;

/// <summary>`spex explain torchscript FILE --features N`: a module that takes masks, or token ids.</summary>
internal static class ExplainTorchScriptCommand
{
    public static Command Create(Terminal terminal, CancellationToken cancel)
    {
        Argument<string> file = new("FILE") { Description = "A TorchScript file: torch.jit.trace(…) or torch.jit.script(…), then .save(\"model.pt\")." };
        Option<int?> features = OptionKinds.OptionalNumber(
            "--features", "N", "The module takes masks of N features, B x N float32 of 1 (present) and 0, and gives B values.", 1, MaskMatrix.MaxFeatureCount);
        Option<int[]?> tokens = new("--tokens")
        {
            HelpName = "ID,ID,…",
            Description = "The module takes token ids, B x T int64, and these are explained, each a feature.",
            CustomParser = argument =>
            {
                string[] words = argument.Tokens[^1].Value.Split(',', StringSplitOptions.TrimEntries);
                int[] ids = new int[words.Length];
                for (int i = 0; i < words.Length; i++)
                {
                    if (!int.TryParse(words[i], NumberStyles.None, CultureInfo.InvariantCulture, out ids[i]))
                    {
                        argument.AddError($"--tokens takes whole numbers with commas between them; got \"{words[i]}\".");
                        return null;
                    }
                }

                return ids;
            },
        };
        Option<int?> mask = OptionKinds.OptionalNumber("--mask-token", "ID", "With --tokens: what stands in the place of a token that is switched off.", 0, int.MaxValue);
        ClassOptions classes = new("by number, where the module gives B x C logits");
        ExplainOptions options = new();
        Command command = new("torchscript", "Explains a TorchScript module that takes masks, or token ids.") { file, features, tokens, mask };
        classes.AddTo(command);
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(file);
            int? n = parsed.GetValue(features), maskId = parsed.GetValue(mask);

            // A list that was not given comes as an empty one.
            int[]? ids = parsed.GetResult(tokens) is null ? null : parsed.GetValue(tokens);
            if (n is null == ids is null || ids is null != maskId is null)
            {
                throw new SpexInputException("Say what the module takes: masks, by --features N, or token ids, by --tokens ID,ID,… and --mask-token ID.");
            }

            using ReplicableModel<TorchScriptModule, TorchScriptValueFunction> explained = ChosenDevices.Explained(
                device => TorchScriptModule.Open(path, device),
                module => ids is null
                    ? TorchScriptValueFunction.OfMasks(module, n!.Value, classes.Target(parsed), classes.Measure(parsed))
                    : TorchScriptValueFunction.OfTokens(module, ids, maskId!.Value, classes.Target(parsed), classes.Measure(parsed)),
                options,
                parsed,
                terminal);
            string[]? names = ids?.Select(id => id.ToString(CultureInfo.InvariantCulture)).ToArray();
            Subject subject = new("game", path, explained.Function.Description, ids is null ? "feature" : "token", names);
            return ExplainRun.Invoke(subject, explained, options, parsed, terminal, cancel);
        });
        return command;
    }
}
