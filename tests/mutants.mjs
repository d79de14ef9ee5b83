// Breaks the pipeline on purpose, one way at a time, in a copy of the tree: each mutant must turn its test red.
// A mutant that survives means a guarantee that no test holds. Run with `npm run test:mutants [name ...]`.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { MUTANTS } from './mutants.list.mjs';

const root = join(import.meta.dirname, '..');

/** A copy whose node_modules shares every package of the original but points @millrace/* at the copied workspaces. */
function copyTree() {
  const copy = mkdtempSync(join(tmpdir(), 'millrace-mutants-'));
  const skip = new Set(['node_modules', '.git', '.millrace', 'reports']);
  cpSync(root, copy, { recursive: true, filter: (from) => from === root || !skip.has(basename(from)) });
  const modules = join(copy, 'node_modules');
  mkdirSync(join(modules, '@millrace'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name !== '@millrace') symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  for (const top of ['libs', 'apps']) {
    for (const name of readdirSync(join(copy, top)))
      symlinkSync(join(copy, top, name), join(modules, '@millrace', name));
  }
  return copy;
}

function build(copy) {
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['-b'], { cwd: copy, stdio: 'inherit' });
}

/** Applies one mutant; each text must occur exactly once, or the list is out of date. @returns what undoes it */
function mutate(copy, { edits }) {
  const originals = new Map();
  for (const { file, from, to } of edits) {
    const path = join(copy, file);
    const text = readFileSync(path, 'utf8');
    if (text.split(from).length !== 2) throw new Error(`${file}: the text to mutate must occur exactly once:\n${from}`);
    if (!originals.has(path)) originals.set(path, text);
    writeFileSync(
      path,
      text.replace(from, () => to),
    );
  }
  return () => {
    for (const [path, text] of originals) writeFileSync(path, text);
  };
}

function runTests(copy, { tests }) {
  const { stdout, stderr } = spawnSync(join(root, 'node_modules/.bin/vitest'), ['run', ...tests], {
    cwd: copy,
    encoding: 'utf8',
    // Everything below runs on the project's own Node, as under `npm run`.
    env: { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}` },
  });
  const summary = /^ *Tests +(.*)$/m.exec(stripVTControlCharacters(stdout))?.[1] ?? '';
  const count = (what) => Number(new RegExp(`(\\d+) ${what}`).exec(summary)?.[1] ?? 0);
  return { failed: count('failed'), passed: count('passed'), output: stdout + stderr };
}

const wanted = process.argv.slice(2);
const mutants = MUTANTS.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const copy = copyTree();
let survivors = 0;
try {
  for (const mutant of mutants) {
    const restore = mutate(copy, mutant);
    build(copy);
    const { failed, passed, output } = runTests(copy, mutant);
    restore();
    // Where nothing passes, it is not the mutant that the tests have met.
    const killed = failed > 0 && passed > 0;
    if (!killed) {
      survivors += 1;
      console.log(output);
    }
    console.log(
      `${killed ? 'killed  ' : 'SURVIVED'}  ${mutant.name}: ${mutant.breaks} (${failed} failed, ${passed} passed)`,
    );
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
console.log(`${mutants.length - survivors} of ${mutants.length} mutants killed`);
process.exitCode = survivors > 0 || mutants.length === 0 ? 1 : 0;
