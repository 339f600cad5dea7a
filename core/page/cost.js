// Own time and calls: what costs most, and each timed patch by how often and how long it runs.

function drawMost(timed) {
  const most = [...timed].sort((a, b) => b.own.total - a.own.total).slice(0, 8);
  const longest = most[0].own.total || 1;
  const rows = most.map((patch) => {
    const bar = h('i', {class: `fill ${colours.get(patch.owner)}`});
    bar.style.width = `${Math.max(0.5, (100 * patch.own.total) / longest)}%`;
    return h('li', {}, h('button', {type: 'button', class: 'cost', title: `${patch.target}, ${patch.owner}`,
      onclick: () => only({owner: patch.owner, target: patch.target})},
      h('code', {}, cut(patch.target, 90)),
      h('b', {}, ownTime(patch.own, 'total')),
      h('span', {class: 'meter'}, bar),
      h('small', {}, `${counted(patch.calls, 'call')} · ${duration(patch.own.p50)} each · 99 % under ${duration(patch.own.p99)}`)));
  });
  return h('div', {class: 'card'}, h('h3', {}, 'Most own time'), h('ol', {class: 'most'}, rows));
}

const WIDTH = 520;
const HEIGHT = 340;
const EDGE = {left: 52, right: 14, top: 12, bottom: 38};

// Whole powers of ten around the values.
function decades(values) {
  const low = Math.floor(Math.log10(Math.min(...values)));
  return [low, Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))))];
}

function drawScatter(timed) {
  const called = timed.filter((patch) => patch.calls > 0 && patch.own.p50 > 0)
    .sort((a, b) => b.own.total - a.own.total).slice(0, 2000);
  if (called.length === 0) return null;
  const [x0, x1] = decades(called.map((patch) => patch.calls));
  const [y0, y1] = decades(called.map((patch) => patch.own.p50));
  const x = (calls) => EDGE.left + ((Math.log10(calls) - x0) / (x1 - x0)) * (WIDTH - EDGE.left - EDGE.right);
  const y = (time) => HEIGHT - EDGE.bottom - ((Math.log10(time) - y0) / (y1 - y0)) * (HEIGHT - EDGE.top - EDGE.bottom);
  const grid = [];
  for (let power = x0; power <= x1; ++power) {
    const at = x(10 ** power);
    grid.push(s('line', {x1: at, x2: at, y1: EDGE.top, y2: HEIGHT - EDGE.bottom, class: 'grid'}),
      s('text', {x: at, y: HEIGHT - EDGE.bottom + 16, 'text-anchor': 'middle'}, compact(10 ** power)));
  }
  for (let power = y0; power <= y1; ++power) {
    const at = y(10 ** power);
    grid.push(s('line', {x1: EDGE.left, x2: WIDTH - EDGE.right, y1: at, y2: at, class: 'grid'}),
      s('text', {x: EDGE.left - 6, y: at + 4, 'text-anchor': 'end'}, duration(10 ** power)));
  }
  const dots = called.map((patch) => s('circle', {cx: x(patch.calls).toFixed(1), cy: y(patch.own.p50).toFixed(1), r: 5, class: `point ${colours.get(patch.owner)}`},
    s('title', {}, `${cut(patch.target, 200)}\n${patch.owner}\n${counted(patch.calls, 'call')}, ${duration(patch.own.p50)} each, ${duration(patch.own.total)} in all`)));
  const key = owners.filter(([owner]) => called.some((patch) => patch.owner === owner)).slice(0, 8);
  return h('div', {class: 'card'}, h('h3', {}, 'Calls, and own time a call'),
    s('svg', {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': 'Each timed patch by its calls and its own time a call', class: 'plot'},
      grid, dots,
      s('text', {x: WIDTH - EDGE.right, y: HEIGHT - 4, 'text-anchor': 'end', class: 'axis'}, 'calls →')),
    h('p', {class: 'key'}, key.map(([owner]) => h('span', {}, h('i', {class: `dot ${colours.get(owner)}`}), squeeze(owner, 40)))));
}

function drawCost() {
  const timed = patches.filter((patch) => patch.own);
  const counting = patches.filter((patch) => patch.calls !== null).length;
  const told = patches.length === 0 ? 'There is no patch.'
    : `${number(counting)} of ${counted(patches.length, 'patch')} counted, ${number(timed.length)} timed.`;
  $('#cost .body').append(h('p', {class: 'quiet'}, told));
  if (timed.length === 0) return;
  $('#cost .body').append(h('div', {class: 'columns'}, drawMost(timed), drawScatter(timed)));
}
