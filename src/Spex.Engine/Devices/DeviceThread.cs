using System.Collections.Concurrent;

namespace Spex.Engine.Devices;

/// <summary>A thread that works for one device and no other, one piece of work after another.</summary>
/// <remarks>
/// Drivers and model libraries keep for each thread which device is current, and handles and workspaces of their own. On a thread that is one device's, both are made once and none is mistaken for another
/// device's; threads of the pool would come to have them for every device.
/// </remarks>
internal sealed class DeviceThread : IDisposable
{
    private readonly BlockingCollection<Task> _work = [];
    private readonly Device _device;
    private readonly Thread _thread;

    /// <summary>Starts the thread.</summary>
    public DeviceThread(Device device)
    {
        _device = device;
        _thread = new Thread(Work) { IsBackground = true, Name = $"spex {device.Name}" };
        _thread.Start();
    }

    /// <summary>Has a piece of work done with the device current, after those that were given before. What it throws is the task's.</summary>
    public Task Run(Action work)
    {
        Task task = new(() =>
        {
            _device.MakeCurrent();
            work();
        });
        _work.Add(task);
        return task;
    }

    /// <summary>Waits for the work that was given and ends the thread.</summary>
    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
    }

    private void Work()
    {
        foreach (Task task in _work.GetConsumingEnumerable())
        {
            task.RunSynchronously(TaskScheduler.Default);
        }
    }
}
