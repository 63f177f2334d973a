using System.Runtime.CompilerServices;
using ILGPU.Runtime;
using Spex.Core;

namespace Spex.Engine.Devices.Ilgpu;

/// <summary>
/// Moves an accelerator of ILGPU into its device's primary context, where PyTorch works: kernels then read and write tensors in place, and both libraries' work runs in one order on the
/// legacy default stream.
/// </summary>
/// <remarks>
/// <para>
/// ILGPU makes a context of its own for every CUDA accelerator and offers no other way; memory of one context is not addressable in another. What it offers is that everything asks
/// <see cref="Accelerator.NativePtr"/> which context to work in, and that this has a setter, though a protected one. So: retain the primary context, set the pointer, and make the context
/// current once, because ILGPU believes that its own still is. From then on modules are loaded, memory is allocated and kernels are launched in the primary context. ILGPU's default stream is the
/// null stream, and so is TorchSharp's, which offers no other: no event is needed between a kernel and an operation on tensors. Streams of one's own must not be made.
/// </para>
/// <para>
/// To be entered before the first kernel is compiled and the first buffer allocated: what belongs to the own context stays there. At the end kernels must be unloaded in the primary context, but the
/// accelerator must destroy the own one: ILGPU disposes what belongs to an accelerator in the order in which it was made, and the accelerator last, so an object that is made last of all puts the own
/// context back in between (<see cref="LeaveWithAccelerator"/>). Then the primary context is released.
/// </para>
/// <para>
/// Which context is current is each thread's own affair, and both libraries remember: ILGPU makes an accelerator's context current where it was another accelerator that a thread last worked on, and never looks again;
/// torch makes its device's current for each operation, where it is not, and afterwards what it found before. They agree on a thread that works on one device alone and whose context was current
/// before torch's first operation there; so every device of several has its own thread, and <see cref="MakeCurrent"/> comes first. Where torch was first, its notion mends itself with
/// the next tensor that it makes, and only ILGPU's has to be restored: <see cref="IlgpuDevice.Allocate"/> does.
/// </para>
/// <para>
/// No GPU has run this yet; an emulated driver has, which is as strict with contexts. Should real hardware refuse, <see cref="TryEnter"/> says why, the accelerator stays where it was, and masks and values are copied by way of the
/// host; the other way that is known is to load ILGPU's PTX with cuModuleLoadDataEx and to launch it with cuLaunchKernel in the primary context.
/// </para>
/// </remarks>
internal sealed class PrimaryContext : IDisposable
{
    private readonly Accelerator _accelerator;
    private readonly IPrimaryContexts _driver;
    private readonly int _ordinal;
    private readonly nint _own;
    private Restorer? _restorer;
    private bool _released;

    private PrimaryContext(Accelerator accelerator, IPrimaryContexts driver, int ordinal, nint own, nint context) =>
        (_accelerator, _driver, _ordinal, _own, Context) = (accelerator, driver, ordinal, own, context);

    /// <summary>The primary context.</summary>
    public nint Context { get; }

    /// <summary>Moves an accelerator into the primary context of its device.</summary>
    /// <param name="accelerator">An accelerator on which nothing was compiled or allocated yet.</param>
    /// <param name="driver">The driver.</param>
    /// <param name="ordinal">The device's number.</param>
    /// <param name="whyNot">Why that cannot be, in half a sentence; null where it was done.</param>
    /// <returns>The context, which is disposed after the accelerator; null where the accelerator stays where it was.</returns>
    public static PrimaryContext? TryEnter(Accelerator accelerator, IPrimaryContexts driver, int ordinal, out string? whyNot)
    {
        nint own = accelerator.NativePtr, context = 0;
        try
        {
            context = driver.Retain(ordinal);

            // Another accelerator may be the thread's current one, and would go on to be in ILGPU's belief.
            accelerator.Bind();
            SetNativePtr(accelerator, context);
            if (accelerator.NativePtr != context)
            {
                throw new SpexException("this version of ILGPU keeps its context");
            }

            driver.SetCurrent(context);
            whyNot = null;
            return new PrimaryContext(accelerator, driver, ordinal, own, context);
        }
        catch (Exception error) when (error is SpexException or MissingMethodException)
        {
            whyNot = error.Message;
            if (context != 0)
            {
                if (error is not MissingMethodException)
                {
                    SetNativePtr(accelerator, own);
                }

                try
                {
                    driver.Release(ordinal);
                }
                catch (SpexException)
                {
                    // The first reason is the one to tell.
                }
            }

            return null;
        }
    }

    /// <summary>Makes it the calling thread's current context, whichever is.</summary>
    public void MakeCurrent() => _driver.SetCurrent(Context);

    /// <summary>To be called right before the accelerator is disposed: its kernels go in the primary context, then the accelerator gets its own context back and destroys it.</summary>
    public void LeaveWithAccelerator() => _restorer = new Restorer(_accelerator, () => SetNativePtr(_accelerator, _own));

    /// <summary>Lets go of the primary context; after the accelerator was disposed.</summary>
    public void Dispose()
    {
        if (!_released)
        {
            _released = true;
            GC.KeepAlive(_restorer);
            _driver.Release(_ordinal);
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_NativePtr")]
    private static extern void SetNativePtr(Accelerator accelerator, nint context);

    /// <summary>The last object of an accelerator.</summary>
    private sealed class Restorer(Accelerator accelerator, Action restore) : AcceleratorObject(accelerator)
    {
        protected override void DisposeAcceleratorObject(bool disposing) => restore();
    }
}
