// The text as it stands, with its units.

// make(feature) gives the element of a unit; what lies between units is text.
function flow(model, make) {
  const order = model.labels.map((_, feature) => feature).sort((a, b) => model.spans[2 * a] - model.spans[2 * b]);
  const parts = [];
  let at = 0;
  for (const feature of order) {
    const start = model.spans[2 * feature];
    const end = start + model.spans[2 * feature + 1];
    if (start < at || end === start) {
      continue;
    }
    parts.push(model.text.slice(at, start), fill(make(feature), {}, [model.text.slice(start, end)]));
    at = end;
  }
  parts.push(model.text.slice(at));
  return parts;
}

// A sentence is shown large, with room for its arcs.
const ShortText = 160;

// How high arcs rise and how deep brackets hang between the lines, in pixels.
const Roomy = { rise: 66, steepness: 0.28, step: 17, slots: 4, most: 7 };
const Narrow = { rise: 18, steepness: 0.12, step: 4, slots: 3, most: 12 };

function textView(model) {
  const short = model.text.length <= ShortText;
  const lines = html('p', { class: 'flow', dir: 'auto', lang: '', role: 'group', 'aria-label': `The text, ${counted(model.n, model.featureKind)}; arrow keys move from one to the next` },
    flow(model, feature => tint(model, html('span', { class: 'unit-word', role: 'button', tabindex: '-1', 'data-feature': feature, 'aria-description': describeEffect(model, feature) }), feature)));
  const overlay = svg('svg', { class: 'overlay', 'aria-hidden': 'true' });
  const frame = html('div', { class: short ? 'text-frame short' : 'text-frame' }, lines, overlay);
  roving(lines, '[data-feature]');
  const unit = new Map([...lines.querySelectorAll('[data-feature]')].map(element => [Number(element.dataset.feature), element]));
  const shown = { strongest: 5 };
  const place = feature => {
    const element = unit.get(feature);
    if (!element) {
      return null;
    }
    const box = element.getClientRects()[0];
    const origin = frame.getBoundingClientRect();
    return box ? { x: box.left - origin.left, y: box.top - origin.top, width: box.width, height: box.height } : null;
  };
  const room = short ? Roomy : Narrow;
  const draw = () => drawArcs(frame, overlay, model, arcsFor(model, attention.target, shown.strongest, room.most), { place, ...room, gutter: 22, pairs: true, brackets: true, labels: true });
  const redraw = responsive(frame, draw);
  onAttention(draw);
  const control = choice('Arcs and brackets', [['0', 'none'], ['5', 'the 5 strongest'], ['10', 'the 10 strongest'], ['20', 'the 20 strongest']], '5', value => {
    shown.strongest = Number(value);
    redraw();
  });
  return html('div', {}, frame, html('div', { class: 'legend-row under' }, control,
    html('span', { class: 'muted' }, 'An arc joins a pair, a bracket a larger set; whole lines raise the value, dashed ones lower it.')));
}

// Of what the reader looks at, at most so many; otherwise the strongest joint effects.
function arcsFor(model, target, strongest, most = 12) {
  const wanted = target === null ? joint(model).slice(0, strongest) : concerning(model, target).filter(interaction => interaction.set.length > 1).slice(0, most);
  const least = wanted.length > 0 ? 0.05 * Math.abs(wanted[0].strength) : 0;
  return wanted.filter(interaction => Math.abs(interaction.strength) >= least);
}
