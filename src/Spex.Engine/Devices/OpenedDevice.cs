namespace Spex.Engine.Devices;

/// <summary>A device that was opened, and what people should know about the choice.</summary>
/// <param name="Device">The device, which the caller disposes.</param>
/// <param name="Remark">One line that says what was chosen and why, where that is not obvious; else null.</param>
public sealed record OpenedDevice(Device Device, string? Remark);
