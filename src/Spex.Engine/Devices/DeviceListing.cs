namespace Spex.Engine.Devices;

/// <summary>A device, or a kind of device, as `spex devices` shows it.</summary>
/// <param name="Name">As `--device` takes it.</param>
/// <param name="Description">The hardware; empty where there is none.</param>
/// <param name="MemoryBytes">Its memory, or what is free of it where that can be told.</param>
/// <param name="WhyNot">Why it cannot be used; null when it can.</param>
public sealed record DeviceListing(string Name, string Description, long MemoryBytes, string? WhyNot);
