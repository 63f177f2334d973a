using System.Runtime.InteropServices;
using System.Runtime.Loader;
using Spex.Core;
using TorchSharp;

namespace Spex.Torch.Native;

/// <summary>Loads libtorch and TorchSharp's native library, once a process, and holds what is set for the whole process: threads and the allocator's thresholds.</summary>
/// <remarks>
/// Every type of this library that uses torch calls <see cref="EnsureLoaded"/> first; a program that calls TorchSharp itself does so too.
/// <para>libtorch comes from the folder that the environment variable <c>SPEX_LIBTORCH</c> names (PyTorch's own <c>torch/lib</c> serves), else from the
/// application's folder: beside the program, or under runtimes/RID/native. Where the system's libstdc++ is too old, a repaired copy of
/// TorchSharp's library is loaded from the user's cache folder (<see cref="CacheDirectory"/>); files of the application are never changed.</para>
/// </remarks>
public static class TorchRuntime
{
    /// <summary>The environment variable that names a folder with libtorch's libraries.</summary>
    public const string LibTorchVariable = "SPEX_LIBTORCH";

    // mallopt's parameters (malloc.h). By default glibc maps blocks above 128 KB afresh from the kernel and gives them back when freed: every
    // activation of every forward pass would be paged in anew. 32 MB is the largest mapping threshold that glibc takes.
    private const int TrimThreshold = -1;
    private const int MmapThreshold = -3;
    private const int MmapThresholdBytes = 32 << 20;
    private const int TrimThresholdBytes = 256 << 20;

    private static readonly Lock Gate = new();
    private static bool _loaded;
    private static int _threads;
    private static string _source = "";

