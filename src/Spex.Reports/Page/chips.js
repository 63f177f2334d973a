// Features that stand in no text or picture: one chip each, strongest first.

const ChipStep = 80;

function chipsView(model) {
  const list = html('div', { class: 'chips', role: 'group', 'aria-label': `The features, ${counted(model.n, model.featureKind)}; arrow keys move from one to the next` });
  let order = 'effect';
  let most = ChipStep;
  const more = html('div', { class: 'more' });
  const draw = () => {
    const features = model.labels.map((_, feature) => feature);
    if (order === 'effect') {
      features.sort((a, b) => Math.abs(effectOf(model, b)) - Math.abs(effectOf(model, a)) || a - b);
    }
    list.replaceChildren(...features.slice(0, most).map(feature => chip(model, feature)));
    roving(list, '[data-feature]');
    more.replaceChildren(...(most < features.length
      ? [button(`Show ${Math.min(ChipStep, features.length - most)} more of ${whole(features.length - most)}`, () => { most += ChipStep; draw(); })]
      : []));
    light();
  };
  draw();
  effects.listeners.push(draw);
  const control = choice('Order', [['effect', 'by effect'], ['number', `by number`]], order, value => { order = value; draw(); });
  return html('div', {}, html('div', { class: 'legend-row' }, control), list, more);
}

function chip(model, feature) {
  return tint(model, html('button', { type: 'button', class: 'chip', tabindex: '-1', 'data-feature': feature },
    named(model, feature), html('span', { class: 'chip-value' }, signed(effectOf(model, feature), model.decimals))), feature);
}
