/** Stacks of async-profiler, of Java's flight recorder and of perf. */

/**
 * Folded: `[thread];frame;frame count` a line, frames of Java annotated (`_[j]`), of the kernel, too (`_[k]`).
 * @param {string} text @param {number} interval_us what a count stands for @returns {import('./stacks.mjs').Stack[]}
 */
export function stacksOfFolded(text, interval_us) {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const at = line.lastIndexOf(' ');
      const frames = line.slice(0, at).split(';');
      const engine = engineGroup(frames[0]);
      return { frames: frames.map((frame) => javaFrame(frame, engine)), us: Number(line.slice(at + 1)) * interval_us };
    });
}

const THREAD = /^\[(.+?)(?: tid=\d+)?\]$/;
const ANNOTATION = /_\[([01ijk])\]$/;

/** All that a thread of the virtual machine itself does is one thing; undefined for others. */
function engineGroup(thread) {
  if (/^\[(VM Thread|GC|G1|Shenandoah|ZWorker)/.test(thread)) return 'garbage collection';
  return /^\[C[12] Compiler/.test(thread) ? 'compilation' : undefined;
}

function javaFrame(text, engine) {
  const thread = THREAD.exec(text);
  // One frame for all of a pool, which are numbered.
  if (thread) return { name: thread[1].replace(/[-# ]?\d+$/, ''), group: 'threads' };
  const annotation = ANNOTATION.exec(text)?.[1];
  const name = text.replace(ANNOTATION, '');
  if (engine) return { name, group: engine };
  if (annotation === 'k') return { name, group: 'kernel' };
  const isMethod = annotation !== undefined || name.includes('/');
  if (!isMethod || !name.includes('.')) return { name, group: 'native' };
  return { name: name.replaceAll('/', '.'), group: javaPackage(name) };
}

/** `org/apache/kafka/common/utils/Crc32C.update` gives `org.apache.kafka.common`. */
function javaPackage(name) {
  const parts = name.split('/');
  const packages = parts.length > 1 ? parts.slice(0, -1) : [parts[0].split('.')[0]];
  const depth = /^(java|jdk|sun)$/.test(packages[0]) ? 2 : 4;
  return packages.slice(0, depth).join('.');
}

/**
 * What `perf script -F pid,ip,sym,dso` prints: a line for each sample, its frames below it from the leaf on, then an empty line.
 * @param {string} text @param {number} interval_us @param {(pid: number) => string} roleOf a process's role
 * @returns {import('./stacks.mjs').Stack[]}
 */
export function stacksOfPerf(text, interval_us, roleOf) {
  const stacks = [];
  for (const block of text.split(/\n\s*\n/)) {
    const [head, ...lines] = block.split('\n').filter((line) => line.trim() !== '');
    const pid = Number(/\d+/.exec(head ?? '')?.[0]);
    if (!pid || lines.length === 0) continue;
    const frames = lines.map(nativeFrame).reverse();
    stacks.push({ frames: [{ name: roleOf(pid), group: 'processes' }, ...frames], us: interval_us });
  }
  return stacks;
}

/** `    7f0b1c2d XLogInsertRecord+0x1a (/usr/lib/postgres)` */
function nativeFrame(line) {
  const match = /^\s*[0-9a-f]+\s+(.*?)(?:\+0x[0-9a-f]+)?\s+\((.*)\)\s*$/.exec(line);
  if (!match) return { name: line.trim(), group: 'native' };
  const [, symbol, file] = match;
  const group = file.startsWith('[') ? 'kernel' : (file.split('/').at(-1) ?? file);
  return { name: symbol === '[unknown]' ? `(${group})` : symbol, group };
}
