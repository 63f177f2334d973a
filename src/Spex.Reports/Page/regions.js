// Where the features of a picture are: their shapes, outlines and middles, from the runs of pixels with one label.

function regions(model) {
  model.regions ??= { ...shapes(model), outlines: outlines(model) };
  return model.regions;
}

// The features' shapes as paths: neighbouring rows with the same run are one rectangle.
function shapes(model) {
  const { runs, width } = model.image;
  const paths = Array.from({ length: model.n }, () => []);
  const boxes = Array.from({ length: model.n }, () => ({ left: Infinity, top: Infinity, right: 0, bottom: 0, x: 0, y: 0, pixels: 0 }));
  let open = new Map();
  let next = new Map();
  let pixel = 0;
  let row = 0;
  const close = rectangle => paths[rectangle.label].push(`M${rectangle.x},${rectangle.y}h${rectangle.width}v${rectangle.height}h${-rectangle.width}z`);
  const put = (label, x, y, length) => {
    if (y !== row) {
      for (const rectangle of open.values()) {
        close(rectangle);
      }
      open = next;
      next = new Map();
      row = y;
    }
    const key = `${label},${x},${length}`;
    const above = open.get(key);
    open.delete(key);
    next.set(key, above ? { ...above, height: above.height + 1 } : { label, x, y, width: length, height: 1 });
    const box = boxes[label];
    box.left = Math.min(box.left, x);
    box.right = Math.max(box.right, x + length);
    box.top = Math.min(box.top, y);
    box.bottom = Math.max(box.bottom, y + 1);
    box.x += length * (x + length / 2);
    box.y += length * (y + 0.5);
    box.pixels += length;
  };
  for (let i = 0; i < runs.length; i += 2) {
    let left = runs[i + 1];
    while (left > 0) {
      const x = pixel % width;
      const length = Math.min(left, width - x);
      if (runs[i] >= 0) {
        put(runs[i], x, Math.floor(pixel / width), length);
      }
      pixel += length;
      left -= length;
    }
  }
  for (const rectangle of [...open.values(), ...next.values()]) {
    close(rectangle);
  }
  return { paths: paths.map(parts => parts.join('')), boxes };
}

// The edges between pixels of different features, each belonging to both; neighbours in a line are one stroke.
function outlines(model) {
  const { runs, width, height } = model.image;
  const labels = new Int32Array(width * height);
  for (let i = 0, pixel = 0; i < runs.length; pixel += runs[i + 1], i += 2) {
    labels.fill(runs[i], pixel, pixel + runs[i + 1]);
  }
  const edges = Array.from({ length: model.n }, () => []);
  const at = (x, y) => x < 0 || y < 0 || x >= width || y >= height ? -1 : labels[y * width + x];
  // Along each line of the grid, before() and after() are the pixels on its two sides.
  const walk = (lines, length, before, after, stroke) => {
    for (let line = 0; line <= lines; line++) {
      for (let start = 0, end; start < length; start = end) {
        const [one, other] = [before(line, start), after(line, start)];
        for (end = start + 1; end < length && before(line, end) === one && after(line, end) === other; end++) {
          // The stroke goes on.
        }
        for (const label of one === other ? [] : [one, other]) {
          if (label >= 0) {
            edges[label].push(stroke(line, start, end - start));
          }
        }
      }
    }
  };
  walk(height, width, (y, x) => at(x, y - 1), (y, x) => at(x, y), (y, x, length) => `M${x},${y}h${length}`);
  walk(width, height, (x, y) => at(x - 1, y), (x, y) => at(x, y), (x, y, length) => `M${x},${y}v${length}`);
  return edges.map(parts => parts.join(''));
}

// A set's names, and for a picture where its members are: names of patches tell little.
function pictured(model, interaction, names) {
  return model.image ? html('span', { class: 'pictured' }, thumbnail(model, interaction), html('span', {}, names)) : names;
}

function thumbnail(model, { set, strength }) {
  const { width, height } = model.image;
  return svg('svg', { viewBox: `0 0 ${width} ${height}`, class: strength < 0 ? 'thumbnail down' : 'thumbnail up', 'aria-hidden': 'true' },
    set.map(feature => svg('path', { d: regions(model).paths[feature] })));
}
