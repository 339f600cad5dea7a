// The first screen: what there is, what somebody should act on, who patches what.

const MOST_FINDINGS = 200;
const MOST_OWNERS = 40;

function tile(count, noun, hint, act) {
  const body = [h('b', {}, compact(count)), h('span', {}, noun)];
  return act && count > 0
    ? h('button', {type: 'button', class: 'tile', title: hint, onclick: act}, body)
    : h('div', {class: 'tile', title: hint}, body);
}

function drawTiles() {
  const acted = new Set(findings.flatMap((finding) => finding.patches));
  const own = patches.reduce((sum, patch) => sum + (patch.own ? patch.own.total : 0), 0);
  const calls = patches.reduce((sum, patch) => sum + (patch.calls ?? 0), 0);
  return h('div', {class: 'tiles'},
    tile(patches.length, patches.length === 1 ? 'patch' : 'patches', 'All of them', () => only({})),
    tile(owners.length, owners.length === 1 ? 'owner' : 'owners', 'Who makes them'),
    tile(acted.size, 'to act on', 'Patches with a finding', () => only({outcome: 'finding'})),
    tile(conflicts.size, conflicts.size === 1 ? 'conflict' : 'conflicts', 'Targets of several owners',
      () => $('#layers').scrollIntoView()),
    tile(calls, 'calls', 'Of those that were counted'),
    h('div', {class: 'tile', title: 'Time spent in patches and not in what they replaced'},
      h('b', {}, own > 0 ? duration(own) : '–'), h('span', {}, 'own time')));
}

function drawFindings() {
  const rows = [...conflicts].map(([target, who]) => h('li', {},
    h('button', {type: 'button', class: 'row', onclick: () => only({target})},
      h('i', {class: 'mark finding', title: 'conflict'}, '!'),
      h('span', {}, h('code', {}, cut(target, 120)), ' has several owners at the same time: ', cut(who, 200)))));
  for (const finding of findings) {
    rows.push(h('li', {},
      h('button', {type: 'button', class: 'row',
        onclick: () => only({owner: finding.owner, said: finding.said})},
        h('i', {class: 'mark finding', title: MEANS.finding}, '!'),
        h('span', {}, h('b', {}, cut(finding.owner, 60)), ' ', finding.said),
        h('em', {title: counted(finding.patches.length, 'patch')}, number(finding.patches.length)))));
  }
  const more = rows.length - MOST_FINDINGS;
  if (more > 0) rows.splice(MOST_FINDINGS, more, h('li', {class: 'quiet'}, `and ${number(more)} about fewer patches: see Answer, below`));
  const body = rows.length
    ? h('ul', {class: 'findings', tabindex: 0}, rows)
    : h('p', {class: 'quiet'}, 'Nothing that somebody should act on.');
  return h('div', {class: 'card'}, h('h2', {}, 'Findings'), body);
}

function drawQuestions() {
  const rows = questions.map((question, index) => {
    const counts = {answered: 0, finding: 0, unanswered: 0};
    for (const patch of patches) ++counts[patch.answers[index].outcome];
    const parts = Object.entries(counts).filter(([, count]) => count > 0).map(([outcome, count]) =>
      h('button', {type: 'button', class: outcome,
        title: `${question} ${counted(count, 'patch')}: ${MEANS[outcome]}`,
        'aria-label': `${question} ${counted(count, 'patch')}: ${MEANS[outcome]}`,
        onclick: () => only({question: `${index + 1}`, outcome})},
        h('span', {}, `${MARKS[outcome]} ${compact(count)}`)));
    const total = patches.length || 1;
    parts.forEach((part, at) => {
      part.style.flexGrow = Object.values(counts).filter((count) => count > 0)[at] / total;
    });
    return h('li', {}, h('span', {}, question), h('div', {class: 'stack'}, parts));
  });
  return h('div', {class: 'card'}, h('h2', {}, 'Six questions'), h('ol', {class: 'questions'}, rows));
}

function drawMatrix() {
  const used = BOUNDARIES.filter((boundary) => patches.some((patch) => patch.boundary === boundary));
  const cell = (all, owner, boundary) => {
    const count = all.filter((patch) => patch.boundary === boundary).length;
    if (count === 0) return h('td', {}, '');
    const weight = Math.min(4, 1 + Math.floor(Math.log10(count) * 2));
    return h('td', {}, h('button', {type: 'button', class: `w${weight}`,
      'aria-label': `${owner}, ${boundary}: ${counted(count, 'patch')}`,
      onclick: () => only({owner, boundary})}, number(count)));
  };
  const rows = owners.slice(0, MOST_OWNERS).map(([owner, all]) => h('tr', {},
    h('th', {scope: 'row'}, h('i', {class: `dot ${colours.get(owner)}`}),
      h('button', {type: 'button', title: owner, onclick: () => only({owner})}, squeeze(owner, 42))),
    used.map((boundary) => cell(all, owner, boundary))));
  const more = owners.length > MOST_OWNERS
    ? h('p', {class: 'quiet'}, `and ${number(owners.length - MOST_OWNERS)} owners with fewer patches`) : null;
  return h('div', {class: 'card'}, h('h2', {}, 'Owners and boundaries'),
    h('div', {class: 'scroll', tabindex: 0, role: 'group', 'aria-label': 'Patches by owner and boundary'},
      h('table', {class: 'matrix'},
        h('thead', {}, h('tr', {}, h('td', {}), used.map((each) => h('th', {scope: 'col'}, each)))),
        h('tbody', {}, rows)), more));
}

function drawSummary() {
  const [first, ...others] = data.processes;
  $('#program').textContent = first ? cut(first.command, 300) || `pid ${first.pid}` : 'no process';
  const times = patches.map((patch) => patch.at).filter((at) => at > 0);
  const start = times.reduce((a, b) => Math.min(a, b), Infinity);
  const about = [
    first ? `Python ${first.python}` : '',
    others.length ? `${number(data.processes.length)} processes` : first ? `pid ${first.pid}` : '',
    times.length ? `first patch ${day(start)} ${clock(start)}` : '',
    `${counted(data.findings, 'finding')}, what has no answer among them`,
  ];
  $('#about').textContent = about.filter(Boolean).join(' · ');
  document.title = `Overt review: ${counted(patches.length, 'patch')}`;
  $('#summary').append(drawTiles(),
    h('div', {class: 'columns'}, drawFindings(), h('div', {}, drawQuestions(), drawMatrix())));
}
