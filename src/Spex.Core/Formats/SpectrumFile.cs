using System.Text.Json;
using Spex.Core.Spectra;

namespace Spex.Core.Formats;

/// <summary>A spectrum as a sparse function in the Fourier basis: a game file that can be explained, compared or plotted again.</summary>
public static class SpectrumFile
{
    /// <summary>Writes a spectrum.</summary>
    /// <param name="path">The file.</param>
    /// <param name="spectrum">The spectrum.</param>
    /// <param name="featureNames">One name a feature, or null.</param>
    /// <param name="run">Writes the properties of the "run" object, what made the spectrum; null for none.</param>
    /// <exception cref="SpexException">The file cannot be written.</exception>
    public static void Write(string path, Spectrum spectrum, IReadOnlyList<string>? featureNames = null, Action<Utf8JsonWriter>? run = null)
    {
        ArgumentNullException.ThrowIfNull(spectrum);
        JsonOutput.Write(path, json =>
        {
            json.WriteStartObject();
            WriteBody(json, spectrum);
            if (featureNames is not null)
            {
                json.WriteStrings("features", featureNames);
            }

            if (run is not null)
            {
                json.WriteStartObject("run");
                run(json);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        });
    }

    /// <summary>Reads a spectrum.</summary>
    /// <exception cref="SpexInputException">The file cannot be read, or is no sparse function in the Fourier basis.</exception>
    public static Spectrum Read(string path) => JsonPart.ReadFile(path, ReadBody);

    /// <summary>The properties n, basis and terms.</summary>
    internal static void WriteBody(Utf8JsonWriter json, Spectrum spectrum)
    {
        json.WriteNumber("n", spectrum.FeatureCount);
        json.WriteString("basis", "fourier");
        GameJson.WriteTerms(json, spectrum.Terms);
    }

    /// <summary>The spectrum that those properties tell.</summary>
    internal static Spectrum ReadBody(JsonPart part)
    {
        int n = part.Property("n").Int32(0, Masks.MaskMatrix.MaxFeatureCount);
        JsonPart basis = part.Property("basis");
        if (basis.String() != "fourier")
        {
            basis.Fail($"is \"{basis.String()}\"", "a spectrum's basis is \"fourier\"");
        }

        return new Spectrum(n, GameJson.ReadTerms(part.Property("terms"), n));
    }
}
