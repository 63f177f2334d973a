// Sets of three and more: a column a set, its strength above, its members as dots below (after UpSet, Lex et al. 2014).

function upsetSection(model) {
  const large = joint(model).filter(({ set }) => set.length >= 3);
  if (large.length === 0) {
    return section('upset', 'Sets of three and more', null, html('p', { class: 'muted' }, `There are none up to order ${model.index.order}.`));
  }
  const frame = html('div', { class: 'chart scroll', tabindex: '0', role: 'group', 'aria-label': 'Sets of three and more; scrolls sideways' });
  const note = html('p', { class: 'muted' });
  const state = { most: 15 };
  const redraw = responsive(frame, width => drawUpset(model, frame, note, width, large, state.most));
  return section('upset', 'Sets of three and more', 'Each column is a set: its strength above, its members below.',
    html('div', { class: 'legend-row' }, choice('Sets', [['15', '15'], ['30', '30'], ['60', '60']], '15', value => { state.most = Number(value); redraw(); })), frame, note);
}

function drawUpset(model, frame, note, width, large, most) {
  const sets = large.slice(0, most);
  const counts = new Map();
  for (const feature of sets.flatMap(({ set }) => set)) {
    counts.set(feature, (counts.get(feature) ?? 0) + 1);
  }
  const features = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([feature]) => feature);
  const label = width < 480 ? 96 : 150;
  const step = Math.max(24, Math.min(40, (width - label - 12) / sets.length));
  const bars = 130;
  const line = 22;
  const total = label + step * sets.length + 12;
  const height = bars + 16 + line * features.length + 6;
  const raise = Math.max(0, ...sets.map(({ strength }) => strength));
  const lower = Math.max(0, ...sets.map(({ strength }) => -strength));
  const scale = (bars - 28) / (raise + lower || 1);
  const zero = 14 + raise * scale;
  const drawing = svg('svg', { width: total, height, viewBox: `0 0 ${total} ${height}`, role: 'group', 'aria-label': `${counted(sets.length, 'set')} of three and more` });
  features.forEach((feature, i) => {
    const y = bars + 16 + line * (i + 0.5);
    drawing.append(svg('g', { 'data-feature': feature, class: 'upset-row' },
      svg('rect', { x: 0, y: y - line / 2, width: total, height: line, class: i % 2 === 0 ? 'stripe' : 'stripe other' }),
      svg('title', {}, model.labelOf(feature)),
      svg('text', { x: label - 10, y, 'text-anchor': 'end', 'dominant-baseline': 'middle' }, shortened(model.labelOf(feature), width < 480 ? 12 : 20))));
  });
  drawing.append(svg('line', { x1: label, x2: total, y1: zero, y2: zero, class: 'axis' }),
    svg('text', { x: label - 10, y: zero, 'text-anchor': 'end', 'dominant-baseline': 'middle', class: 'muted-text' }, '0'));
  sets.forEach((interaction, i) => {
    const { set, strength, at } = interaction;
    const x = label + step * (i + 0.5);
    const size = Math.max(1, Math.abs(strength) * scale);
    const rows = set.map(feature => bars + 16 + line * (features.indexOf(feature) + 0.5));
    drawing.append(svg('g', { class: `upset-set ${strength < 0 ? 'down' : 'up'}`, 'data-at': at, tabindex: '-1', role: 'button', 'aria-label': `${plainSet(model, set)}: ${signed(strength, model.decimals)}` },
      svg('title', {}, `${plainSet(model, set)}: ${signed(strength, model.decimals)}`),
      svg('rect', { x: x - step / 2 + 1, y: 2, width: step - 2, height: height - 4, class: 'upset-hit', rx: 4 }),
      svg('rect', { x: x - Math.min(9, step / 3), y: strength < 0 ? zero : zero - size, width: 2 * Math.min(9, step / 3), height: size, class: 'upset-bar', rx: 1.5 }),
      svg('text', { x, y: strength < 0 ? zero + size + 10 : zero - size - 5, 'text-anchor': 'middle', class: 'upset-sign' }, strength < 0 ? '▼' : '▲'),
      svg('line', { x1: x, x2: x, y1: Math.min(...rows), y2: Math.max(...rows), class: 'upset-line' }),
      rows.map(y => svg('circle', { cx: x, cy: y, r: 5, class: 'upset-dot' }))));
  });
  frame.replaceChildren(drawing);
  roving(drawing, '.upset-set');
  note.textContent = `${sets.length < large.length ? `The ${sets.length} strongest of ${whole(large.length)} sets` : `All ${counted(large.length, 'set')}`} of three and more; the largest is ${signed(sets[0].strength, model.decimals)}.`;
}
