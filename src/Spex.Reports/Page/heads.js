// Attention heads: a row a layer, a column a head, coloured by effect, with arcs within and across layers.

function headGrid(model, label, cellOf) {
  const at = new Map();
  let layers = 0;
  let heads = 0;
  for (let feature = 0; feature < model.n; feature++) {
    const [layer, head] = [model.heads[2 * feature], model.heads[2 * feature + 1]];
    at.set(`${layer},${head}`, feature);
    layers = Math.max(layers, layer + 1);
    heads = Math.max(heads, head + 1);
  }
  const grid = html('div', { class: 'heads', role: 'group', 'aria-label': label, '--heads': heads },
    html('span', { class: 'heads-corner' }, 'layer'), Array.from({ length: heads }, (_, head) => html('span', { class: 'heads-name' }, String(head))),
    Array.from({ length: layers }, (_, layer) => [html('span', { class: 'heads-name' }, String(layer)), Array.from({ length: heads }, (__, head) => {
      const feature = at.get(`${layer},${head}`);
      return feature === undefined ? html('span', { class: 'head missing' }) : cellOf(feature, layer, head);
    })]));
  roving(grid, '[data-feature]', () => heads);
  return grid;
}

function headsView(model) {
  const grid = headGrid(model, `Attention heads, layer by head; arrow keys move among them`, (feature, layer, head) =>
    tint(model, html('span', { class: 'head', 'data-feature': feature, tabindex: '-1', role: 'button', 'aria-label': `Layer ${layer}, head ${head}: ${signed(effectOf(model, feature), model.decimals)}`, title: `layer ${layer}, head ${head}` }), feature));
  const overlay = svg('svg', { class: 'overlay', 'aria-hidden': 'true' });
  const frame = html('div', { class: 'heads-frame' }, grid, overlay);
  const place = feature => {
    const box = grid.querySelector(`[data-feature="${feature}"]`)?.getBoundingClientRect();
    const origin = frame.getBoundingClientRect();
    return box ? { x: box.left - origin.left, y: box.top - origin.top + box.height / 4, width: box.width, height: box.height / 2 } : null;
  };
  const state = { strongest: 10 };
  const draw = () => drawArcs(frame, overlay, model, arcsFor(model, attention.target, state.strongest), { place, rise: 26, steepness: 0.12, pairs: true });
  const redraw = responsive(frame, draw);
  onAttention(draw);
  return html('div', {}, html('p', { class: 'muted' }, 'Columns: heads. Rows: layers. An arc joins a pair, a star a larger set; whole lines raise the value, dashed ones lower it.'), html('div', { class: 'table-scroll' }, frame),
    html('div', { class: 'legend-row under' }, choice('Arcs', [['0', 'none'], ['10', 'the 10 strongest sets'], ['30', 'the 30 strongest sets']], '10', value => { state.strongest = Number(value); redraw(); })));
}

function headSwitches(model, mask) {
  return html('div', { class: 'table-scroll' }, headGrid(model, 'Attention heads; Space or Enter switches one off and on', (feature, layer, head) =>
    switchOf(model, mask, feature, 'span', { class: 'head', 'aria-label': `Layer ${layer}, head ${head} present` })));
}

// Single heads, sets within one layer, sets across layers.
function headEnergy(model) {
  const parts = { 'single heads': 0, 'within one layer': 0, 'across layers': 0 };
  model.spectrum.sets.forEach((set, i) => {
    if (set.length > 0) {
      const layers = new Set(set.map(feature => model.heads[2 * feature]));
      const part = set.length === 1 ? 'single heads' : layers.size === 1 ? 'within one layer' : 'across layers';
      parts[part] += model.spectrum.coefficients[i] ** 2;
    }
  });
  const most = Math.max(...Object.values(parts), 1e-300);
  return [html('h3', {}, 'By layers'), html('ul', { class: 'meters' }, Object.entries(parts).map(([name, energy]) => html('li', {},
    html('span', { class: 'meter-name' }, name), html('span', { class: 'meter', '--share': energy / most }), html('span', { class: 'meter-value' }, percent(energy / (model.spectrum.variance || 1))))))];
}
