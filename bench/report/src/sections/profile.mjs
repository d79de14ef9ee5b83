import { count, figure, number, paragraphs, percent, table } from '../markdown.mjs';

const PACKAGES = 5;
const FUNCTIONS = 3;

/** @param {object | undefined} profile what profile.mjs printed */
export function profileSection(profile) {
  if (!profile) return undefined;
  const processes = Object.entries(profile.processes).sort(
    ([, a], [, b]) => b.cpu_seconds_per_million - a.cpu_seconds_per_million,
  );
  return paragraphs(
    '## Where the CPU goes',
    `All processes profiled at once while ${count(profile.rows)} dirty rows went through them, services up and warm. Profilers cost: the shares count here, the figures are those above. By self time; garbage collection is what the program waited for it, and beside it what its other threads spent, of the process's CPU.`,
    table(
      ['process', '>CPU s per 1M', '>collection', '>beside it', 'largest by package'],
      processes.map(([name, one]) => [
        name,
        figure(one.cpu_seconds_per_million),
        percent(one.garbage_collection.main_thread ?? undefined),
        percent(one.garbage_collection.other_threads),
        listed(one.packages.slice(0, PACKAGES)) || 'no profiler on this machine',
      ]),
    ),
    functionsOf(processes),
    "**Flame graphs**: `npm run bench:profile -- --out DIR` leaves one of each process there as SVG for any browser, beside it a profile for a browser's developer tools or speedscope, and `summary.txt`. PostgreSQL takes `perf`; the broker is sampled by async-profiler, or Java's flight recorder.",
  );
}

function functionsOf(processes) {
  const lines = processes
    .filter(([, { functions }]) => functions.length > 0)
    .map(([name, { functions }]) => {
      const some = functions.slice(0, FUNCTIONS).map((one) => `\`${one.name}\` ${number(one.share * 100, 0)} %`);
      return `- ${name}: ${some.join(', ')}`;
    });
  return lines.length > 0 ? `The largest functions:\n\n${lines.join('\n')}` : undefined;
}

const listed = (shares) => shares.map(({ name, share }) => `${name} ${number(share * 100, 0)} %`).join(', ');
