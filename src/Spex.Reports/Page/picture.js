// The picture with its patches coloured by effect.

function pictureOf(model, attributes, regionOf) {
  const { width, height, png } = model.image;
  const { paths, boxes, outlines: edges } = regions(model);
  const picture = svg('svg', { viewBox: `0 0 ${width} ${height}`, class: width < 200 ? 'picture small' : 'picture', role: 'group', ...attributes },
    svg('image', { href: `data:image/png;base64,${png}`, width, height }),
    paths.map((path, feature) => path === '' ? null
      : fill(regionOf(feature), {}, [svg('path', { d: path, class: 'area' }), svg('path', { d: edges[feature], class: 'outline' })])));
  roving(picture, '[data-feature]', () => {
    const first = boxes[0];
    return Math.max(1, boxes.filter(box => Math.abs(box.y / box.pixels - first.y / first.pixels) < (first.bottom - first.top) / 2).length);
  });
  return picture;
}

function pictureView(model) {
  const picture = pictureOf(model, { 'aria-label': `The picture, ${counted(model.n, model.featureKind)}; arrow keys move from one to the next` }, feature =>
    tint(model, svg('g', { class: 'region', 'data-feature': feature, tabindex: '-1', role: 'button', 'aria-label': model.labelOf(feature), 'aria-description': describeEffect(model, feature) }), feature));
  const overlay = svg('svg', { class: 'overlay', 'aria-hidden': 'true' });
  const frame = html('div', { class: 'picture-frame' }, picture, overlay);
  const place = feature => {
    const box = regions(model).boxes[feature];
    const scale = frame.clientWidth / model.image.width;
    return box.pixels === 0 ? null : { x: scale * box.x / box.pixels, y: scale * box.y / box.pixels, width: 0, height: 0 };
  };
  const state = { strongest: 5 };
  const draw = () => drawArcs(frame, overlay, model, arcsFor(model, attention.target, state.strongest, 6), { place, labels: true });
  const redraw = responsive(frame, draw);
  onAttention(draw);
  const strength = html('input', { type: 'range', min: 0, max: 100, value: 65, oninput: event => frame.style.setProperty('--cover', event.target.value / 100) });
  return html('div', {}, frame, html('div', { class: 'legend-row under' },
    html('label', { class: 'field' }, html('span', {}, 'Colour over the picture'), strength),
    choice('Lines', [['0', 'none'], ['5', 'the 5 strongest sets'], ['10', 'the 10 strongest sets']], '5', value => { state.strongest = Number(value); redraw(); })));
}

function pictureSwitches(model, mask) {
  return pictureOf(model, { 'aria-label': 'The picture; Space or Enter switches a patch off and on' }, feature =>
    svg('g', { class: 'region-switch', 'data-switch': true, 'data-feature': feature, tabindex: '-1', role: 'button', 'aria-pressed': 'true', 'aria-label': model.labelOf(feature), onclick: () => mask.toggle(feature) }));
}
