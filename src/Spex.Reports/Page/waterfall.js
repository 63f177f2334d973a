// From the baseline to the output, step by step. The steps sum to the difference: what is not named stands under "others" and "what the fit misses"; only what rounds to
// zero has no row.

function waterfallSection(model) {
  const adds = model.index.adds;
  const list = html('ol', { class: 'waterfall' });
  const state = { most: 10 };
  const draw = () => {
    list.replaceChildren(...waterfallRows(model, waterfallSteps(model, state.most)));
    roving(list, '[data-at]');
  };
  draw();
  const lead = adds
    ? `The strengths under ${model.index.name}, added up.`
    : `Strengths under ${model.index.name} do not add up to the output; these are the features’ Shapley values under the spectrum, which do.`;
  return section('waterfall', 'From baseline to output', lead,
    html('div', { class: 'legend-row' }, choice('Steps', [['5', '5'], ['10', '10'], ['20', '20'], ['40', '40']], '10', value => { state.most = Number(value); draw(); })), list);
}

function waterfallSteps(model, most) {
  const { baseline, output, index } = model;
  const steps = [];
  let all;
  let restSum = 0;
  let restCount = 0;
  if (index.adds) {
    all = model.interactions;
    restSum = model.restSum;
    restCount = model.count - all.length;
  } else {
    all = model.effects.shapley.map((strength, feature) => ({ set: [feature], strength, at: null })).filter(({ strength }) => strength !== 0).sort((a, b) => Math.abs(b.strength) - Math.abs(a.strength));
  }
  const start = index.start;
  if (Math.abs(start - baseline.value) >= model.least) {
    steps.push({ name: 'the fit’s constant, beside the baseline', strength: start - baseline.value });
  }
  const told = all.slice(0, most).filter(({ strength }) => Math.abs(strength) >= model.least);
  for (const { set, strength, at } of told) {
    steps.push({ set, strength, at });
  }
  const others = all.slice(told.length);
  if (others.length + restCount > 0) {
    steps.push({ name: others.length + restCount === 1 ? '1 other' : `${whole(others.length + restCount)} others`, strength: others.reduce((sum, { strength }) => sum + strength, restSum), kind: 'others' });
  }
  const reached = steps.reduce((sum, { strength }) => sum + strength, baseline.value);
  if (Math.abs(output.value - reached) >= model.least) {
    steps.push({ name: 'what the fit misses', strength: output.value - reached, kind: 'others' });
  }
  return steps;
}

function waterfallRows(model, steps) {
  const { baseline, output } = model;
  const places = [baseline.value];
  for (const { strength } of steps) {
    places.push(places[places.length - 1] + strength);
  }
  const low = Math.min(...places, output.value);
  const high = Math.max(...places, output.value);
  const at = value => `${(high > low ? 100 * (value - low) / (high - low) : 0).toFixed(2)}%`;
  const end = (name, value, id) => html('li', { class: 'waterfall-end', id }, html('span', { class: 'waterfall-name' }, name),
    html('span', { class: 'waterfall-track', 'aria-hidden': 'true' }, html('span', { class: 'waterfall-stop', '--at': at(value) })), html('span', { class: 'waterfall-value' }, outputText(model, value)));
  return [
    end('Baseline', baseline.value, 'waterfall-baseline'),
    ...steps.map(({ set, name, strength, at: row, kind }, i) => html('li', { 'data-at': row ?? null, tabindex: row === undefined || row === null ? null : '-1', class: kind ?? '', 'data-strength': strength },
      html('span', { class: 'waterfall-name' }, set ? namedSet(model, set) : name),
      html('span', { class: 'waterfall-track', 'aria-hidden': 'true' }, html('span', {
        class: `waterfall-bar ${strength < 0 ? 'down' : 'up'}`, '--from': at(Math.min(places[i], places[i + 1])), '--to': at(Math.max(places[i], places[i + 1])),
      })),
      html('span', { class: 'waterfall-value' }, strengthText(strength, model.decimals)))),
    end('Output', output.value, 'waterfall-output'),
  ];
}
