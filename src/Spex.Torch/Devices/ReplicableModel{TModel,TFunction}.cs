using System.Runtime.InteropServices;
using Spex.Core;
using Spex.Engine.Devices;
using Spex.Engine.ValueFunctions;
using Spex.Torch.Forward;
using Spex.Torch.Native;
using TorchSharp;

namespace Spex.Torch.Devices;

/// <summary>A model and what of it is explained, and how to have both again on another device: the value function of a model for several devices.</summary>
/// <remarks>Owns the function, and the model where it opened it.</remarks>
/// <typeparam name="TModel">The model.</typeparam>
/// <typeparam name="TFunction">The value function on it.</typeparam>
public sealed class ReplicableModel<TModel, TFunction> : ITorchValueFunction, IReplicableValueFunction, IDisposable
    where TModel : IDisposable
    where TFunction : ITorchValueFunction, IDisposable
{
    private readonly Func<torch.Device, TModel> _open;
    private readonly Func<TModel, TFunction> _explain;
    private readonly bool _isLent;

    /// <summary>Opens the model on a device, and makes the function.</summary>
    /// <param name="device">Where it runs.</param>
    /// <param name="open">Opens the model: on any device the same one.</param>
    /// <param name="explain">Makes the value function on it: of the same model the same one. The model stays this class's.</param>
    /// <exception cref="DeviceMemoryException">The model does not fit there.</exception>
    public ReplicableModel(torch.Device device, Func<torch.Device, TModel> open, Func<TModel, TFunction> explain)
    {
        ArgumentNullException.ThrowIfNull(open);
        ArgumentNullException.ThrowIfNull(explain);
        (_open, _explain) = (open, explain);
        try
        {
            Model = open(device);
            Function = explain(Model);
        }
        catch (Exception error)
        {
            Model?.Dispose();
            if (error is ExternalException native && MemoryErrors.IsOutOfMemory(native))
            {
                throw new DeviceMemoryException($"There is no memory for the model on {device}. Free some there, take a smaller --type where there is one, or use another --device.", error);
            }

            throw;
        }
    }

    /// <summary>Makes the function on a model that is open already: several functions share it. What is opened on other devices is each function's own.</summary>
    /// <param name="model">The model; must live as long as this. Owned by the caller.</param>
    /// <param name="open">Opens the model on another device: the same one.</param>
    /// <param name="explain">Makes the value function on it: of the same model the same one. The model stays its owner's.</param>
    public ReplicableModel(TModel model, Func<torch.Device, TModel> open, Func<TModel, TFunction> explain)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(open);
        ArgumentNullException.ThrowIfNull(explain);
        (Model, _open, _explain, _isLent) = (model, open, explain, true);
        Function = explain(model);
    }

    /// <summary>The model.</summary>
    public TModel Model { get; }

    /// <summary>The value function on it.</summary>
    public TFunction Function { get; }

    /// <inheritdoc/>
    public torch.Device ModelDevice => Function.ModelDevice;

    /// <inheritdoc/>
    public int FeatureCount => Function.FeatureCount;

    /// <inheritdoc/>
    public string Fingerprint => Function.Fingerprint;

    /// <inheritdoc/>
    public int PreferredBatchSize => Function.PreferredBatchSize;

    /// <inheritdoc/>
    public void Evaluate(MaskBatch masks, DeviceBuffer<float> values, CancellationToken cancel) => Function.Evaluate(masks, values, cancel);

    /// <summary>The model once more: where torch has the device's memory (<see cref="TorchMemory"/>), on the processor where that is not torch's.</summary>
    /// <exception cref="SpexException">The model on that device says something else of the whole input, and so another function would be explained.</exception>
    public IValueFunction ReplicateFor(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);

        // On a new thread, what is computed beforehand would have other last bits.
        TorchRuntime.PrepareThread();
        ReplicableModel<TModel, TFunction> replica = new(TorchMemory.Of(device)?.Device ?? torch.CPU, _open, _explain);
        if (replica.Fingerprint == Fingerprint)
        {
            return replica;
        }

        replica.Dispose();
        throw new SpexException(
            $"The model says something else on {device.Name} than on {ModelDevice}: another class or answer, which would be another value. Name the one that is explained, by --target or --answer, or explain on one device.");
    }

    /// <summary>Frees the function, and the model that it opened.</summary>
    public void Dispose()
    {
        Function.Dispose();
        if (!_isLent)
        {
            Model.Dispose();
        }
    }
}
