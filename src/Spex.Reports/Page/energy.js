// How the spectrum's variance over random masks is spread over the orders (Parseval: the sum of squared coefficients).

function energySection(model) {
  const { energy, variance } = model.spectrum;
  const most = Math.max(...energy.map(entry => entry.energy), 1e-300);
  return section('energy', 'Energy by order', 'The share of the spectrum’s variance over random masks that sets of each size carry.',
    energy.length === 0 ? html('p', { class: 'muted' }, 'The function does not vary.')
      : html('ul', { class: 'meters' }, energy.map(({ order, terms, energy: part }) => html('li', {},
        html('span', { class: 'meter-name' }, order === 1 ? `single ${model.featureKind}s` : order === 2 ? 'pairs' : `sets of ${order}`),
        html('span', { class: 'meter', '--share': part / most }),
        html('span', { class: 'meter-value' }, percent(part / variance), html('span', { class: 'muted' }, ` ${counted(terms, 'term')}`))))),
    model.heads ? headEnergy(model) : null);
}
