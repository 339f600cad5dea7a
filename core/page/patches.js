// The patches: tools that narrow them, and one row each that opens to its six answers.

const CHUNK = 100;
let order = 'owner';
let found = [];
let drawn = 0;
let group = '';

function answerItem(answer, question) {
  return h('li', {class: answer.outcome},
    h('i', {class: `mark ${answer.outcome}`, title: MEANS[answer.outcome]}, MARKS[answer.outcome]),
    h('div', {},
      h('h4', {}, question), h('p', {}, answer.said),
      answer.evidence.length ? h('ul', {}, answer.evidence.map((each) => h('li', {}, each))) : null));
}

function copyButton(text) {
  if (!navigator.clipboard) return null;
  const button = h('button', {type: 'button', class: 'plain'}, 'Copy');
  button.addEventListener('click', () => navigator.clipboard.writeText(text).then(
    () => { button.textContent = 'Copied'; }, () => { button.textContent = 'Select it'; }));
  return button;
}

function bodyOf(patch) {
  const facts = [
    ['made at', `${patch.site}${patch.file ? ` (${patch.file})` : ''}`],
    ['when', patch.at > 0 ? `${day(patch.at)} ${clock(patch.at)}${patch.times > 1 ? `, and ${number(patch.times - 1)} times more` : ''}` : null],
    ['before', patch.old || 'nothing'], ['now', patch.new || 'nothing'],
    ['kind', `${patch.governed ? 'governed' : 'of other code'}${patch.everywhere ? ', everywhere' : ''}${patch.lifetime ? `, lifetime ${patch.lifetime}` : ''}`],
    ['reason', patch.reason], ['via', patch.via],
    ['processes', data.processes.length > 1 ? patch.pids.join(', ') : null],
  ].filter(([, text]) => text);
  return h('div', {class: 'inside'},
    h('ol', {class: 'answers'}, patch.answers.map((answer, index) => answerItem(answer, questions[index]))),
    h('div', {class: 'aside'},
      stands(patch) ? h('div', {class: 'command'}, h('h4', {}, 'To disable it'), h('code', {tabindex: 0}, patch.command), copyButton(patch.command)) : null,
      h('dl', {}, facts.map(([name, text]) => [h('dt', {}, name), h('dd', {}, text)])),
      targets.has(patch.target) ? [h('h4', {}, 'Layers of its target'), drawLayers(patch.target)] : null,
      patch.stack.length ? h('details', {}, h('summary', {}, `Stack that made it, ${counted(patch.stack.length, 'frame')}`),
        h('ol', {class: 'frames'}, patch.stack.map((frame) => data.frames[frame]).map(([site, name]) => h('li', {}, h('code', {}, texts[site]), ' ', texts[name])))) : null));
}

function rowOf(patch) {
  const marks = patch.answers.map((answer, index) =>
    h('i', {class: `mark ${answer.outcome}`, title: `${questions[index]} ${answer.said}`}, MARKS[answer.outcome]));
  const row = h('details', {class: `patch${stands(patch) ? '' : ' gone'}`},
    h('summary', {},
      h('span', {class: 'name'}, h('code', {title: patch.target.length > 160 ? patch.target : null}, cut(patch.target, 160)),
        h('small', {}, h('i', {class: `dot ${colours.get(patch.owner)}`}), `p${patch.id} ${patch.change} by ${cut(patch.owner, 80)} at ${cut(patch.site, 120)}`)),
      h('span', {class: 'tags'}, h('span', {class: `tag ${patch.boundary}`}, patch.boundary),
        patch.state === 'on' ? null : h('span', {class: 'tag state'}, patch.state)),
      h('span', {class: 'count'}, patch.calls === null ? '–' : compact(patch.calls), h('small', {}, 'calls')),
      h('span', {class: 'count'}, patch.own ? ownTime(patch.own, 'p50') : '–', h('small', {}, 'own time')),
      h('span', {class: 'marks', role: 'img', 'aria-label': patch.answers.map((answer, index) => `${index + 1} ${answer.outcome}`).join(', ')}, marks)));
  row.addEventListener('toggle', () => {
    if (row.open && row.childElementCount === 1) row.append(bodyOf(patch));
  });
  return row;
}

