// Arcs for pairs and brackets for larger sets, over units that stand in lines of text, in a grid or in a picture.

// place(feature) gives the box of a feature inside the container, or null where it is not shown.
function drawArcs(container, overlay, model, interactions, options) {
  overlay.replaceChildren();
  const width = container.clientWidth;
  const height = container.scrollHeight;
  overlay.setAttribute('viewBox', `0 0 ${width} ${height}`);
  overlay.setAttribute('width', width);
  overlay.setAttribute('height', height);
  const strongest = Math.max(...interactions.map(interaction => Math.abs(interaction.strength)), 1e-300);
  let bracket = 0;
  const labels = [];
  for (const interaction of interactions) {
    const boxes = interaction.set.map(options.place);
    if (boxes.some(box => box === null)) {
      continue;
    }
    const weight = 1.25 + 2.25 * Math.abs(interaction.strength) / strongest;
    const shape = options.pairs && boxes.length === 2 ? pairPath(boxes, options)
      : options.brackets ? bracketPath(boxes, bracket++, options)
        : starPath(boxes);
    overlay.append(svg('path', { d: shape.path, class: interaction.strength < 0 ? 'arc down' : 'arc up', 'stroke-width': weight.toFixed(2) }));
    labels.push({ x: shape.x, y: shape.y, interaction });
  }
  if (options.labels) {
    placeLabels(overlay, model, labels, width);
  }
}

function pairPath([a, b], options) {
  const [first, second] = a.x + a.width / 2 <= b.x + b.width / 2 ? [a, b] : [b, a];
  const x1 = first.x + first.width / 2;
  const x2 = second.x + second.width / 2;
  if (Math.abs(first.y - second.y) < first.height / 2) {
    const rise = Math.min(options.rise, 6 + options.steepness * (x2 - x1));
    const y = Math.min(first.y, second.y);
    return { path: `M${x1},${first.y}C${x1},${y - rise * 1.33} ${x2},${y - rise * 1.33} ${x2},${second.y}`, x: (x1 + x2) / 2, y: y - rise };
  }
  const [upper, lower] = first.y < second.y ? [first, second] : [second, first];
  const ux = upper.x + upper.width / 2;
  const lx = lower.x + lower.width / 2;
  const uy = upper.y + upper.height;
  const bend = Math.min(40, Math.max(8, (lower.y - uy) / 2));
  return { path: `M${ux},${uy}C${ux},${uy + bend} ${lx},${lower.y - bend} ${lx},${lower.y}`, x: (ux + lx) / 2, y: (uy + lower.y) / 2 };
}

// Under each line of text that has members a bar with a tick to each; lines are joined in the margin.
function bracketPath(boxes, slot, options) {
  const depth = 5 + (slot % options.slots) * options.step;
  const margin = 14 - (slot % 4) * 4;
  const lines = [];
  for (const box of [...boxes].sort((a, b) => a.y - b.y || a.x - b.x)) {
    const line = lines.find(other => Math.abs(other.y - box.y) < box.height / 2);
    if (line) {
      line.boxes.push(box);
    } else {
      lines.push({ y: box.y, bottom: box.y + box.height, boxes: [box] });
    }
  }
  let path = '';
  for (const line of lines) {
    const y = line.bottom + depth;
    const centres = line.boxes.map(box => box.x + box.width / 2);
    const left = lines.length > 1 ? options.gutter - margin : Math.min(...centres);
    path += `M${left},${y}H${Math.max(...centres)}`;
    path += centres.map(x => `M${x},${line.bottom}V${y}`).join('');
  }
  if (lines.length > 1) {
    path += `M${options.gutter - margin},${lines[0].bottom + depth}V${lines[lines.length - 1].bottom + depth}`;
  }
  const first = lines[0];
  const centres = first.boxes.map(box => box.x + box.width / 2);
  return { path, x: (Math.min(...centres) + Math.max(...centres)) / 2, y: first.bottom + depth + Math.min(6, options.step) };
}

// In a picture or a grid a set is a star: its members joined to their middle.
function starPath(boxes) {
  const centres = boxes.map(box => [box.x + box.width / 2, box.y + box.height / 2]);
  const x = centres.reduce((sum, centre) => sum + centre[0], 0) / centres.length;
  const y = centres.reduce((sum, centre) => sum + centre[1], 0) / centres.length;
  return { path: centres.map(([cx, cy]) => `M${cx},${cy}L${x},${y}`).join(''), x, y };
}

// Labels that would cover one another are left out; the strongest come first.
function placeLabels(overlay, model, labels, width) {
  const taken = [];
  for (const { x, y, interaction } of labels) {
    const text = signed(interaction.strength, model.decimals > 4 ? 4 : Math.min(model.decimals, 3));
    const half = 3.6 * text.length;
    const at = Math.max(half, Math.min(width - half, x));
    if (taken.some(other => Math.abs(other.x - at) < other.half + half && Math.abs(other.y - y) < 13)) {
      continue;
    }
    taken.push({ x: at, y, half });
    overlay.append(svg('text', { x: at, y: y + 4, class: 'arc-label', 'text-anchor': 'middle' }, text));
  }
}
