using System.Runtime.InteropServices;
using System.Text;
using Spex.Cli;

Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
using CancellationTokenSource cancel = new();

// The first signal ends the run in good order, so that what was paid for is kept; the second one ends the process.
void Stop(PosixSignalContext signal)
{
    if (!cancel.IsCancellationRequested)
    {
        signal.Cancel = true;
        cancel.Cancel();
    }
}

using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
return SpexCommand.Invoke(args, Terminal.OfProcess(), cancel.Token);
