// Numbers and names for people.

const Minus = '\u2212';

function decimalsFor(largest) {
  return largest > 0 ? Math.max(0, Math.min(12, 3 - Math.floor(Math.log10(largest)))) : 3;
}

function fixed(value, decimals) {
  const text = Math.abs(value).toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return value < 0 && /[1-9]/.test(text) ? Minus + text : text;
}

function signed(value, decimals) {
  const text = fixed(value, decimals);
  return text.startsWith(Minus) || !/[1-9]/.test(text) ? text : `+${text}`;
}

function whole(value) {
  return value.toLocaleString('en-US');
}

// An output or a prediction: what is only rounding beside the values that there are is 0.
function outputText(model, value) {
  const scale = Math.max(Math.abs(model.output.value), Math.abs(model.baseline.value), model.largest);
  return compact(Math.abs(value) < 1e-6 * scale ? 0 : value);
}

// Six significant digits, as the terminal shows outputs.
function compact(value) {
  if (value === 0) {
    return '0';
  }
  const size = Math.abs(value);
  const text = size >= 1e7 || size < 1e-4 ? value.toExponential(3) : String(Number(value.toPrecision(6)));
  return text.replace('-', Minus);
}

function plural(noun) {
  return /(s|x|ch|sh)$/.test(noun) ? `${noun}es` : `${noun}s`;
}

function counted(count, noun) {
  return `${whole(count)} ${count === 1 ? noun : plural(noun)}`;
}

function seconds(value) {
  return value < 10 ? `${value.toFixed(2)} s` : value < 120 ? `${value.toFixed(1)} s` : `${whole(Math.round(value / 60))} min`;
}

function percent(share) {
  const value = 100 * share;
  return value >= 99.95 || value === 0 ? `${Math.round(value)} %` : value < 0.1 ? 'below 0.1 %' : `${value.toFixed(1)} %`;
}

// A strength with its sign by shape, beside colour: a triangle up raises the value, one down lowers it. What rounds to zero has none.
function strengthText(value, decimals) {
  const text = signed(value, decimals);
  return /[1-9]/.test(text) ? [arrow(value), ' ', text] : text;
}

function arrow(value) {
  return html('span', { class: value < 0 ? 'sign down' : 'sign up', 'aria-hidden': 'true' }, value < 0 ? '▼' : '▲');
}

// A Fourier coefficient's sign is a parity's, not a direction.
function direction(model, value) {
  return model.index.name === 'Fourier' ? (value < 0 ? 'is below 0' : 'is above 0') : value < 0 ? 'lowers the value' : 'raises the value';
}

function named(model, feature) {
  return html('bdi', { class: 'name' }, model.labelOf(feature));
}

function namedSet(model, set) {
  return set.flatMap((feature, i) => i === 0 ? [named(model, feature)] : [html('span', { class: 'times' }, ' × '), named(model, feature)]);
}

// For labels that are read aloud or stand in a chart: isolates keep right-to-left names in their place.
function plainSet(model, set) {
  return set.map(feature => `\u2068${model.labelOf(feature)}\u2069`).join(' × ');
}

function shortened(text, most) {
  const letters = [...text];
  return letters.length <= most ? text : `${letters.slice(0, most - 1).join('')}…`;
}
