using Spex.Core;
using Spex.Torch.Images;

namespace Spex.Torch.Tests.Images;

public class ImageSegmentsTests
{
    [Fact]
    public void A_grid_has_equal_patches_numbered_row_after_row()
    {
        ImageSegments grid = ImageSegments.Grid(6, 4, 3, 2);
        Assert.Equal([0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 3, 3, 4, 4, 5, 5], grid.Labels.ToArray());
        Assert.Equal(["r1c1", "r1c2", "r1c3", "r2c1", "r2c2", "r2c3"], grid.Names);
        Assert.Equal("patch", grid.Kind);
    }

    [Theory]
    [InlineData(7, 5, 3, 2)]
    [InlineData(224, 224, 9, 14)]
    [InlineData(5, 5, 5, 5)]
    public void Every_patch_of_a_grid_has_pixels_and_sizes_differ_by_one_row_and_column_at_most(int width, int height, int columns, int rows)
    {
        ImageSegments grid = ImageSegments.Grid(width, height, columns, rows);
        int[] sizes = [.. grid.Labels.ToArray().GroupBy(label => label).Select(patch => patch.Count())];
        Assert.Equal(columns * rows, sizes.Length);
        Assert.All(sizes, size => Assert.InRange(size, width / columns * (height / rows), ((width / columns) + 1) * ((height / rows) + 1)));
    }

    [Fact]
    public void Patches_of_a_size_end_at_the_edge()
    {
        ImageSegments patches = ImageSegments.Patches(5, 3, 2);
        Assert.Equal([0, 0, 1, 1, 2, 0, 0, 1, 1, 2, 3, 3, 4, 4, 5], patches.Labels.ToArray());
    }

    [Fact]
    public void Labels_in_another_size_are_those_of_the_same_place()
    {
        ImageSegments grid = ImageSegments.Grid(4, 4, 2, 2);
        Assert.Equal([0, 0, 0, 1, 1, 1], grid.LabelsAt(6, 1));
        Assert.Equal(grid.Labels.ToArray(), grid.LabelsAt(4, 4));
    }

    [Theory]
    [InlineData(33, 8)]
    [InlineData(8, 33)]
    [InlineData(0, 8)]
    public void A_grid_larger_than_the_picture_is_refused(int columns, int rows)
    {
        string message = Assert.Throws<SpexInputException>(() => ImageSegments.Grid(32, 32, columns, rows)).Message;
        Assert.Contains($"A grid of {columns} × {rows} patches does not fit", message);
        Assert.Contains("1 to 32 columns", message);
    }

    [Fact]
    public void Patches_and_superpixels_that_do_not_fit_are_refused()
    {
        Assert.Contains("A patch of 33 pixels does not fit", Assert.Throws<SpexInputException>(() => ImageSegments.Patches(32, 32, 33)).Message);
        Assert.Contains("Give 2 to 16", Assert.Throws<SpexInputException>(() => ImageSegments.Superpixels(TestImages.Noise(8, 8), 17)).Message);
        Assert.Contains("1 superpixels cannot be cut", Assert.Throws<SpexInputException>(() => ImageSegments.Superpixels(TestImages.Noise(8, 8), 1)).Message);
    }

    [Fact]
    public void Superpixels_follow_the_edges_of_what_is_seen()
    {
        // A disc off the middle: no superpixel should lie on both sides of its edge.
        bool Inside(int x, int y) => ((x - 37) * (x - 37)) + ((y - 29) * (y - 29)) < 400;
        RgbImage image = TestImages.Of(80, 60, (x, y) => Inside(x, y) ? (220, 40, 30) : (30, 60, 200));
        ImageSegments cut = ImageSegments.Superpixels(image, 40);
        Assert.InRange(cut.Count, 25, 60);
        int wrong = 0;
        foreach (IGrouping<int, int> superpixel in Enumerable.Range(0, 80 * 60).GroupBy(at => cut.Labels[at]))
        {
            int inside = superpixel.Count(at => Inside(at % 80, at / 80));
            wrong += Math.Min(inside, superpixel.Count() - inside);
        }

        Assert.InRange(wrong, 0, 48);
    }

    [Theory]
    [InlineData(32, 32, 20)]
    [InlineData(51, 20, 12)]
    [InlineData(9, 90, 7)]
    public void Superpixels_are_connected_none_is_small_and_the_same_image_gives_the_same(int width, int height, int wanted)
    {
        RgbImage image = TestImages.Noise(width, height);
        ImageSegments cut = ImageSegments.Superpixels(image, wanted);
        Assert.Equal(cut.Labels.ToArray(), ImageSegments.Superpixels(image, wanted).Labels.ToArray());
        Assert.Equal(cut.Hash, ImageSegments.Superpixels(image, wanted).Hash);
        int[] labels = cut.Labels.ToArray();
        Assert.Equal(Enumerable.Range(0, cut.Count), labels.Distinct());
        for (int label = 0; label < cut.Count; label++)
        {
            HashSet<int> rest = [.. Enumerable.Range(0, labels.Length).Where(at => labels[at] == label)];
            Assert.True(rest.Count >= width * height / wanted / 4, $"{rest.Count} pixels");
            Stack<int> open = new([rest.First()]);
            while (open.TryPop(out int at))
            {
                if (rest.Remove(at))
                {
                    int x = at % width;
                    foreach (int next in (int[])[x > 0 ? at - 1 : at, x < width - 1 ? at + 1 : at, at - width, at + width])
                    {
                        open.Push(next);
                    }
                }
            }

            Assert.Empty(rest);
        }
    }
}
