/**
 * Stacks of any profiler, and what is made of them. A frame is `{ name, group }`: what is shown, and what its time is summed up by (a
 * package, the kernel, garbage collection).
 *
 * @typedef {{ name: string, group: string }} Frame
 * @typedef {{ frames: Frame[], us: number }} Stack from the root to the leaf
 * @typedef {{ name: string, group: string, us: number, self_us: number, children: Map<string, Tree> }} Tree
 */

/** @param {Stack[]} stacks @returns {Tree} */
export function treeOf(stacks) {
  const root = { name: 'all', group: '', us: 0, self_us: 0, children: new Map() };
  for (const { frames, us } of stacks) {
    let node = root;
    node.us += us;
    for (const { name, group } of frames) {
      let child = node.children.get(name);
      if (!child) {
        child = { name, group, us: 0, self_us: 0, children: new Map() };
        node.children.set(name, child);
      }
      child.us += us;
      node = child;
    }
    node.self_us += us;
  }
  return root;
}

/** @param {Stack[]} stacks @param {(leaf: Frame) => string} of @returns {[name: string, us: number][]} the largest first */
export function selfTimes(stacks, of) {
  const times = new Map();
  for (const { frames, us } of stacks) {
    const leaf = frames.at(-1);
    if (leaf) times.set(of(leaf), (times.get(of(leaf)) ?? 0) + us);
  }
  return [...times].sort((a, b) => b[1] - a[1]);
}

/** As the .cpuprofile that browsers and speedscope open. @param {Stack[]} stacks @returns {object} */
export function cpuProfileOf(stacks) {
  const nodes = [];
  const samples = [];
  const timeDeltas = [];
  const add = ({ name, group, self_us, children }) => {
    const id = nodes.length + 1;
    const callFrame = { functionName: name, scriptId: '0', url: group, lineNumber: -1, columnNumber: -1 };
    const node = { id, callFrame, hitCount: 0, children: [] };
    nodes.push(node);
    if (self_us > 0) {
      samples.push(id);
      timeDeltas.push(Math.round(self_us));
    }
    for (const child of children.values()) node.children.push(add(child));
    return id;
  };
  const tree = treeOf(stacks);
  add({ ...tree, name: '(root)' });
  return { nodes, startTime: 0, endTime: Math.round(tree.us), samples, timeDeltas };
}
