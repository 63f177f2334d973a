// The features that act together most, on a circle: a line for a pair, a star for a larger set.

function networkSection(model) {
  const frame = html('div', { class: 'chart' });
  const note = html('p', { class: 'muted' });
  const state = { most: 16 };
  const redraw = responsive(frame, width => drawNetwork(model, frame, note, width, state.most));
  const sizes = [8, 16, 24, 40].map(count => [String(count), `the ${count} that act most`]);
  return section('network', 'Network', 'Who acts with whom: lines join pairs, stars join larger sets.',
    html('div', { class: 'legend-row' }, choice('Features', sizes, '16', value => { state.most = Number(value); redraw(); })), frame, note);
}

function drawNetwork(model, frame, note, width, most) {
  const weights = new Map();
  for (const { set, strength } of joint(model)) {
    for (const feature of set) {
      weights.set(feature, (weights.get(feature) ?? 0) + Math.abs(strength));
    }
  }
  const features = [...weights].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, most).map(([feature]) => feature).sort((a, b) => a - b);
  const inside = new Set(features);
  const possible = joint(model).filter(({ set }) => set.every(feature => inside.has(feature)));
  const edges = possible.slice(0, 4 * features.length);
  const margin = width < 480 ? 92 : 130;
  const height = Math.min(520, Math.max(300, width * 0.8));
  const centre = [width / 2, height / 2];
  const radius = [Math.max(40, Math.min(width / 2 - margin, height / 2 - 34)), height / 2 - 34];
  const angle = i => 2 * Math.PI * i / features.length - Math.PI / 2;
  const place = new Map(features.map((feature, i) => [feature, [centre[0] + radius[0] * Math.cos(angle(i)), centre[1] + radius[1] * Math.sin(angle(i)), angle(i)]]));
  const strongest = Math.max(...edges.map(({ strength }) => Math.abs(strength)), 1e-300);

  const drawing = svg('svg', { width, height, viewBox: `0 0 ${width} ${height}`, role: 'group', 'aria-label': `Network of ${counted(features.length, 'feature')} and ${counted(edges.length, 'set')}` });
  for (const edge of [...edges].reverse()) {
    const share = Math.abs(edge.strength) / strongest;
    const points = edge.set.map(feature => place.get(feature));
    const path = points.length === 2 ? curve(points[0], points[1], centre) : star(points);
    drawing.append(svg('g', { class: `edge ${edge.strength < 0 ? 'down' : 'up'}`, 'data-at': edge.at, '--share': share.toFixed(3) },
      svg('title', {}, `${plainSet(model, edge.set)}: ${signed(edge.strength, model.decimals)}`),
      svg('path', { d: path, class: 'edge-hit' }), svg('path', { d: path, class: 'edge-line', 'stroke-width': (0.75 + 4.25 * share).toFixed(2) }),
      points.length > 2 ? svg('circle', { cx: mean(points, 0), cy: mean(points, 1), r: 3.5, class: 'edge-middle' }) : null));
  }
  const heaviest = Math.max(...weights.values(), 1e-300);
  for (const feature of features) {
    const [x, y, turn] = place.get(feature);
    const size = 4 + 7 * Math.sqrt(weights.get(feature) / heaviest);
    const side = Math.cos(turn);
    const anchor = Math.abs(side) < 0.2 ? 'middle' : side > 0 ? 'start' : 'end';
    const node = svg('g', { class: 'node', 'data-feature': feature, tabindex: '-1', role: 'button', 'aria-description': `in ${counted(model.ofFeature[feature].length, 'interaction')}` },
      svg('circle', { cx: x, cy: y, r: size + 6, class: 'node-hit' }),
      svg('circle', { cx: x, cy: y, r: size, class: 'node-dot' }),
      svg('text', { x: x + (anchor === 'middle' ? 0 : Math.sign(side) * (size + 6)), y: y + (anchor === 'middle' ? Math.sign(Math.sin(turn)) * (size + 12) : 0), 'text-anchor': anchor, 'dominant-baseline': 'middle' }, shortened(model.labelOf(feature), width < 480 ? 10 : 17)));
    drawing.append(tint(model, node, feature));
  }
  frame.replaceChildren(drawing);
  roving(drawing, '.node');
  note.textContent = features.length === 0 ? 'No features act together.'
    : `Shown: ${counted(edges.length, 'set')} among ${counted(features.length, 'feature')}${possible.length > edges.length ? `; ${whole(possible.length - edges.length)} weaker ones among them are left out` : ''}. Size of a dot: how much it takes part in.`;
}

// Bent towards the middle, so that lines of neighbours can be told apart.
function curve([x1, y1], [x2, y2], [cx, cy]) {
  const mx = (x1 + x2) / 2 + 0.45 * (cx - (x1 + x2) / 2);
  const my = (y1 + y2) / 2 + 0.45 * (cy - (y1 + y2) / 2);
  return `M${x1},${y1}Q${mx},${my} ${x2},${y2}`;
}

function mean(points, axis) {
  return points.reduce((sum, point) => sum + point[axis], 0) / points.length;
}

function star(points) {
  return points.map(([x, y]) => `M${x},${y}L${mean(points, 0)},${mean(points, 1)}`).join('');
}
