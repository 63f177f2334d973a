namespace Spex.Engine.Devices.Ilgpu;

/// <summary>What sharing a context takes of a CUDA driver.</summary>
internal interface IPrimaryContexts
{
    /// <summary>Takes hold of a device's primary context, which is made if nobody holds it.</summary>
    nint Retain(int ordinal);

    /// <summary>Makes a context the calling thread's.</summary>
    void SetCurrent(nint context);

    /// <summary>Lets go of a device's primary context.</summary>
    void Release(int ordinal);
}
