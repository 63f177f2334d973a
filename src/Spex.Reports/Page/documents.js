// Documents against documents: how strongly their parts act together.

function documentsView(model) {
  const count = model.groups.length;
  const cells = Array.from({ length: count }, () => Array.from({ length: count }, () => ({ sets: 0, weight: 0, sum: 0 })));
  const own = model.groups.map((_, group) => model.groupOf.reduce((sum, of, feature) => of === group ? sum + model.effects.shapley[feature] : sum, 0));
  for (const { set, strength } of joint(model)) {
    const groups = [...new Set(set.map(feature => model.groupOf[feature]))].sort((a, b) => a - b);
    const pairs = groups.length === 1 ? [[groups[0], groups[0]]] : groups.flatMap((a, i) => groups.slice(i + 1).map(b => [a, b]));
    for (const [a, b] of pairs) {
      for (const cell of a === b ? [cells[a][a]] : [cells[a][b], cells[b][a]]) {
        cell.sets++;
        cell.weight += Math.abs(strength);
        cell.sum += strength;
      }
    }
  }
  const most = Math.max(...cells.flat().map(cell => cell.weight), 1e-300);
  const largest = Math.max(...own.map(Math.abs), 0);
  const letter = group => String(group + 1);
  const cellOf = (a, b) => {
    const { sets, weight, sum } = cells[a][b];
    const shown = fixed(weight, Math.min(2, model.decimals));
    const what = a === b ? `Within ${model.groups[a]}` : `${model.groups[a]} and ${model.groups[b]}`;
    return html('td', {}, html('button', {
      type: 'button', class: `pair ${sum < 0 ? 'down' : 'up'}`, tabindex: '-1', '--share': (weight / most).toFixed(3), disabled: sets === 0,
      'aria-label': `${what}: ${counted(sets, 'set')}, strengths ${shown} in all. Lists them.`, title: `${what}: ${counted(sets, 'set')}`,
      onclick: () => {
        tableSection.showGroups([a, b]);
        document.getElementById('interactions').scrollIntoView();
      },
    }, sets === 0 ? '·' : shown));
  };
  const grid = html('table', { class: 'pairs' },
    html('thead', {}, html('tr', {}, html('td', {}), model.groups.map((name, group) => html('th', { scope: 'col', title: name }, letter(group))))),
    html('tbody', {}, model.groups.map((name, a) => html('tr', {}, html('th', { scope: 'row' }, html('span', { class: 'group-number' }, letter(a)), ' ', html('bdi', {}, shortened(name, 40))),
      model.groups.map((_, b) => cellOf(a, b)), html('td', { class: 'strength' }, strengthText(own[a], model.decimals)), html('td', { class: 'bar-cell' }, signedBar(own[a], null, largest))))));
  roving(grid, '.pair:not([disabled])', null);
  return html('div', { class: 'documents' }, html('h3', {}, 'Documents together'),
    html('p', { class: 'muted' }, 'A cell is the sum of the magnitudes of all sets that join the two documents, on the diagonal of those within one; a click lists them. At the right, the Shapley values of a document’s parts in all.'),
    html('div', { class: 'table-scroll' }, grid));
}
