/** Stacks of a V8 CPU profile. */

const GROUPS = { '(garbage collector)': 'garbage collection', '(program)': 'native', '(idle)': 'idle' };
const OF_THE_PROFILER = /^node:inspector|profile\/src\/hook\.mjs/;

/**
 * @param {object} profile .cpuprofile @param {string} root of the checkout
 * @returns {import('./stacks.mjs').Stack[]} without the time in which it did nothing, or profiled itself
 */
export function stacksOfNode({ nodes, samples, timeDeltas }, root) {
  const self = new Map();
  samples.forEach((id, at) => {
    self.set(id, (self.get(id) ?? 0) + timeDeltas[at]);
  });
  const stacks = [];
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const visit = (node, above) => {
    const frame = frameOf(node.callFrame, root);
    if (frame.group === 'idle' || OF_THE_PROFILER.test(node.callFrame.url)) return;
    const frames = frame.name === '(root)' ? above : [...above, frame];
    const us = self.get(node.id) ?? 0;
    if (us > 0) stacks.push({ frames, us });
    for (const id of node.children ?? []) visit(byId.get(id), frames);
  };
  visit(nodes[0], []);
  return stacks;
}

function frameOf({ functionName, url, lineNumber }, root) {
  if (functionName.startsWith('(') && !url) {
    return { name: functionName, group: GROUPS[functionName] ?? functionName };
  }
  const name = functionName || '(anonymous)';
  if (!url) return { name, group: 'native' };
  const path = pathOf(url, root);
  return { name: `${name} ${path}:${lineNumber + 1}`, group: groupOf(path) };
}

/** `file:///checkout/libs/csv/dist/parse.js` gives `libs/csv/parse.js`; of packages what stands behind node_modules/. */
function pathOf(url, root) {
  if (url.startsWith('node:')) return url;
  const path = url.replace(/^file:\/\//, '');
  const installed = path.lastIndexOf('/node_modules/');
  if (installed >= 0) return path.slice(installed + '/node_modules/'.length);
  return (path.startsWith(root) ? path.slice(root.length + 1) : path).replace('/dist/', '/');
}

/** A package, `libs/csv`, or Node's own code. */
function groupOf(path) {
  if (path.startsWith('node:')) return "Node's own";
  if (path.startsWith('wasm:')) return 'WebAssembly';
  const parts = path.split('/');
  return parts.slice(0, /^(@|libs$|apps$)/.test(parts[0]) ? 2 : 1).join('/');
}
