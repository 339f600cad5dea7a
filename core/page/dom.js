// Elements and words. Everything that a program named becomes a text node or a value of an
// attribute, never markup.

const SVG = 'http://www.w3.org/2000/svg';

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const s = (tag, attributes, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);
const $ = (selector) => document.querySelector(selector);

const number = new Intl.NumberFormat('en').format;
const compact = new Intl.NumberFormat('en', {notation: 'compact', maximumFractionDigits: 1}).format;
const counted = (count, noun) =>
  `${number(count)} ${noun}${count === 1 ? '' : noun.endsWith('ch') ? 'es' : 's'}`;

// As duration_words of the core says them: two digits at least.
function duration(nanoseconds) {
  let value = nanoseconds;
  for (const unit of ['ns', 'µs', 'ms']) {
    if (value < 1000) return `${value < 10 && unit !== 'ns' ? value.toFixed(1) : value.toFixed(0)} ${unit}`;
    value /= 1000;
  }
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} s`;
}

// Own time, with what stands before one that is not exact: as bound_mark of the core.
const ownTime = (own, field) =>
  (own.at_least ? '≥ ' : own.at_most ? '≤ ' : '') + duration(own[field]);

const clock = (at, parts) => new Date(at * 1000).toLocaleTimeString('en-GB', parts);
const day = (at) => new Date(at * 1000).toLocaleDateString('en-CA');

// A long text, cut to what fits; the whole of it is its tooltip.
const cut = (text, length) => (text.length <= length ? text : text.slice(0, length - 1) + '…');
// The same in its middle: names of a family differ at their end.
function squeeze(text, length) {
  if (text.length <= length) return text;
  const head = Math.floor((length - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(head + 1 - length)}`;
}
