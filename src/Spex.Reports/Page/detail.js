// What is known of the feature or the set that the reader looks at.

const DetailRows = 8;

function detailPanel(model, mask) {
  const panel = html('aside', { class: 'detail', tabindex: '0', 'aria-live': 'polite', 'aria-label': 'Details' });
  const draw = target => panel.replaceChildren(...(target === null ? overview(model) : target.at !== undefined ? ofSet(model, target) : ofFeature(model, target.feature, mask)).filter(Boolean));
  onAttention(draw);
  draw(null);
  return panel;
}

function overview(model) {
  const strongest = joint(model).slice(0, 6);
  return [
    html('h3', {}, 'Strongest together'),
    strongest.length > 0 ? interactionList(model, strongest) : html('p', { class: 'muted' }, 'No set of two or more acts together.'),
    html('p', { class: 'muted hint' }, `Point at a ${model.featureKind}, or move to it with Tab and the arrow keys, to see what it acts with. A click or Enter holds it, Esc lets go.`),
  ];
}

function ofFeature(model, feature, mask) {
  const choices = effectChoices(model);
  const all = model.ofFeature[feature].filter(interaction => interaction.set.length > 1);
  const full = model.nameOf(feature);
  return [
    html('h3', { class: 'detail-name' }, named(model, feature)),
    full !== model.labelOf(feature) ? html('p', { class: 'full-name', dir: 'auto', tabindex: '0' }, full) : null,
    model.groups ? html('p', { class: 'muted' }, 'in ', html('bdi', {}, model.groups[model.groupOf[feature]])) : null,
    model.columnValues ? html('p', { class: 'muted' }, 'is ', html('bdi', {}, model.columnValues[feature]), '; absent: ', html('bdi', {}, model.columnBackgrounds[feature])) : null,
    html('dl', { class: 'effect-list' }, Object.entries(choices).map(([kind, [name]]) => {
      const value = model.effects[kind][feature];
      return [html('dt', {}, name), html('dd', {}, strengthText(value, model.decimals))];
    })),
    html('h3', {}, all.length > 0 ? `Acts with (${whole(all.length)})` : 'Acts alone'),
    all.length > 0 ? interactionList(model, all.slice(0, DetailRows), feature) : html('p', { class: 'muted' }, 'It is in no set of two or more.'),
    all.length > DetailRows ? html('p', { class: 'muted' }, `and ${whole(all.length - DetailRows)} weaker`) : null,
    mask.present[feature] ? null : html('p', { class: 'muted' }, 'It is switched off in the what-if below.'),
  ];
}

function ofSet(model, target) {
  const { set, strength, interval, rank } = model.interactions[target.at];
  return [
    html('h3', {}, set.length === 1 ? 'One feature' : `A set of ${set.length}`, html('span', { class: 'muted' }, ` · rank ${whole(rank)}`)),
    html('p', { class: 'detail-set' }, namedSet(model, set)),
    html('p', { class: 'number' }, strengthText(strength, model.decimals)),
    interval ? html('p', { class: 'muted' }, `95 % interval ${signed(interval[0], model.decimals)} to ${signed(interval[1], model.decimals)}`) : null,
    html('p', {}, `It ${direction(model, strength)}: ${model.index.strength}.`),
  ];
}

// A feature's own name is left out of the sets that it is listed under.
function interactionList(model, interactions, without) {
  return html('ol', { class: 'interaction-list' }, interactions.map(interaction => {
    const { set, strength } = interaction;
    const others = set.filter(feature => feature !== without);
    return html('li', { title: plainSet(model, set) },
      html('span', { class: 'set' }, pictured(model, interaction, namedSet(model, others))),
      html('span', { class: 'strength' }, strengthText(strength, model.decimals)),
      html('span', { class: `bar ${strength < 0 ? 'down' : 'up'}`, '--share': shareOf(strength, model.largest) }));
  }));
}
