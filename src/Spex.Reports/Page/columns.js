// A table's row: each column with its value, what takes its place where it is absent, and its effect.

function columnsView(model) {
  const body = html('tbody');
  const draw = () => {
    body.replaceChildren(...model.labels.map((_, feature) => columnRow(model, feature)));
    roving(body, 'tr');
    light();
  };
  draw();
  effects.listeners.push(draw);
  return html('div', { class: 'table-scroll' }, html('table', { class: 'row-table' },
    html('thead', {}, html('tr', {}, ['Column', 'Value', 'Background', 'Effect'].map(name => html('th', { scope: 'col' }, name)), html('th', {}, html('span', { class: 'hidden' }, 'Bar')))),
    body));
}

function columnRow(model, feature) {
  const effect = effectOf(model, feature);
  return html('tr', { 'data-feature': feature, tabindex: '-1' },
    html('th', { scope: 'row' }, named(model, feature)),
    html('td', {}, html('bdi', {}, model.columnValues[feature])),
    html('td', { class: 'muted' }, html('bdi', {}, model.columnBackgrounds[feature])),
    html('td', { class: 'strength' }, strengthText(effect, model.decimals)),
    html('td', { class: 'bar-cell' }, signedBar(effect, null, effects.largest)));
}
