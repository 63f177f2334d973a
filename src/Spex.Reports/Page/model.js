// What the page shows, read from its data block, and the spectrum's prediction.

function readModel(raw) {
  const { sets, strengths, intervals } = raw.interactions;
  const interactions = sets.map((set, i) => ({
    set,
    strength: strengths[i],
    interval: intervals ? [intervals[2 * i], intervals[2 * i + 1]] : null,
    rank: i + 1,
    at: i,
  }));
  const ofFeature = Array.from({ length: raw.n }, () => []);
  for (const interaction of interactions) {
    for (const feature of interaction.set) {
      ofFeature[feature].push(interaction);
    }
  }
  const largest = interactions.length > 0 ? Math.abs(interactions[0].strength) : 0;
  return {
    ...raw,
    interactions,
    ofFeature,
    largest,
    decimals: decimalsFor(largest),
    least: 0.5 * 10 ** -decimalsFor(largest),
    count: raw.interactions.count,
    restSum: raw.interactions.restSum,
    spectrum: layOut(raw.spectrum),
    nameOf: feature => raw.names[feature] ?? raw.labels[feature],
    labelOf: feature => raw.labels[feature],
  };
}

function layOut(spectrum) {
  const ends = new Int32Array(spectrum.sets.length);
  let end = 0;
  spectrum.sets.forEach((set, i) => { ends[i] = end += set.length; });
  return { ...spectrum, ends, features: Int32Array.from(spectrum.sets.flat()), coefficients: Float64Array.from(spectrum.coefficients) };
}

// f(m) = Σ_S F(S)·(−1)^{|S∩m|}, added in the order of the terms, as the library adds them. present[i] is 1 where feature i is kept.
function predict(spectrum, present) {
  const { ends, features, coefficients } = spectrum;
  let sum = 0;
  let at = 0;
  for (let term = 0; term < ends.length; term++) {
    let parity = 0;
    for (; at < ends[term]; at++) {
      parity ^= present[features[at]];
    }
    sum += parity ? -coefficients[term] : coefficients[term];
  }
  return sum;
}

// Joint effects: sets of two features and more whose strength does not round to zero.
function joint(model) {
  model.joint ??= model.interactions.filter(({ set, strength }) => set.length > 1 && Math.abs(strength) >= model.least);
  return model.joint;
}
