// What the reader looks at: a feature or an interaction, by pointer, by keyboard, or held by a click. Views listen.

const attention = { target: null, held: null, listeners: [] };

function onAttention(listener) {
  attention.listeners.push(listener);
}

function attend(target) {
  if (same(target, attention.target)) {
    return;
  }
  attention.target = target;
  light();
  for (const listener of attention.listeners) {
    listener(target);
  }
}

// Null lets go.
function hold(target) {
  attention.held = target;
  attend(target);
  for (const element of document.querySelectorAll('.held')) {
    element.classList.remove('held');
  }
  for (const element of target === null ? [] : document.querySelectorAll(selectorOf(target))) {
    element.classList.add('held');
  }
}

function same(a, b) {
  return a === b || (a !== null && b !== null && a.feature === b.feature && a.at === b.at);
}

function selectorOf(target) {
  return target.feature !== undefined ? `[data-feature="${target.feature}"]` : `[data-at="${target.at}"]`;
}

function targetOf(element) {
  const marked = element instanceof Element ? element.closest('[data-feature], [data-at]') : null;
  if (!marked) {
    return null;
  }
  return marked.dataset.feature !== undefined ? { feature: Number(marked.dataset.feature) } : { at: Number(marked.dataset.at) };
}

// The interactions that belong to a target, strongest first.
function concerning(model, target) {
  if (target === null) {
    return [];
  }
  return target.at !== undefined ? [model.interactions[target.at]] : model.ofFeature[target.feature];
}

const MostPartnerSets = 12;

// Partners stay lit, the rest steps back. Partners are those of the strongest sets, as far as these can be seen beside the first.
function light() {
  const { target, model } = attention;
  const root = document.documentElement;
  for (const element of document.querySelectorAll('.lit, .self')) {
    element.classList.remove('lit', 'self');
  }
  root.classList.toggle('attending', target !== null);
  if (target === null) {
    return;
  }
  const partners = new Set(partnersOf(model, target));
  for (const element of document.querySelectorAll('[data-feature]')) {
    const feature = Number(element.dataset.feature);
    if (feature === target.feature) {
      element.classList.add('self');
    } else if (partners.has(feature)) {
      element.classList.add('lit');
    }
  }
  for (const element of document.querySelectorAll('[data-at]')) {
    const { set } = model.interactions[Number(element.dataset.at)];
    if (Number(element.dataset.at) === target.at || (target.feature !== undefined && set.includes(target.feature))) {
      element.classList.add('lit');
    }
  }
}

function partnersOf(model, target) {
  if (target.at !== undefined) {
    return model.interactions[target.at].set;
  }
  const shared = model.ofFeature[target.feature].filter(interaction => interaction.set.length > 1).slice(0, MostPartnerSets);
  const least = shared.length > 0 ? 0.05 * Math.abs(shared[0].strength) : 0;
  return shared.filter(interaction => Math.abs(interaction.strength) >= least).flatMap(interaction => interaction.set);
}

function watchAttention(model) {
  attention.model = model;
  document.addEventListener('pointerover', event => {
    if (event.pointerType !== 'touch') {
      attend(targetOf(event.target) ?? attention.held);
    }
  });
  document.addEventListener('focusin', event => attend(targetOf(event.target) ?? attention.held));
  document.addEventListener('focusout', () => attend(attention.held));
  document.addEventListener('click', event => {
    const target = targetOf(event.target);
    if (target && !event.target.closest('[data-switch]')) {
      hold(same(target, attention.held) ? null : target);
    }
  });
  document.addEventListener('keydown', event => {
    if (event.key === 'Escape') {
      hold(null);
    }
  });
}