    /// <summary>Threads that torch uses inside one operation. One by default: OpenMP's threads spin, which costs more than it gives where cores are shared.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 1.</exception>
    public static int Threads
    {
        get => Math.Max(1, _threads);
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
            lock (Gate)
            {
                _threads = value;
                if (_loaded)
                {
                    torch.set_num_threads(value);
                }
            }
        }
    }

    /// <summary>Where a repaired copy is kept: $XDG_CACHE_HOME/spex, or ~/.cache/spex.</summary>
    public static string CacheDirectory
    {
        get
        {
            string? root = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
            if (string.IsNullOrEmpty(root) || !Path.IsPathRooted(root))
            {
                root = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
            }

            return Path.Combine(root, "spex");
        }
    }

    /// <summary>What was loaded and from where, for `spex devices` and for results: "libtorch 2.10.0 (application)". Loads it if need be.</summary>
    public static string Description
    {
        get
        {
            EnsureLoaded();
            return $"libtorch {torch.__version__} ({_source})";
        }
    }

    /// <summary>Loads the native libraries; does nothing when they are loaded.</summary>
    /// <exception cref="SpexException">They cannot be loaded; the message says why and what to do.</exception>
    public static void EnsureLoaded()
    {
        lock (Gate)
        {
            if (_loaded)
            {
                return;
            }

            SetAllocatorThresholds();
            Load(Environment.GetEnvironmentVariable(LibTorchVariable));
            torch.set_num_threads(Threads);

            // By default cuDNN's convolutions round float32 to 10 bits, and an image's values on a GPU were not those of the processor.
            torch.backends.cudnn.allow_tf32 = false;
            _loaded = true;
        }
    }

    /// <summary>Makes <see cref="Threads"/> hold on the calling thread, before it runs a model.</summary>
    /// <remarks>
    /// The number is each thread's own, and torch sets it on a thread when that first runs a loop of torch's. A matrix product that comes before would take all cores, and add in another order: a value's last bits
    /// would depend on the thread. Asking for the number sets it.
    /// </remarks>
    internal static void PrepareThread() => _ = torch.get_num_threads();

    private static void Load(string? libTorchDirectory)
    {
        bool given = !string.IsNullOrEmpty(libTorchDirectory);
        if (given)
        {
            CheckLibTorchDirectory(libTorchDirectory!);
            CheckOnlyOne(libTorchDirectory!, NativeDirectories());
        }

        List<string> directories = NativeDirectories();
        string? torchDirectory = given ? libTorchDirectory : directories.Find(directory => File.Exists(Path.Combine(directory, LibraryName("torch_cpu"))));
        string? bindings = directories.ConvertAll(directory => Path.Combine(directory, LibraryName("LibTorchSharp"))).Find(File.Exists);
        bool repair = LibTorchSharpRepair.IsNeeded();
        if (torchDirectory is not null)
        {
            // The bindings find libtorch by its name once it is loaded, wherever they themselves lie.
            Preload(torchDirectory);
        }

        if (bindings is not null && repair)
        {
            bindings = LibTorchSharpRepair.RepairedCopy(bindings, CacheDirectory);
        }

        if (bindings is not null)
        {
            Bind(LoadOrExplain(bindings));
        }

        _source = (given ? LibTorchVariable : "application") + (repair ? ", bindings repaired for this system's libstdc++" : "");
        try
        {
            torch.InitializeDeviceType(DeviceType.CPU);
        }
        catch (Exception error) when (error is NotSupportedException or DllNotFoundException or TypeInitializationException or EntryPointNotFoundException)
        {
            throw new SpexException(
                $"libtorch cannot be loaded: {Reason(error)}. Looked in {string.Join(", ", directories)}. Restore the packages again, or set {LibTorchVariable} to a folder with libtorch's libraries.", error);
        }
    }

    /// <summary>Makes TorchSharp use the bindings that are loaded.</summary>
    /// <remarks>
    /// TorchSharp first loads "LibTorchSharp" by name; where that fails, because the file needs the repair, the load context's event answers.
    /// Imported functions ask the resolver at once, instead of trying the unusable file again for each of them.
    /// </remarks>
    private static void Bind(nint bindings)
    {
        nint Resolve(string name) => name is "LibTorchSharp" ? bindings : 0;
        AssemblyLoadContext.Default.ResolvingUnmanagedDll += (_, name) => Resolve(name);
        try
        {
            NativeLibrary.SetDllImportResolver(typeof(torch).Assembly, (name, _, _) => Resolve(name));
        }
        catch (InvalidOperationException)
        {
            // The application has a resolver of its own; where it finds nothing, the event answers.
        }
    }

    /// <exception cref="SpexInputException">The folder that the environment names does not hold libtorch.</exception>
    internal static void CheckLibTorchDirectory(string directory)
    {
        if (!File.Exists(Path.Combine(directory, LibraryName("torch_cpu"))))
        {
            throw new SpexInputException(
                $"{LibTorchVariable} is '{directory}', which does not hold {LibraryName("torch_cpu")}. Give the folder of libtorch's libraries, for example that of PyTorch's package, torch/lib.");
        }
    }

    /// <summary>
    /// Refuses a second libtorch: TorchSharp loads the one in the application's folder by its path, whatever is loaded already, and two in one process abort it.
    /// </summary>
    internal static void CheckOnlyOne(string libTorchDirectory, IEnumerable<string> applicationDirectories)
    {
        string given = Path.TrimEndingDirectorySeparator(Path.GetFullPath(libTorchDirectory));
        foreach (string directory in applicationDirectories)
        {
            if (Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory)) != given && File.Exists(Path.Combine(directory, LibraryName("torch_cpu"))))
            {
                throw new SpexInputException(
                    $"{LibTorchVariable} is '{libTorchDirectory}', but this program brings its own libtorch in '{directory}', and one process can hold only one. "
                    + "Build the program without it (-p:SpexTorch=none), remove it from that folder, or unset the variable.");
            }
        }
    }

    /// <summary>The folders in which the application's native libraries may lie, best first.</summary>
    /// <remarks>
    /// `dotnet run` and `dotnet test`: runtimes/RID/native under the output folder. A publish for one RID: beside the program. A single file: the folder
    /// it was unpacked to, which the host names in NATIVE_DLL_SEARCH_DIRECTORIES.
    /// </remarks>
    internal static List<string> NativeDirectories()
    {
        List<string> directories = [AppContext.BaseDirectory, Path.Combine(AppContext.BaseDirectory, "runtimes", PortableRid, "native")];
        if (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") is string known)
        {
            directories.AddRange(known.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries));
        }

        return [.. directories.Distinct()];
    }

    private static string PortableRid
    {
        get
        {
            string system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";
            return $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
        }
    }

    private static void Preload(string directory)
    {
        // In the order of their dependencies; a library for the CPU alone has no CUDA part.
        foreach (string name in (string[])["c10", "torch_cpu", "c10_cuda", "torch_cuda", "torch"])
        {
            string path = Path.Combine(directory, LibraryName(name));
            if (File.Exists(path))
            {
                LoadOrExplain(path);
            }
        }
    }

    private static nint LoadOrExplain(string path)
    {
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            throw new SpexException(
                $"'{path}' cannot be loaded: {Reason(error)}. Set {LibTorchVariable} to a folder with libtorch's libraries for this system, or restore the packages again.", error);
        }
    }

    private static string LibraryName(string name) =>
        OperatingSystem.IsWindows() ? $"{name}.dll" : OperatingSystem.IsMacOS() ? $"lib{name}.dylib" : $"lib{name}.so";

    /// <summary>What the loader itself said: the last line of its message.</summary>
    private static string Reason(Exception error) => error.GetBaseException().Message.Trim().Split('\n')[^1].Trim();

    private static void SetAllocatorThresholds()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            _ = mallopt(MmapThreshold, MmapThresholdBytes);
            _ = mallopt(TrimThreshold, TrimThresholdBytes);
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library than glibc: it has its own thresholds.
        }
    }

    [DllImport("libc", EntryPoint = "mallopt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int mallopt(int parameter, int value);
}
