// What if some features were absent: the spectrum's prediction, at once.

const SwitchStep = 120;

function whatIfSection(model, mask) {
  const { present } = mask;
  const value = html('output', { id: 'prediction', class: 'number', 'aria-live': 'polite' });
  const change = html('p', { id: 'prediction-change', class: 'muted' });
  const off = html('p', { id: 'switched-off', class: 'muted' });
  const scale = html('div', { class: 'prediction-scale' });
  const all = Uint8Array.from(present);
  const none = new Uint8Array(model.n);
  const atAll = predict(model.spectrum, all);
  const atNone = predict(model.spectrum, none);
  const switches = switchesOf(model, mask);

  const update = () => {
    const predicted = predict(model.spectrum, present);
    const count = present.reduce((sum, on) => sum + on, 0);
    value.textContent = outputText(model, predicted);
    value.dataset.value = String(predicted);
    change.replaceChildren(...(count === model.n ? ['All present.'] : [arrow(predicted - atAll), ` ${outputText(model, Math.abs(predicted - atAll))} ${predicted < atAll ? 'below' : 'above'} all present`]));
    off.textContent = count === model.n ? 'Nothing is switched off.' : `${whole(model.n - count)} of ${counted(model.n, model.featureKind)} switched off.`;
    scale.replaceChildren(predictionScale(model, atNone, atAll, predicted));
    for (const element of document.querySelectorAll('[data-switch]')) {
      element.setAttribute('aria-pressed', present[Number(element.dataset.feature)] === 1);
    }
    for (const element of document.querySelectorAll('[data-feature]:not([data-switch])')) {
      element.classList.toggle('absent', present[Number(element.dataset.feature)] === 0);
    }
  };
  mask.onChange(update);

  const actions = html('div', { class: 'actions' },
    button('All on', () => mask.change(features => features.fill(1))),
    button('All off', () => mask.change(features => features.fill(0))),
    button('Invert', () => mask.change(features => features.forEach((on, i) => { features[i] = 1 - on; }))),
    model.interactions.length > 0 ? button('Strongest set off', () => mask.change(features => {
      for (const feature of (joint(model)[0] ?? model.interactions[0]).set) {
        features[feature] = 0;
      }
    })) : null);
  const { r2, measured: measure } = model.faithfulness;
  const trust = measure === 'exact' ? 'All masks were evaluated, so this is the model’s own output.' : `This is the spectrum’s prediction, R² ${r2.toFixed(3)}; the model is not run again.`;
  const { count, sets, leftOutDeviation } = model.spectrum;
  const known = [[model.output, atAll, 'all'], [model.baseline, atNone, 'none']]
    .filter(([corner, predicted]) => corner.measured && outputText(model, corner.value) !== outputText(model, predicted))
    .map(([corner, , which]) => `${outputText(model, corner.value)} with ${which} present`);
  const gave = known.length > 0 ? ` The model itself gave ${known.join(', ')}.` : '';
  const part = count > sets.length ? ` It uses the ${whole(sets.length)} strongest of ${whole(count)} terms; the others deviate by ${outputText(model, leftOutDeviation)} on average.` : '';
  const result = section('what-if', 'What if', `Switch ${plural(model.featureKind)} off and on and see the output that the spectrum predicts.`,
    html('div', { class: 'what-if' },
      html('div', { class: 'switches-frame' }, switches),
      html('div', { class: 'what-if-side' },
        html('div', { class: 'prediction' }, html('p', { class: 'label' }, 'Predicted output'), value, change, scale, off),
        html('div', { class: 'what-if-acts' }, actions, html('p', { class: 'muted' }, trust, gave, part)))));
  queueMicrotask(update);
  return result;
}

function predictionScale(model, atNone, atAll, predicted) {
  const low = Math.min(atNone, atAll, predicted);
  const high = Math.max(atNone, atAll, predicted);
  const at = value => `${(high > low ? 100 * (value - low) / (high - low) : 50).toFixed(2)}%`;
  const mark = (value, name, kind) => html('span', { class: `mark ${kind}`, '--at': at(value) }, html('span', { class: 'mark-name' }, name, ' ', outputText(model, value)));
  return html('div', { class: 'marks', role: 'img', 'aria-label': `None present ${outputText(model, atNone)}, all present ${outputText(model, atAll)}, predicted ${outputText(model, predicted)}` },
    mark(atNone, 'none', 'end'), mark(atAll, 'all', 'end'), html('span', { class: 'mark now', '--at': at(predicted) }));
}

function switchesOf(model, mask) {
  if (model.text !== undefined) {
    return textSwitches(model, mask);
  }
  if (model.image) {
    return pictureSwitches(model, mask);
  }
  return model.heads ? headSwitches(model, mask) : chipSwitches(model, mask);
}

function switchOf(model, mask, feature, tag, attributes) {
  return html(tag, {
    'data-switch': true, 'data-feature': feature, role: 'button', tabindex: '-1', 'aria-pressed': 'true',
    onclick: () => mask.toggle(feature), ...attributes,
  });
}

function textSwitches(model, mask) {
  const lines = html('p', { class: 'flow switches', dir: 'auto', role: 'group', 'aria-label': 'The text; Space or Enter switches a unit off and on' },
    flow(model, feature => switchOf(model, mask, feature, 'span', { class: 'switch-word' })));
  roving(lines, '[data-switch]');
  return lines;
}

function chipSwitches(model, mask) {
  const features = model.labels.map((_, feature) => feature).sort((a, b) => Math.abs(model.effects.banzhaf[b]) - Math.abs(model.effects.banzhaf[a]) || a - b);
  const list = html('div', { class: 'chips', role: 'group', 'aria-label': 'The features, strongest first; Space or Enter switches one off and on' });
  const more = html('div', { class: 'more' });
  const find = html('input', { type: 'search', placeholder: `find a ${model.featureKind}`, 'aria-label': `Find a ${model.featureKind} to switch`, oninput: () => { most = SwitchStep; draw(); } });
  let most = SwitchStep;
  const draw = () => {
    const wanted = find.value.trim().toLowerCase();
    const found = wanted === '' ? features : features.filter(feature => matches(model, feature, wanted));
    list.replaceChildren(...found.slice(0, most).map(feature => {
      const chip = switchOf(model, mask, feature, 'button', { class: 'chip', type: 'button', 'aria-pressed': mask.present[feature] === 1 });
      chip.append(named(model, feature));
      return chip;
    }));
    roving(list, '[data-switch]');
    more.replaceChildren(...(most < found.length ? [button(`Show ${Math.min(SwitchStep, found.length - most)} more of ${whole(found.length - most)}`, () => { most += SwitchStep; draw(); })] : []));
  };
  draw();
  return html('div', {}, features.length > 20 ? find : null, list, more);
}

function matches(model, feature, wanted) {
  return String(feature) === wanted || model.nameOf(feature).toLowerCase().includes(wanted);
}
