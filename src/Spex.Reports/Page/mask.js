// Which features are present in the what-if, and the prediction for them.

function newMask(model) {
  const mask = { present: new Uint8Array(model.n).fill(1), listeners: [] };
  mask.change = act => {
    act(mask.present);
    for (const listener of mask.listeners) {
      listener();
    }
  };
  mask.toggle = feature => mask.change(present => { present[feature] ^= 1; });
  mask.onChange = listener => mask.listeners.push(listener);
  return mask;
}
