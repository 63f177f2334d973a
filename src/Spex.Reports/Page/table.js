// The interactions, strongest first, with filters.

const RowStep = 50;

function tableSection(model) {
  const orders = [...new Set(model.interactions.map(interaction => interaction.set.length))].sort((a, b) => a - b);
  const filter = { orders: new Set(orders), sign: 'any', feature: '', least: 0, groups: null };
  const state = { rows: RowStep, sort: 'strength' };
  const body = html('tbody');
  const summary = html('p', { class: 'summary', id: 'table-summary', role: 'status' });
  const more = html('div', { class: 'more' });
  const leastValue = html('output', { class: 'least-value' });
  const groupTag = html('span');

  const passing = () => {
    const wanted = filter.feature.trim().toLowerCase();
    const features = wanted === '' ? null : new Set(model.labels.map((_, feature) => feature).filter(feature => matches(model, feature, wanted)));
    return model.interactions.filter(({ set, strength }) =>
      filter.orders.has(set.length)
      && (filter.sign === 'any' || (filter.sign === 'down') === (strength < 0))
      && Math.abs(strength) >= filter.least * model.largest
      && (features === null || set.some(feature => features.has(feature)))
      && (filter.groups === null || touches(model, set, filter.groups)));
  };
  const sorted = list => state.sort === 'strength' ? list
    : state.sort === 'order' ? [...list].sort((a, b) => a.set.length - b.set.length || a.rank - b.rank)
      : [...list].sort((a, b) => compareSets(a.set, b.set));
  const draw = () => {
    const found = sorted(passing());
    const sum = found.reduce((total, { strength }) => total + strength, 0);
    body.replaceChildren(...found.slice(0, state.rows).map(interaction => row(model, interaction)));
    roving(body, 'tr');
    summary.textContent = found.length === 0 ? 'No interaction passes the filters.'
      : `${whole(found.length)} of ${counted(model.count, 'interaction')}; their strengths sum to ${signed(sum, model.decimals)}.${found.length > state.rows ? ` The first ${state.rows} are shown.` : ''}`;
    more.replaceChildren(...(found.length > state.rows ? [button(`Show ${whole(Math.min(2 * RowStep, found.length - state.rows))} more`, () => { state.rows += 2 * RowStep; draw(); })] : []));
    leastValue.textContent = filter.least === 0 ? 'any' : `≥ ${fixed(filter.least * model.largest, model.decimals)}`;
    groupTag.replaceChildren(...(filter.groups === null ? [] : [button(`between ${filter.groups.map(group => shortened(model.groups[group], 24)).join(' and ')} ✕`, () => { filter.groups = null; draw(); })]));
    light();
  };
  const changed = act => value => {
    act(value);
    state.rows = RowStep;
    draw();
  };
  tableSection.showGroups = changed(groups => { filter.groups = groups; });

  const controls = html('form', { class: 'filters', onsubmit: event => event.preventDefault(), 'aria-label': 'Filters of the interactions' },
    html('fieldset', {}, html('legend', {}, 'Order'), orders.map(order => html('label', { class: 'check' },
      html('input', { type: 'checkbox', checked: true, value: order, onchange: changed(event => { if (event.target.checked) { filter.orders.add(order); } else { filter.orders.delete(order); } }) }),
      html('span', {}, String(order))))),
    html('fieldset', {}, html('legend', {}, 'Sign'), [['any', 'any'], ['up', '▲ above 0'], ['down', '▼ below 0']].map(([value, name]) => html('label', { class: 'check' },
      html('input', { type: 'radio', name: 'sign', value, checked: value === 'any', onchange: changed(() => { filter.sign = value; }) }), html('span', {}, name)))),
    html('label', { class: 'field' }, html('span', {}, 'Feature'),
      html('input', { type: 'search', id: 'filter-feature', placeholder: 'name or number', oninput: changed(event => { filter.feature = event.target.value; }) })),
    html('label', { class: 'field' }, html('span', {}, 'Strength ', leastValue),
      html('input', { type: 'range', id: 'filter-strength', min: 0, max: 100, value: 0, 'aria-label': 'The least strength', oninput: changed(event => { filter.least = (event.target.value / 100) ** 2; }) })),
    choice('Sort by', [['strength', 'strength'], ['order', 'order'], ['place', 'place']], 'strength', changed(value => { state.sort = value; })),
    button('Reset', () => {
      controls.reset();
      Object.assign(filter, { orders: new Set(orders), sign: 'any', feature: '', least: 0, groups: null });
      Object.assign(state, { rows: RowStep, sort: 'strength' });
      draw();
    }));

  const rest = model.count - model.interactions.length;
  const name = model.index.single ? model.index.name : `${model.index.name} of order ${model.index.order}`;
  const result = section('interactions', 'Interactions', `${name}: the strength of a set is ${model.index.strength}.`,
    controls, groupTag, summary,
    html('table', { class: 'interactions' },
      html('thead', {}, html('tr', {}, html('th', { scope: 'col', class: 'rank' }, 'Rank'), html('th', { scope: 'col' }, 'Features'), html('th', { scope: 'col', class: 'order' }, 'Order'),
        html('th', { scope: 'col', class: 'strength' }, 'Strength', model.interactions[0]?.interval ? html('span', { class: 'muted' }, ' 95 % interval') : null), html('th', { scope: 'col', class: 'bar-cell' }, html('span', { class: 'hidden' }, 'Bar')))),
      body),
    more,
    rest > 0 ? html('p', { class: 'muted' }, `This page holds the ${whole(model.interactions.length)} strongest; ${counted(rest, 'weaker interaction')} sum to ${signed(model.restSum, model.decimals)}.`) : null);
  queueMicrotask(draw);
  return result;
}

