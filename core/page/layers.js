// The layers of a target: what it was at the bottom, each patch that stands above it.

const LAYER = {width: 264, height: 30, gap: 5};

function drawLayers(target) {
  const layers = targets.get(target) || [];
  const step = LAYER.height + LAYER.gap;
  const tall = (layers.length + 1) * step;
  const box = (index, kind, label, title) => s('g', {transform: `translate(0 ${tall - (index + 1) * step})`, class: kind},
    s('title', {}, title),
    s('rect', {x: 1, y: 1, width: LAYER.width - 2, height: LAYER.height - 2, rx: 5}),
    s('rect', {x: 1, y: 1, width: 5, height: LAYER.height - 2, rx: 2, class: 'side'}),
    s('text', {x: 15, y: 19}, squeeze(label, 34)));
  const below = layers[0] ? layers[0].old || 'nothing' : 'nothing';
  const boxes = [box(0, 'layer original', `original: ${below}`, below)];
  layers.forEach((patch, index) => boxes.push(box(index + 1,
    `layer ${colours.get(patch.owner)}${patch.state === 'off' ? ' off' : ''}`,
    `p${patch.id} ${patch.owner}${patch.state === 'on' ? '' : `, ${patch.state}`}`,
    `p${patch.id} ${patch.change} by ${patch.owner}, made at ${patch.site}`)));
  return s('svg', {viewBox: `0 0 ${LAYER.width} ${tall}`, width: LAYER.width, height: tall, role: 'img', class: 'layers',
    'aria-label': `original, then ${layers.map((patch) => patch.owner).join(', then ')}`}, boxes);
}

function layerCard(target) {
  const clash = conflicts.get(target);
  return h('button', {type: 'button', class: `card target${clash ? ' clash' : ''}`, title: target, onclick: () => only({target})},
    h('code', {}, cut(target, 64)),
    clash ? h('span', {class: 'flag'}, `! conflict: ${cut(clash, 60)}`) : null,
    drawLayers(target));
}

function drawAllLayers() {
  const rank = (target) => (conflicts.has(target) ? 1e6 : 0) + targets.get(target).length;
  const all = [...targets.keys()].sort((a, b) => rank(b) - rank(a));
  const several = all.filter((target) => targets.get(target).length > 1 || conflicts.has(target));
  const place = h('div', {class: 'cards'});
  const body = $('#layers .body');
  let shown = 0;
  const button = h('button', {type: 'button', class: 'plain'});
  const show = (count) => {
    place.append(...all.slice(shown, shown + count).map(layerCard));
    shown = Math.min(all.length, shown + count);
    button.textContent = `Show ${number(Math.min(60, all.length - shown))} more of ${counted(all.length, 'target')}`;
    button.hidden = shown >= all.length;
  };
  button.addEventListener('click', () => show(60));
  show(Math.min(24, several.length));
  body.append(h('p', {class: 'quiet'}, several.length
    ? `${counted(several.length, 'target')} with several layers; a call goes through them from the top.`
    : 'No target has more than one layer.'), place, button);
}
