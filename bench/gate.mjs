#!/usr/bin/env node
/**
 * What a commit costs or gains against its parent: both are checked out, built and measured in one run, in turns, by the same bench. `--pairs` fresh
 * processes of each; the two of a pair take `--turns` turns, step by step.
 *
 *     node bench/gate.mjs [--commit HEAD] [--parent COMMIT~1] [--pairs 4] [--turns 15] [--rows 50000] [--threshold 0.05]
 *         [--end-to-end] [--end-to-end-rows 500000] [--end-to-end-pairs 3] [--strict] [--json]
 *
 * For each measure (CPU seconds and bytes allocated, of each step; with `--end-to-end` those of each process, too) prints the median of the
 * pairs' ratios with a 95 % interval. Worse: the whole interval is above 1 + threshold. It is a report: ends with 0 whatever it finds, with
 * `--strict` with 1 when something is worse.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compare, verdict } from './gate/src/compare.mjs';
import { measurePipelines } from './gate/src/pipeline-pairs.mjs';
import { measureSteps } from './gate/src/step-pairs.mjs';
import { buildWorktree, findCommit, haveSamePackages, removeWorktree } from './gate/src/worktrees.mjs';

const { values: options } = parseArgs({
  options: {
    commit: { type: 'string', default: 'HEAD' },
    parent: { type: 'string' },
    pairs: { type: 'string', default: '4' },
    turns: { type: 'string', default: '15' },
    rows: { type: 'string', default: '50000' },
    threshold: { type: 'string', default: '0.05' },
    'end-to-end': { type: 'boolean', default: false },
    'end-to-end-rows': { type: 'string', default: '500000' },
    'end-to-end-pairs': { type: 'string', default: '3' },
    strict: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

const note = (text) => process.stderr.write(`${text}\n`);

/**
 * @param {(swap: boolean) => Promise<Map<string, [number, number][]>>} measure one pair; who goes first alternates
 * @returns {Promise<object[]>} one for each measure that was found in every pair
 */
async function comparePairs(pairs, threshold, measure) {
  const found = [];
  for (let pair = 1; pair <= pairs; pair++) {
    found.push(await measure(pair % 2 === 0));
    note(`pair ${pair} of ${pairs}`);
  }
  return [...found[0].keys()]
    .filter((name) => found.every((measures) => measures.has(name)))
    .map((name) => {
      const compared = compare(found.map((measures) => measures.get(name)));
      return { measure: name, ...compared, verdict: verdict(compared, threshold) };
    });
}

function render({ parent, commit, measures, threshold }) {
  const digits = (value) => value.toPrecision(3);
  const line = (name, ...cells) => name.padEnd(44) + cells.map((cell) => cell.padStart(10)).join('');
  const found = measures.filter((one) => one.verdict === 'worse').length;
  return [
    `parent ${parent.sha.slice(0, 10)} ${parent.subject}`,
    `commit ${commit.sha.slice(0, 10)} ${commit.subject}`,
    '',
    line('', 'parent', 'commit', 'ratio', 'from', 'to'),
    ...measures.map((one) => {
      const cells = [one.before, one.after, one.ratio, one.low, one.high].map(digits);
      return `${line(one.measure, ...cells)}  ${one.verdict === 'same' ? '' : one.verdict}`.trimEnd();
    }),
    '',
    `${found} of ${measures.length} measures are worse by more than ${threshold * 100} %`,
  ].join('\n');
}

async function main() {
  const commit = await findCommit(options.commit);
  const parent = await findCommit(options.parent ?? `${commit.sha}~1`);
  if (!(await haveSamePackages(parent.sha, commit.sha))) {
    note('the commits want other packages: both run with those that are installed here');
  }
  const home = mkdtempSync(join(tmpdir(), 'millrace-gate-'));
  const worktrees = { parent: join(home, 'parent'), commit: join(home, 'commit') };
  const clean = async () => {
    for (const directory of Object.values(worktrees)) await removeWorktree(directory);
    rmSync(home, { recursive: true, force: true });
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void clean().finally(() => process.exit(1)));
  try {
    await buildWorktree(parent.sha, worktrees.parent);
    await buildWorktree(commit.sha, worktrees.commit);
    note('built');
    const threshold = Number(options.threshold);
    const [rows, turns, pairs] = [options.rows, options.turns, options.pairs].map(Number);
    const measures = await comparePairs(pairs, threshold, (swap) => measureSteps(worktrees, { rows, turns, swap }));
    if (options['end-to-end']) {
      const [rows, pairs] = [options['end-to-end-rows'], options['end-to-end-pairs']].map(Number);
      measures.push(...(await comparePairs(pairs, threshold, (swap) => measurePipelines(worktrees, { rows, swap }))));
    }
    const result = { parent, commit, threshold, pairs, turns, measures };
    console.log(options.json ? JSON.stringify(result) : render(result));
    if (options.strict && measures.some((one) => one.verdict === 'worse')) process.exitCode = 1;
  } finally {
    await clean();
  }
}

await main();
