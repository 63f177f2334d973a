// The colour of a feature: its effect by one of three definitions, and the legend that says which.

const effects = { kind: 'index', largest: 0, listeners: [] };

function effectChoices(model) {
  const own = model.index.single ? model.index.name : `${model.index.name}, order 1`;
  return {
    index: [own, `${model.index.effect}; the strength under ${model.index.name} of the set that holds it alone`],
    shapley: ['Shapley value', 'its fair share of the output; all shares add up to the difference between output and baseline'],
    banzhaf: ['Banzhaf value', 'what it changes on average when others are present or absent at random'],
  };
}

function effectOf(model, feature) {
  return model.effects[effects.kind][feature];
}

function chooseEffect(model, kind) {
  effects.kind = kind;
  effects.largest = Math.max(...model.effects[kind].map(Math.abs), 0);
  for (const element of document.querySelectorAll('[data-tint]')) {
    tint(model, element, Number(element.dataset.feature));
  }
  for (const element of document.querySelectorAll('.legend-largest')) {
    element.textContent = fixed(effects.largest, decimalsFor(effects.largest));
  }
  for (const listener of effects.listeners) {
    listener();
  }
}

function shareOf(value, largest) {
  return largest > 0 ? Math.min(1, Math.abs(value) / largest) : 0;
}

// Strong effects are also underlined, whole where they raise and dashed where they lower.
function tint(model, element, feature) {
  const effect = effectOf(model, feature);
  const share = shareOf(effect, effects.largest);
  element.dataset.tint = 'yes';
  element.classList.toggle('up', effect > 0);
  element.classList.toggle('down', effect < 0);
  element.classList.toggle('faint', share < 0.12);
  element.style.setProperty('--share', share.toFixed(4));
  return element;
}

function describeEffect(model, feature) {
  return `effect ${signed(effectOf(model, feature), decimalsFor(effects.largest))}`;
}

function effectLegend(model) {
  const choices = effectChoices(model);
  const meaning = html('p', { class: 'legend-meaning', id: 'effect-meaning' }, `Colour: ${choices[effects.kind][1]}.`);
  const end = sign => html('span', {}, sign, html('span', { class: 'legend-largest' }, fixed(effects.largest, decimalsFor(effects.largest))));
  return html('div', { class: 'legend' },
    html('div', { class: 'legend-row' },
      choice('Colour by', Object.entries(choices).map(([kind, [name]]) => [kind, name]), effects.kind, kind => {
        chooseEffect(model, kind);
        meaning.textContent = `Colour: ${choices[kind][1]}.`;
      }),
      html('span', { class: 'ramp', role: 'img', 'aria-label': 'Colour scale from lowering the value, orange and dashed, to raising it, blue and whole' },
        html('span', { class: 'ramp-end' }, '▼ ', end(Minus)), html('span', { class: 'ramp-bar' }), html('span', { class: 'ramp-end' }, end('+'), ' ▲'))),
    meaning);
}
