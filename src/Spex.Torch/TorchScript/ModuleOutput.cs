using System.Globalization;
using Spex.Core;
using Spex.Torch.Forward;
using static TorchSharp.torch;

namespace Spex.Torch.TorchScript;

/// <summary>Which number of a module's output is the value: the only one, or a measure of one class.</summary>
internal sealed class ModuleOutput
{
    private readonly TorchScriptModule _module;
    private readonly long? _classes;
    private readonly ClassMeasure _measure;

    /// <summary>Runs the module on the input with nothing removed, and looks at what it gives.</summary>
    /// <param name="module">The module.</param>
    /// <param name="whole">1 × …: the input, on the module's device.</param>
    /// <param name="target">The class's number; null for the predicted one.</param>
    /// <param name="measure">What of the class; a module that gives one value a row takes the logit only.</param>
    /// <exception cref="SpexInputException">There is no such class, or the module gives no classes.</exception>
    /// <exception cref="SpexException">The module throws, gives another shape, or other numbers for the same input.</exception>
    public ModuleOutput(TorchScriptModule module, Tensor whole, string? target, ClassMeasure measure)
    {
        _module = module;
        _measure = measure;
        using (no_grad())
        using (NewDisposeScope())
        {
            Tensor first = module.Run(whole), second = module.Run(whole);
            if (!first.allclose(second, 0, 0, equal_nan: true))
            {
                throw new SpexException($"{module.Path} gives other numbers when it is run again on the same input. Save it in evaluation mode (module.eval() before torch.jit.trace), so that dropout is off.");
            }

            _classes = first.dim() == 2 && first.shape[1] > 1 ? first.shape[1] : null;
            if (_classes is null)
            {
                if (target is not null || measure != ClassMeasure.Logit)
                {
                    throw new SpexInputException($"{module.Path} gives one number a row: there are no classes, of which a target or a {measure.ToString().ToLowerInvariant()} could be taken.");
                }

                return;
            }

            float[] logits = first.cpu().data<float>().ToArray();
            Predicted = Array.IndexOf(logits, logits.Max());
            Target = Predicted;
            if (target is not null)
            {
                Target = int.TryParse(target, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < _classes
                    ? number
                    : throw new SpexInputException($"{module.Path} has no class {target}; a class is a number from 0 to {_classes - 1}.");
            }
        }
    }

    /// <summary>Where the module runs.</summary>
    public Device Device => _module.Device;

    /// <summary>The class that is predicted for the whole input; null where there are no classes.</summary>
    public int? Predicted { get; }

    /// <summary>The class that is explained; null where there are no classes.</summary>
    public int? Target { get; }

    /// <summary>What the value is, for people.</summary>
    public string Description => Target is { } target
        ? $"the {_measure.ToString().ToLowerInvariant()} of class {target}; the module says class {Predicted}"
        : "the number that the module gives";

    /// <summary>For fingerprints.</summary>
    public string Identity => $"{_module.Hash}:{Target?.ToString(CultureInfo.InvariantCulture) ?? "value"}-{_measure}";

    /// <summary>The values, B, of inputs B × ….</summary>
    public Tensor Values(Tensor inputs)
    {
        Tensor result = _module.Run(inputs);
        return Target is { } target ? _measure.Of(result, target) : result.view(-1);
    }
}
