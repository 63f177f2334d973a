using System.Security.Cryptography;
using Spex.Core;
using Spex.Core.Formats;
using static TorchSharp.torch;

namespace Spex.Torch.Safetensors;

/// <summary>The tensors of one safetensors file, or of several that an index joins; the files are mapped, and read when a tensor is asked for.</summary>
public sealed class SafetensorsSet : IDisposable
{
    private readonly List<SafetensorsFile> _files = [];
    private readonly Dictionary<string, SafetensorsFile> _places = new(StringComparer.Ordinal);
    private string? _hash;

    private SafetensorsSet(string name) => Name = name;

    /// <summary>What messages call the set: the path of its file, or of its index.</summary>
    public string Name { get; }

    /// <summary>The names of the tensors.</summary>
    public IReadOnlyCollection<string> Names => _places.Keys;

    /// <summary>Bytes of all tensors together, as stored.</summary>
    public long ByteLength => _files.Sum(file => file.Tensors.Values.Sum(entry => entry.ByteLength));

    /// <summary>SHA-256 of everything in the files, header and numbers, in the order of their names; computed when first asked for.</summary>
    public string Hash
    {
        get
        {
            if (_hash is null)
            {
                using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                _files.ForEach(file => file.AppendTo(hash));
                _hash = Convert.ToHexStringLower(hash.GetHashAndReset());
            }

            return _hash;
        }
    }

    /// <summary>Opens one file.</summary>
    /// <exception cref="SpexInputException">As <see cref="SafetensorsFile.Open"/>.</exception>
    public static SafetensorsSet Open(string path)
    {
        SafetensorsSet set = new(path);
        set.Add(SafetensorsFile.Open(path), null);
        return set;
    }

    /// <summary>Opens the files that an index (model.safetensors.index.json) names; they lie beside it.</summary>
    /// <exception cref="SpexInputException">
    /// The index is malformed or names a path outside its folder; a file is missing or malformed, or lacks a tensor that the index says it holds.
    /// </exception>
    public static SafetensorsSet OpenIndex(string path)
    {
        List<(string Tensor, string File)> places = JsonPart.ReadFile(path, index => index.Property("weight_map").Properties().Select(entry =>
        {
            string file = entry.Part.String();
            if (file.Length == 0 || file is "." or ".." || file.AsSpan().ContainsAny('/', '\\'))
            {
                entry.Part.Fail($"is \"{file}\"", "the name of a file in the same folder is allowed");
            }

            return (entry.Name, file);
        }).ToList());
        SafetensorsSet set = new(path);
        try
        {
            foreach (IGrouping<string, string> file in places.GroupBy(place => place.File, place => place.Tensor).OrderBy(file => file.Key, StringComparer.Ordinal))
            {
                set.Add(SafetensorsFile.Open(Path.Combine(Path.GetDirectoryName(path) ?? "", file.Key)), file);
            }

            return set;
        }
        catch
        {
            set.Dispose();
            throw;
        }
    }

    /// <summary>Whether there is a tensor of that name.</summary>
    public bool Has(string tensor) => _places.ContainsKey(tensor);

    /// <summary>The entry of a tensor; null when there is none.</summary>
    public SafetensorsEntry? Find(string tensor) => _places.TryGetValue(tensor, out SafetensorsFile? file) ? file.Tensors[tensor] : null;

    /// <summary>A tensor that must have a shape; see <see cref="SafetensorsFile.ReadTensor"/>.</summary>
    /// <param name="tensor">Its name.</param>
    /// <param name="type">Float32 or BFloat16.</param>
    /// <param name="shape">Its extents; −1 for any.</param>
    /// <exception cref="SpexInputException">It is missing, has another shape, or holds no floating-point numbers.</exception>
    public Tensor Read(string tensor, ScalarType type, params ReadOnlySpan<long> shape)
    {
        if (!_places.TryGetValue(tensor, out SafetensorsFile? file))
        {
            throw new SpexInputException($"'{Name}' has no tensor '{tensor}'{Nearest(tensor)}. Is this the model that its config.json describes?");
        }

        _ = file.Require(tensor, shape);
        return file.ReadTensor(tensor, type);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _files.ForEach(file => file.Dispose());
        _files.Clear();
        _places.Clear();
    }

    private void Add(SafetensorsFile file, IEnumerable<string>? tensors)
    {
        _files.Add(file);
        foreach (string tensor in tensors ?? file.Tensors.Keys)
        {
            if (!file.Tensors.ContainsKey(tensor))
            {
                throw new SpexInputException($"'{Name}' says that tensor '{tensor}' is in '{Path.GetFileName(file.Name)}', and it is not. Copy the model's files again.");
            }

            _places.Add(tensor, file);
        }
    }

    private string Nearest(string tensor)
    {
        string last = tensor[(tensor.LastIndexOf('.', Math.Max(0, tensor.LastIndexOf('.') - 1)) + 1)..];
        string? near = _places.Keys.Order(StringComparer.Ordinal).FirstOrDefault(name => name.EndsWith(last, StringComparison.Ordinal));
        return near is null ? $" among its {_places.Count}" : $" among its {_places.Count}; it has '{near}'";
    }
}
