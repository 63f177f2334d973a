// How the spectrum's variance over random masks is spread over the orders (Parseval: the sum of squared coefficients).

function energySection(model) {
  const { energy } = model.spectrum;
  const most = Math.max(...energy.map(entry => entry.share), 1e-300);
  return section('energy', 'Energy by order', 'The share of the spectrum’s variance over random masks that sets of each size carry.',
    energy.length === 0 ? html('p', { class: 'muted' }, 'The function does not vary.')
      : html('ul', { class: 'meters' }, energy.filter(({ terms }) => terms > 0).map(({ order, terms, share }) => html('li', {},
        html('span', { class: 'meter-name' }, order === 1 ? `single ${plural(model.featureKind)}` : order === 2 ? 'pairs' : `sets of ${order}`),
        html('span', { class: 'meter', '--share': share / most }),
        html('span', { class: 'meter-value' }, percent(share), html('span', { class: 'muted' }, ` ${counted(terms, 'term')}`))))),
    model.heads ? headEnergy(model) : null);
}
