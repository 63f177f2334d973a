using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Spex.Engine.Tests.Devices.Ilgpu;

/// <summary>A small C library in a driver's place, built where it is needed.</summary>
internal static class StandInLibrary
{
    /// <summary>Builds and loads a library; skips the test where there is no compiler.</summary>
    public static nint Build(string source)
    {
        string folder = Directory.CreateTempSubdirectory("spex-driver-").FullName;
        try
        {
            string code = Path.Combine(folder, "driver.c"), library = Path.Combine(folder, "libdriver.so");
            File.WriteAllText(code, source);
            using Process compiler = Process.Start(new ProcessStartInfo("cc", ["-shared", "-fPIC", "-o", library, code]) { RedirectStandardError = true })!;
            string errors = compiler.StandardError.ReadToEnd();
            compiler.WaitForExit();
            Assert.True(compiler.ExitCode == 0, errors);
            return NativeLibrary.Load(library);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("There is no C compiler (cc) to build the stand-in driver with.");
            return 0;
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }
}
