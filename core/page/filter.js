// Which patches are shown. Every view that narrows them calls narrow(); who shows them listens.

const EVERYTHING = {words: '', owner: '', boundary: '', question: '', outcome: '', state: '', said: '', target: ''};
const wanted = {...EVERYTHING};
const listeners = [];

function narrow(changes, and = {}) {
  Object.assign(wanted, changes);
  listeners.forEach((listener) => listener());
  if (and.show) $('#patches').scrollIntoView({block: 'start'});
}

// From a summary: only this, and where the patches are.
const only = (changes) => narrow({...EVERYTHING, ...changes}, {show: true});

function matches(patch) {
  if (wanted.owner && patch.owner !== wanted.owner) return false;
  if (wanted.boundary && patch.boundary !== wanted.boundary) return false;
  if (wanted.state && patch.state !== wanted.state) return false;
  if (wanted.target && patch.target !== wanted.target) return false;
  if (wanted.question || wanted.outcome || wanted.said) {
    const fits = (answer, index) =>
      (!wanted.question || `${index + 1}` === wanted.question) &&
      (!wanted.outcome || answer.outcome === wanted.outcome) &&
      (!wanted.said || answer.said === wanted.said);
    if (!patch.answers.some(fits)) return false;
  }
  return !wanted.words || wanted.words.toLowerCase().split(/\s+/).every((word) => wordsOf(patch).includes(word));
}

const value = (patch, field) => (patch.own ? patch.own[field] : -1);
const ORDERS = {
  owner: null, // as they come: by owner, then as they were made
  'open answers': (a, b) => openAnswers(b) - openAnswers(a),
  'own time': (a, b) => value(b, 'total') - value(a, 'total'),
  'own time a call': (a, b) => value(b, 'p50') - value(a, 'p50'),
  calls: (a, b) => (b.calls ?? -1) - (a.calls ?? -1),
  'when made': (a, b) => a.at - b.at,
  target: (a, b) => (a.target < b.target ? -1 : a.target > b.target ? 1 : 0),
};

function selected(order) {
  const all = patches.filter(matches);
  if (ORDERS[order]) return all.sort(ORDERS[order]);
  const rank = (patch) => BOUNDARIES.indexOf(patch.boundary);
  const place = new Map(owners.map(([owner], index) => [owner, index]));
  return all.sort((a, b) => place.get(a.owner) - place.get(b.owner) || rank(b) - rank(a));
}
