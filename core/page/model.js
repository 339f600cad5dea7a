// What is reviewed: the data of the page, and what follows from it.

const data = JSON.parse($('#data').textContent);
const {texts, questions, patches} = data;
const BOUNDARIES = ['own', 'application', 'third-party', 'stdlib', 'builtins'];
const MARKS = {answered: '✓', finding: '!', unanswered: '?'};
const MEANS = {
  answered: 'answered',
  finding: 'somebody should act on this',
  unanswered: 'nothing is known',
};

// What patches share is in the data once, and named by its number.
const answers = data.answers.map(([outcome, said, evidence]) => ({
  outcome,
  said: texts[said],
  evidence: evidence.map((each) => texts[each]),
}));
for (const patch of patches) {
  patch.answers = patch.answers.map((each) => answers[each]);
  for (const field of ['owner', 'site', 'file', 'old', 'new', 'command']) patch[field] = texts[patch[field]];
}
const openAnswers = (patch) => patch.answers.filter((answer) => answer.outcome !== 'answered').length;
const wordsOf = (patch) =>
  (patch.words ??= [patch.target, patch.owner, patch.site, patch.via, patch.reason, `p${patch.id}`].join('\n').toLowerCase());
const stands = (patch) => patch.state !== 'reverted' && patch.state !== 'lost';

function grouped(items, key) {
  const groups = new Map();
  for (const item of items) {
    const name = key(item);
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(item);
  }
  return groups;
}

// Owners by the number of their patches: the first ones have a colour of their own.
const owners = [...grouped(patches, (patch) => patch.owner)].sort((a, b) => b[1].length - a[1].length);
const colours = new Map(owners.map(([owner], index) => [owner, `o${Math.min(index, 7)}`]));

// What somebody should act on, as the text says it: by owner and sentence.
const findings = [
  ...grouped(
    patches.flatMap((patch) => patch.answers
      .filter((answer) => answer.outcome === 'finding').map((answer) => ({patch, said: answer.said}))),
    (each) => `${each.patch.owner}\n${each.said}`),
].map(([, all]) => ({
  owner: all[0].patch.owner,
  said: all[0].said,
  patches: all.map((each) => each.patch),
})).sort((a, b) => b.patches.length - a.patches.length);

const targets = grouped(patches.filter(stands), (patch) => patch.target);
for (const layers of targets.values()) layers.sort((a, b) => a.layer - b.layer);
const conflicts = new Map(data.conflicts.map((conflict) => [conflict.target, conflict.owners]));