function touches(model, set, [a, b]) {
  const groups = new Set(set.map(feature => model.groupOf[feature]));
  return set.length > 1 && groups.has(a) && groups.has(b) && (a !== b || groups.size === 1);
}

function compareSets(a, b) {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    if (a[i] !== b[i]) {
      return a[i] - b[i];
    }
  }
  return a.length - b.length;
}

function row(model, interaction) {
  const { set, strength, interval, rank, at } = interaction;
  return html('tr', { 'data-at': at, tabindex: '-1', 'aria-label': `Rank ${rank}: ${plainSet(model, set)}, ${signed(strength, model.decimals)}` },
    html('td', { class: 'rank' }, whole(rank)),
    html('td', { class: 'features' }, pictured(model, interaction, namedSet(model, set))),
    html('td', { class: 'order' }, String(set.length)),
    html('td', { class: 'strength' }, html('span', { class: 'strength-value' }, strengthText(strength, model.decimals)),
      interval ? html('span', { class: 'interval muted' }, `${signed(interval[0], model.decimals)} to ${signed(interval[1], model.decimals)}`) : null),
    html('td', { class: 'bar-cell' }, signedBar(strength, interval, reach(model))));
}

// The end of the bars' scale: the largest strength, or the farthest end of an interval.
function reach(model) {
  model.reach ??= model.interactions.reduce((most, { strength, interval }) => Math.max(most, Math.abs(strength), ...(interval ?? []).map(Math.abs)), 0);
  return model.reach;
}

// From the middle to the right where it raises, to the left where it lowers; hatched where it lowers.
function signedBar(value, interval, largest) {
  const at = x => `${(50 + 49 * (largest > 0 ? x / largest : 0)).toFixed(2)}%`;
  return html('span', { class: 'signed-bar', 'aria-hidden': 'true' },
    html('span', { class: `signed-fill ${value < 0 ? 'down' : 'up'}`, '--from': at(Math.min(0, value)), '--to': at(Math.max(0, value)) }),
    interval ? html('span', { class: 'whisker', '--from': at(interval[0]), '--to': at(interval[1]) }) : null);
}
