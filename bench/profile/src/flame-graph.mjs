/** A flame graph as one SVG file that needs nothing else: widths are time, a click on a frame zooms into it, one on the lowest goes back. */

const WIDTH = 1200;
const ROW = 17;
const TITLE = 40;
const CHARACTER = 6.6;
/** A frame narrower than this share of all is left out. */
const LEAST_SHARE = 0.0005;

/**
 * @param {import('./stacks.mjs').Tree} tree @param {string} title
 * @returns {string}
 */
export function flameGraph(tree, title) {
  const frames = [];
  const collect = (node, from, depth) => {
    frames.push({ node, from, depth });
    let at = from;
    for (const child of [...node.children.values()].sort((a, b) => b.us - a.us)) {
      if (child.us / tree.us >= LEAST_SHARE) collect(child, at, depth + 1);
      at += child.us;
    }
  };
  collect(tree, 0, 0);
  const height = TITLE + ROW * (Math.max(...frames.map(({ depth }) => depth)) + 1) + 10;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="monospace" font-size="11">
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
<text x="${WIDTH / 2}" y="24" text-anchor="middle" font-size="15">${escaped(title)}</text>
<g id="frames">
${frames.map((frame) => render(frame, tree.us, height)).join('\n')}
</g>
<script><![CDATA[${SCRIPT}]]></script>
</svg>
`;
}

function render({ node, from, depth }, total, height) {
  const x = (from / total) * WIDTH;
  const width = (node.us / total) * WIDTH;
  const y = height - ROW * (depth + 1) - 5;
  const share = ((node.us / total) * 100).toFixed(2);
  const about = `${node.name} (${(node.us / 1e6).toFixed(3)} s, ${share} %)${node.group ? ` - ${node.group}` : ''}`;
  const name = escaped(node.name);
  return (
    `<g data-x="${x.toFixed(2)}" data-w="${width.toFixed(2)}" data-d="${depth}" data-n="${name}"><title>${escaped(about)}</title>` +
    `<rect x="${x.toFixed(2)}" y="${y}" width="${Math.max(width - 0.5, 0.2).toFixed(2)}" height="${ROW - 1}" fill="${colorOf(node.group)}"/>` +
    `<text x="${(x + 3).toFixed(2)}" y="${y + 12}">${escaped(fitting(node.name, width))}</text></g>`
  );
}

function fitting(name, width) {
  const room = Math.floor((width - 6) / CHARACTER);
  if (room < 3) return '';
  return name.length <= room ? name : `${name.slice(0, room - 1)}…`;
}

/** One colour a group: red tones are garbage collection, grey ones what is native, green ones our own. */
function colorOf(group) {
  if (group === 'garbage collection') return 'hsl(0 75% 65%)';
  if (group === '' || group === 'native' || group === 'kernel') return 'hsl(0 0% 80%)';
  let hash = 0;
  for (const character of group) hash = (Math.imul(hash, 31) + character.codePointAt(0)) >>> 0;
  const own = /^(libs|apps)\//.test(group);
  return own
    ? `hsl(${100 + (hash % 60)} 50% ${62 + (hash % 13)}%)`
    : `hsl(${25 + (hash % 30)} 75% ${65 + (hash % 10)}%)`;
}

function escaped(text) {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Runs in the viewer. */
const SCRIPT = `
const all = [...document.querySelectorAll('#frames > g')];
function zoom(target) {
  const from = +target.dataset.x, share = +target.dataset.w / ${WIDTH}, depth = +target.dataset.d;
  for (const frame of all) {
    const x = +frame.dataset.x, w = +frame.dataset.w;
    const below = +frame.dataset.d < depth && x <= from + 0.01 && x + w >= from + share * ${WIDTH} - 0.01;
    const within = x >= from - 0.01 && x + w <= from + share * ${WIDTH} + 0.01 && +frame.dataset.d >= depth;
    frame.style.display = below || within ? '' : 'none';
    if (!below && !within) continue;
    const left = below ? 0 : (x - from) / share, width = below ? ${WIDTH} : w / share;
    frame.children[1].setAttribute('x', left);
    frame.children[1].setAttribute('width', Math.max(width - 0.5, 0.2));
    const room = Math.floor((width - 6) / ${CHARACTER}), name = frame.dataset.n;
    frame.children[2].setAttribute('x', left + 3);
    frame.children[2].textContent = room < 3 ? '' : name.length <= room ? name : name.slice(0, room - 1) + '\\u2026';
  }
}
for (const frame of all) frame.addEventListener('click', () => zoom(frame));
`;