function drawMore(count = CHUNK) {
  const body = $('#patches .list');
  for (const patch of found.slice(drawn, drawn + count)) {
    const heading = order === 'owner' ? `${patch.owner}\n${patch.boundary}` : '';
    if (heading !== group) {
      group = heading;
      body.append(h('h3', {}, h('i', {class: `dot ${colours.get(patch.owner)}`}), cut(patch.owner, 100), h('span', {class: 'quiet'}, patch.boundary)));
    }
    body.append(rowOf(patch));
  }
  drawn = Math.min(found.length, drawn + count);
  $('#more').hidden = drawn >= found.length;
}

function drawPatches() {
  found = selected(order);
  drawn = 0;
  group = '';
  $('#patches .list').replaceChildren();
  const narrowed = Object.entries(wanted).filter(([, text]) => text);
  const said = narrowed.filter(([name]) => name === 'said' || name === 'target').map(([, text]) => `“${cut(text, 160)}”`).join(', ');
  $('#shown').replaceChildren(
    h('span', {}, narrowed.length ? `${number(found.length)} of ${counted(patches.length, 'patch')}${said ? ` with ${said}` : ''} ` : counted(patches.length, 'patch')),
    h('span', {}, narrowed.length ? [h('button', {type: 'button', class: 'plain', onclick: () => narrow(EVERYTHING)}, 'Show all'), ' '] : null,
      h('button', {type: 'button', class: 'plain', onclick: openAll}, 'Open or close all')));
  for (const control of document.querySelectorAll('#patches .tools [name]')) {
    if (control.name in wanted && control.value !== wanted[control.name]) control.value = wanted[control.name];
  }
  drawMore();
}

function choice(name, label, options, change) {
  return h('label', {}, h('span', {}, label), h('select', {name, onchange: (event) => change(event.target.value)},
    options.map(([key, text]) => h('option', {value: key}, text))));
}

function setUpPatches() {
  const pick = (name) => (text) => narrow({[name]: text, said: '', target: ''});
  const states = [...new Set(patches.map((patch) => patch.state))].sort();
  let typing = 0;
  const typed = (event) => {
    clearTimeout(typing);
    typing = setTimeout(() => narrow({words: event.target.value.trim()}), patches.length > 2000 ? 120 : 0);
  };
  $('#patches .tools').append(
    h('label', {class: 'search'}, h('span', {}, 'Search'), h('input', {type: 'search', name: 'words', placeholder: 'target, owner, place (/)', oninput: typed})),
    choice('owner', 'Owner', [['', 'all'], ...owners.map(([owner]) => [owner, cut(owner, 60)])], pick('owner')),
    choice('boundary', 'Boundary', [['', 'all'], ...BOUNDARIES.map((each) => [each, each])], pick('boundary')),
    choice('question', 'Question', [['', 'any'], ...questions.map((each, index) => [`${index + 1}`, each])], pick('question')),
    choice('outcome', 'Answer', [['', 'any'], ['finding', 'finding'], ['unanswered', 'no answer'], ['answered', 'answered']], pick('outcome')),
    choice('state', 'State', [['', 'any'], ...states.map((each) => [each, each])], pick('state')),
    choice('order', 'Order', Object.keys(ORDERS).map((each) => [each, each]), (text) => { order = text; drawPatches(); }));
  const more = h('button', {type: 'button', id: 'more', class: 'plain', onclick: () => drawMore()}, 'Show more');
  $('#patches .body').append(h('div', {class: 'list'}), more);
  new IntersectionObserver((seen) => { if (seen.some((each) => each.isIntersecting) && !more.hidden) drawMore(); }, {rootMargin: '600px'}).observe(more);
  listeners.push(drawPatches);
  drawPatches();
}

function openAll() {
  const rows = [...document.querySelectorAll('#patches details.patch')];
  const open = rows.some((row) => !row.open);
  for (const row of rows) row.open = open;
}
