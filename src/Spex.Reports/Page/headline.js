// What was explained, and how far the explanation can be trusted.

const QualityWords = {
  good: ['Good', '●', 'the interactions tell what the model does'],
  fair: ['Fair', '◐', 'the strongest interactions can be trusted, small ones not'],
  poor: ['Poor', '○', 'much of what the model does is missing; take the interactions as hints at most'],
};

const Kinds = {
  text: 'Text', rag: 'Documents and a question', image: 'Picture', table: 'Row of a table', heads: 'Attention heads', game: 'Function', command: 'Program',
};

function headline(model) {
  const quoted = model.kind === 'text' || model.kind === 'rag';
  return html('div', { id: 'headline', class: 'headline' },
    html('p', { class: 'eyebrow' }, Kinds[model.kind] ?? model.kind, ' · ', counted(model.n, model.featureKind)),
    html('h1', { dir: 'auto' }, quoted ? `“${model.title}”` : model.title),
    html('p', { class: 'value' }, 'The value is ', html('bdi', {}, model.value), '.'),
    html('div', { class: 'facts' }, outputFact(model), faithfulnessFact(model), ablationsFact(model), madeFact(model)),
    model.remarks.map(remark => html('p', { class: 'notice' }, html('b', {}, 'Note '), remark)));
}

function fact(label, ...children) {
  return html('div', { class: 'fact' }, html('h2', { class: 'label' }, label), ...children);
}

function outputFact(model) {
  const { output, baseline } = model;
  const change = output.value - baseline.value;
  return fact('Output',
    html('p', { class: 'number', id: 'output-value' }, outputText(model, output.value)),
    html('p', {}, 'with all present', output.measured ? '' : ' (predicted)', '; baseline ', html('b', {}, outputText(model, baseline.value)), ' with none', baseline.measured ? '' : ' (predicted)', '.'),
    html('p', { class: 'muted' }, arrow(change), ' ', outputText(model, Math.abs(change)), change < 0 ? ' lower' : ' higher', ' than the baseline'));
}

function faithfulnessFact(model) {
  const { r2, lower, upper, measured: measure, masks } = model.faithfulness;
  const { quality } = model;
  const [word, mark, meaning] = QualityWords[quality];
  const exact = measure === 'exact';
  const how = exact ? `Exact: all ${whole(masks)} masks were evaluated.`
    : measure === 'validated' ? `Measured on ${whole(masks)} masks that the fit never saw.`
      : `Cross-validated: each of ${whole(masks)} masks was predicted by a fit that had not seen it.`;
  return fact('Faithfulness',
    html('p', { class: 'number' }, html('span', { class: 'unit' }, 'R² '), r2.toFixed(3), ' ', html('span', { class: `badge ${quality}` }, html('span', { 'aria-hidden': 'true' }, mark), ` ${word}`)),
    exact ? null : intervalScale(r2, lower, upper),
    html('p', {}, exact ? null : html('b', {}, `95 % interval ${lower.toFixed(3)} to ${upper.toFixed(3)}. `), how),
    html('p', { class: 'muted' }, `${word}: ${meaning}.`));
}

// R² from 0 to 1, with the interval; what lies below 0 stands at 0.
function intervalScale(r2, lower, upper) {
  const at = value => `${(100 * Math.max(0, Math.min(1, value))).toFixed(2)}%`;
  return html('div', { class: 'scale', role: 'img', 'aria-label': `R² ${r2.toFixed(3)}, 95 % interval ${lower.toFixed(3)} to ${upper.toFixed(3)}, on a scale from 0 to 1` },
    html('span', { class: 'scale-fill', '--to': at(r2) }),
    html('span', { class: 'scale-range', '--from': at(lower), '--to': at(upper) }),
    [0.7, 0.9].map(threshold => html('span', { class: 'scale-tick', '--at': at(threshold) })));
}

function ablationsFact(model) {
  const { run, n } = model;
  const all = n < 31 ? whole(2 ** n) : null;
  const share = html('p', {}, 'of ', all ?? html('span', {}, '2', html('sup', {}, String(n))), ' possible masks');
  const extras = [
    run.validation_ablations > 0 ? `${whole(run.validation_ablations)} more to validate` : null,
    run.reused > 0 ? `${whole(run.reused)} known before` : null,
  ].filter(Boolean);
  return fact('Ablations',
    html('p', { class: 'number' }, whole(run.ablations)),
    share,
    extras.length > 0 ? html('p', { class: 'muted' }, extras.join('; '), '.') : html('p', { class: 'muted' }, 'One ablation is one evaluation of the model.'));
}

function madeFact(model) {
  const { run } = model;
  const total = Object.values(run.seconds).reduce((sum, time) => sum + time, 0);
  return fact('Method',
    html('p', { class: 'number words' }, run.method),
    html('p', {}, run.method === run.requested_method ? 'as asked for' : `chosen by ${run.requested_method}`, ', seed ', html('b', {}, model.seed), '.'),
    html('p', { class: 'muted' }, `${seconds(total)} on ${run.device}; `, html('a', { href: '#run' }, 'how it was made'), '.'));
}

// The details, at the end of the page.
function runSection(model) {
  const { run } = model;
  const rows = [
    ['Method', run.method === run.requested_method ? run.method : `${run.method}, chosen by ${run.requested_method}`],
    ['Ablations', `${whole(run.ablations)} of a budget of ${whole(run.budget)}`],
    ['Interaction index', model.index.single ? model.index.name : `${model.index.name} of order ${model.index.order}`],
    ['Spectrum', `${counted(model.spectrum.count, 'term')}, sets of at most ${counted(Math.max(0, ...model.spectrum.energy.map(entry => entry.order)), model.featureKind)}`],
    ['Seed', model.seed],
    ['Device', `${run.device}, ${run.device_description}`],
    ['Fingerprint', run.fingerprint],
  ];
  return section('run', 'How it was made', null,
    html('div', { class: 'columns' },
      html('div', {}, html('h3', {}, 'The run'), html('dl', { class: 'facts-list' }, rows.map(([name, value]) => [html('dt', {}, name), html('dd', {}, html('bdi', {}, value))]))),
      html('div', {},
        run.trials.length > 0 ? [html('h3', {}, 'Fits that were compared'), trialBars(run.trials)] : null,
        html('h3', {}, 'Time'), timeBars(Object.entries(run.seconds)))));
}

function trialBars(trials) {
  return html('ul', { class: 'meters', id: 'trials' }, trials.map(trial => html('li', { class: trial.chosen ? 'chosen' : '' },
    html('span', { class: 'meter-name' }, trial.name, trial.chosen ? html('span', { class: 'tag' }, 'chosen') : null),
    trial.r2 === undefined
      ? html('span', { class: 'muted meter-note' }, 'not run: ', trial.skipped ?? 'no reason given')
      : [html('span', { class: 'meter', '--share': Math.max(0, Math.min(1, trial.r2)) }), html('span', { class: 'meter-value' }, `R² ${trial.r2.toFixed(3)}`)])));
}

function timeBars(timings) {
  const most = Math.max(...timings.map(([, time]) => time), 1e-12);
  return html('ul', { class: 'meters' }, timings.map(([part, time]) => html('li', {},
    html('span', { class: 'meter-name' }, part),
    html('span', { class: 'meter', '--share': time / most }),
    html('span', { class: 'meter-value' }, seconds(time)))));
}
