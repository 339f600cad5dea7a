// When patches were made, by owner, and what happened to them since.

const TIME = {width: 1120, label: 210, lane: 26, axis: 26, bins: 160};

function ticks(from, to) {
  const steps = [0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 600, 1800, 3600, 10800, 43200, 86400, 604800];
  const step = steps.find((each) => (to - from) / each <= 8) || (to - from) / 8;
  const all = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) all.push(at);
  return {all, parts: step < 1 ? {minute: '2-digit', second: '2-digit', fractionalSecondDigits: step < 0.01 ? 3 : 2} : {}};
}

// Points that would lie on each other are one, as large as they are many.
function lane(items, place, classes, told) {
  const bins = grouped(items, (item) => Math.round(((place(item.at) - TIME.label) / (TIME.width - TIME.label)) * TIME.bins));
  return [...bins.values()].map((all) => s('circle', {
    cx: place(all[0].at).toFixed(1), cy: TIME.lane / 2, r: Math.min(11, 3.2 + 1.6 * Math.log2(all.length)).toFixed(1), class: `point ${classes}`},
    s('title', {}, `${clock(all[0].at)}\n${all.slice(0, 12).map(told).join('\n')}${all.length > 12 ? `\nand ${number(all.length - 12)} more` : ''}`)));
}

function drawTimeline() {
  const body = $('#timeline .body');
  const made = patches.filter((patch) => patch.at > 0);
  const events = data.events.filter((event) => event.at > 0 && event.kind !== 'patch');
  const times = [...made, ...events].map((each) => each.at);
  if (times.length === 0) return body.append(h('p', {class: 'quiet'}, 'No time is known of any patch.'));
  const from = times.reduce((a, b) => Math.min(a, b));
  const to = Math.max(times.reduce((a, b) => Math.max(a, b)), from + 0.001);
  const place = (at) => TIME.label + 14 + ((at - from) / (to - from)) * (TIME.width - TIME.label - 34);
  const rows = owners.slice(0, 12).map(([owner, all]) => [owner,
    lane(all.filter((patch) => patch.at > 0), place, colours.get(owner), (patch) => `p${patch.id} ${cut(patch.target, 100)}`)]);
  for (const [kind, all] of grouped(events, (event) => event.kind)) {
    rows.push([kind, lane(all, place, 'event', (event) => cut(event.said, 140))]);
  }
  const tall = rows.length * TIME.lane + TIME.axis;
  const {all, parts} = ticks(from, to);
  const axis = all.map((at) => [
    s('line', {x1: place(at), x2: place(at), y1: 0, y2: tall - TIME.axis + 4, class: 'grid'}),
    s('text', {x: place(at), y: tall - 6, 'text-anchor': 'middle'}, clock(at, parts)),
  ]);
  const lanes = rows.map(([name, points], index) => s('g', {transform: `translate(0 ${index * TIME.lane})`},
    s('line', {x1: TIME.label, x2: TIME.width, y1: TIME.lane / 2, y2: TIME.lane / 2, class: 'lane'}),
    s('text', {x: TIME.label - 10, y: TIME.lane / 2 + 4, 'text-anchor': 'end'}, s('title', {}, name), squeeze(name, 26)), points));
  body.append(h('div', {class: 'card scroll', tabindex: 0, role: 'group', 'aria-label': 'When patches were made'},
    s('svg', {viewBox: `0 0 ${TIME.width} ${tall}`, class: 'plot time', role: 'img', 'aria-label': `From ${clock(from)} to ${clock(to)}`}, axis, lanes)));
  if (owners.length > 12) body.append(h('p', {class: 'quiet'}, `${number(owners.length - 12)} owners with fewer patches are not drawn.`));
  if (events.length === 0) return undefined;
  const list = events.slice(-200).map((event) => h('li', {}, h('time', {}, clock(event.at)), h('b', {}, event.kind), h('span', {}, event.said)));
  return body.append(h('details', {class: 'events', open: events.length <= 12}, h('summary', {}, counted(events.length, 'event') + ' since'), h('ol', {}, list)));
}
