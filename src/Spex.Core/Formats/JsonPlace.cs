using System.Globalization;

namespace Spex.Core.Formats;

/// <summary>Where in a JSON file an element stands, kept as a chain so that it costs text only when an error names it.</summary>
internal sealed class JsonPlace
{
    private readonly JsonPlace? _parent;
    private readonly string? _name;
    private readonly int _index;

    /// <summary>The top of a file.</summary>
    public JsonPlace(string file)
    {
        File = file;
    }

    private JsonPlace(JsonPlace parent, string? name, int index)
    {
        File = parent.File;
        _parent = parent;
        _name = name;
        _index = index;
    }

    /// <summary>The file's path, as it was given.</summary>
    public string File { get; }

    /// <summary>The place of a property.</summary>
    public JsonPlace At(string name) => new(this, name, 0);

    /// <summary>The place of an array's entry.</summary>
    public JsonPlace At(int index) => new(this, null, index);

    /// <summary>The place as people read it: "terms"[3][0]; the whole file at its top.</summary>
    public override string ToString()
    {
        if (_parent is null)
        {
            return "the file's content";
        }

        string own = _name is null ? string.Create(CultureInfo.InvariantCulture, $"[{_index}]") : $"\"{_name}\"";
        return _parent._parent is null ? own : _name is null ? $"{_parent}{own}" : $"{_parent}.{own}";
    }
}
