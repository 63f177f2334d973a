// Elements are made here and nowhere from markup, so that a name is always text.

const SvgNamespace = 'http://www.w3.org/2000/svg';

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) {
      continue;
    }
    if (name.startsWith('on')) {
      element.addEventListener(name.slice(2), value);
    } else if (name.startsWith('--')) {
      element.style.setProperty(name, value);
    } else {
      element.setAttribute(name, value === true ? '' : value);
    }
  }
  element.append(...children.flat(Infinity).filter(child => child !== null && child !== undefined && child !== false));
  return element;
}

function html(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function svg(tag, attributes, ...children) {
  return fill(document.createElementNS(SvgNamespace, tag), attributes, children);
}

function section(id, title, lead, ...children) {
  return html('section', { id, 'aria-labelledby': `${id}-title`, class: 'card' },
    html('h2', { id: `${id}-title` }, title),
    lead && html('p', { class: 'lead' }, lead),
    ...children);
}

function button(text, act, attributes) {
  return html('button', { type: 'button', onclick: act, ...attributes }, text);
}

function choice(label, options, chosen, act) {
  const list = html('select', { onchange: event => act(event.target.value) },
    options.map(([value, text]) => html('option', { value, selected: value === chosen }, text)));
  return html('label', { class: 'choice' }, html('span', {}, label), list);
}

// Draws again when the width changes; charts are laid out in the pixels that there are, so text keeps its size.
function responsive(container, draw) {
  let drawn = -1;
  const redraw = () => {
    const width = Math.floor(container.clientWidth);
    if (width > 0 && width !== drawn) {
      drawn = width;
      draw(width);
    }
  };
  new ResizeObserver(redraw).observe(container);
  return () => {
    drawn = -1;
    redraw();
  };
}

// One stop of the Tab key for many units; arrows, Home and End move among them. With columns, up and down move by rows.
function roving(container, selector, columns) {
  const items = () => [...container.querySelectorAll(selector)];
  const enter = item => {
    for (const other of container.querySelectorAll(`${selector}[tabindex="0"]`)) {
      other.setAttribute('tabindex', '-1');
    }
    item.setAttribute('tabindex', '0');
  };
  const first = container.querySelector(selector);
  if (first && !container.querySelector(`${selector}[tabindex="0"]`)) {
    enter(first);
  }
  if (container.dataset.roving) {
    return;
  }
  container.dataset.roving = 'yes';
  container.addEventListener('focusin', event => {
    const item = event.target.closest(selector);
    if (item) {
      enter(item);
    }
  });
  container.addEventListener('keydown', event => {
    const item = event.target.closest(selector);
    if (!item || event.ctrlKey || event.altKey || event.metaKey) {
      return;
    }
    if ((event.key === 'Enter' || event.key === ' ') && item.tagName !== 'BUTTON') {
      event.preventDefault();
      item.dispatchEvent(new MouseEvent('click', { bubbles: true }));
      return;
    }
    const row = columns?.() ?? 1;
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: row, ArrowUp: -row, Home: -Infinity, End: Infinity };
    const step = steps[event.key];
    if (step === undefined) {
      return;
    }
    const all = items();
    const at = all.indexOf(item) + step;
    const next = all[Math.max(0, Math.min(all.length - 1, at))];
    event.preventDefault();
    next.focus();
  });
}
