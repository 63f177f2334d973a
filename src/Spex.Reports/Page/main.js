// Puts the page together.

const Inputs = {
  text: ['The text', textView], image: ['The picture', pictureView], heads: ['The heads', headsView], columns: ['The row', columnsView], features: ['The features', chipsView],
};

function inputKind(model) {
  return model.image ? 'image' : model.heads ? 'heads' : model.columnValues ? 'columns' : model.text !== undefined ? 'text' : 'features';
}

function inputSection(model, mask) {
  const [title, view] = Inputs[inputKind(model)];
  return section('input', title, null,
    effectLegend(model),
    html('div', { class: 'input' }, html('div', { class: 'input-view' }, view(model), model.groups ? documentsView(model) : null), detailPanel(model, mask)));
}

function start() {
  const model = readModel(JSON.parse(document.getElementById('data').textContent));
  const mask = newMask(model);
  attention.model = model;
  effects.largest = Math.max(...model.effects.index.map(Math.abs), 0);
  if (effects.largest === 0) {
    // An index may have no sets of one feature; the page then begins with values that always exist.
    chooseEffect(model, 'shapley');
  }
  const sections = [
    inputSection(model, mask), whatIfSection(model, mask), tableSection(model),
    html('div', { class: 'pair-row' }, waterfallSection(model), energySection(model)),
    model.index.single ? null : html('div', { class: 'pair-row' }, networkSection(model), upsetSection(model)),
    runSection(model),
  ];
  const links = [['input', Inputs[inputKind(model)][0]], ['what-if', 'What if'], ['interactions', 'Interactions'], ['waterfall', 'Waterfall'], ['energy', 'Energy'],
    ...(model.index.single ? [] : [['network', 'Network'], ['upset', 'Sets']]), ['run', 'How it was made']];
  fill(document.getElementById('page'), {}, [
    html('a', { href: '#headline', class: 'skip' }, 'To the content'),
    html('header', { class: 'topbar' }, html('span', { class: 'brand' }, 'spex'), html('nav', { 'aria-label': 'Sections' }, links.map(([id, name]) => html('a', { href: `#${id}` }, name))), themeSwitch()),
    html('main', {}, headline(model), sections),
    html('footer', {}, 'Made by spex. The page holds all its data and asks nothing of the network.'),
  ]);
  watchAttention(model);
  document.documentElement.dataset.ready = 'yes';
}

start();
