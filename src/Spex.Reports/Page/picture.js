// The picture with its patches coloured by effect.

// The features' shapes as paths: neighbouring rows with the same run are one rectangle.
function regions(model) {
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

function pictureOf(model, attributes, regionOf) {
  const { width, height, png } = model.image;
  model.regions ??= regions(model);
  const picture = svg('svg', { viewBox: `0 0 ${width} ${height}`, class: width < 200 ? 'picture small' : 'picture', role: 'group', ...attributes },
    svg('image', { href: `data:image/png;base64,${png}`, width, height }),
    model.regions.paths.map((path, feature) => path === '' ? null : regionOf(feature, path)));
  roving(picture, '[data-feature]', () => {
    const first = model.regions.boxes[0];
    return Math.max(1, model.regions.boxes.filter(box => Math.abs(box.y / box.pixels - first.y / first.pixels) < (first.bottom - first.top) / 2).length);
  });
  return picture;
}

function pictureView(model) {
  const picture = pictureOf(model, { 'aria-label': `The picture, ${counted(model.n, model.featureKind)}; arrow keys move from one to the next` }, (feature, path) =>
    tint(model, svg('path', { d: path, class: 'region', 'data-feature': feature, tabindex: '-1', role: 'button', 'aria-label': model.labelOf(feature), 'aria-description': describeEffect(model, feature) }), feature));
  const overlay = svg('svg', { class: 'overlay', 'aria-hidden': 'true' });
  const frame = html('div', { class: 'picture-frame', '--ratio': `${model.image.width} / ${model.image.height}` }, picture, overlay);
  const place = feature => {
    const box = model.regions.boxes[feature];
    const scale = frame.clientWidth / model.image.width;
    return box.pixels === 0 ? null : { x: scale * box.x / box.pixels, y: scale * box.y / box.pixels, width: 0, height: 0 };
  };
  const state = { strongest: 5 };
  const draw = () => drawArcs(frame, overlay, model, arcsFor(model, attention.target, state.strongest), { place, labels: true });
  const redraw = responsive(frame, draw);
  onAttention(draw);
  const strength = html('input', { type: 'range', min: 0, max: 100, value: 65, oninput: event => frame.style.setProperty('--cover', event.target.value / 100) });
  return html('div', {}, frame, html('div', { class: 'legend-row under' },
    html('label', { class: 'field' }, html('span', {}, 'Colour over the picture'), strength),
    choice('Lines', [['0', 'none'], ['5', 'the 5 strongest sets'], ['10', 'the 10 strongest sets']], '5', value => { state.strongest = Number(value); redraw(); })));
}

function pictureSwitches(model, mask) {
  return pictureOf(model, { 'aria-label': 'The picture; Space or Enter switches a patch off and on' }, (feature, path) => fill(
    svg('path', { d: path, class: 'region-switch', 'data-switch': true, 'data-feature': feature, tabindex: '-1', role: 'button', 'aria-pressed': 'true', 'aria-label': `${model.labelOf(feature)} present` }),
    { onclick: () => mask.toggle(feature) }, []));
}
