/** What a profile says, in shares. */
import { selfTimes } from './stacks.mjs';

const TOP_GROUPS = 12;
const TOP_FUNCTIONS = 20;
/** V8's, which compile now and then, and Java's: they mark and sweep beside the program. */
const ENGINE_THREAD = /^(V8Worker|GC|G1|VM Thread)/;

/**
 * @param {import('./stacks.mjs').Stack[] | undefined} stacks undefined where the process could not be profiled
 * @param {Record<string, number>} threads CPU seconds by thread
 * @param {number} rows
 */
export function summaryOf(stacks, threads, rows) {
  const cpu_seconds = Object.values(threads).reduce((sum, seconds) => sum + seconds, 0);
  const profiled_us = (stacks ?? []).reduce((sum, { us }) => sum + us, 0);
  const top = (of, count) =>
    selfTimes(stacks ?? [], of)
      .slice(0, count)
      .map(([name, us]) => ({ name, share: us / profiled_us }));
  const byGroup = new Map(selfTimes(stacks ?? [], ({ group }) => group));
  const threadShare = (pattern) =>
    Object.entries(threads)
      .filter(([name]) => pattern.test(name))
      .reduce((sum, [, seconds]) => sum + seconds, 0) / (cpu_seconds || 1);
  return {
    cpu_seconds_per_million: (cpu_seconds / rows) * 1e6,
    threads: Object.fromEntries(Object.entries(threads).map(([name, seconds]) => [name, (seconds / rows) * 1e6])),
    garbage_collection: {
      // Of the profile: its sampler counts what the program waits for the collector.
      main_thread: profiled_us > 0 ? (byGroup.get('garbage collection') ?? 0) / profiled_us : null,
      other_threads: threadShare(ENGINE_THREAD),
    },
    packages: top(({ group }) => group, TOP_GROUPS),
    functions: top(({ name }) => name, TOP_FUNCTIONS),
  };
}

const percent = (share) => `${(share * 100).toFixed(1).padStart(5)} %`;

/** @param {Record<string, ReturnType<typeof summaryOf>>} processes @param {number} rows @returns {string} */
export function renderSummary(processes, rows) {
  return Object.entries(processes)
    .map(([name, { cpu_seconds_per_million, threads, garbage_collection: garbage, packages, functions }]) => {
      const byThread = Object.entries(threads)
        .sort((a, b) => b[1] - a[1])
        .slice(0, 6)
        .map(([thread, seconds]) => `${thread} ${seconds.toFixed(2)}`);
      const collected = [
        ...(garbage.main_thread === null ? [] : [`${percent(garbage.main_thread).trim()} of what was sampled`]),
        `threads of the engine ${percent(garbage.other_threads).trim()} of the CPU`,
      ];
      return [
        `== ${name}: ${cpu_seconds_per_million.toFixed(2)} CPU s per 1M rows (${byThread.join(', ')})`,
        `garbage collection: ${collected.join(', ')}`,
        ...(packages.length > 0 ? ['by package, self:'] : ['not profiled']),
        ...packages.map(({ name: group, share }) => `  ${percent(share)}  ${group}`),
        ...(functions.length > 0 ? ['by function, self:'] : []),
        ...functions.map(({ name: frame, share }) => `  ${percent(share)}  ${frame}`),
        '',
      ].join('\n');
    })
    .concat(`${rows.toLocaleString('en-US')} rows; the profilers themselves cost up to a quarter`)
    .join('\n');
}
