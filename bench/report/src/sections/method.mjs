import { BENCHES } from '../benches.mjs';
import { number, paragraphs, table } from '../markdown.mjs';

const RULES = `- **Ratios** count, not absolute figures: another machine gives others. What is compared runs in one command on the same files, servers and machine, interleaved, and whoever goes first alternates; medians where there are several runs.
- **CPU seconds** are user and system time from \`/proc\`, of PostgreSQL with all its backends, of the run command too. They hold where wall time does not: on a machine that others share.
- **End to end** is from the request of the scan to the commit of the last row and of gold, services up and warmed by one more file. Every result is checked against the generator's answer key: rows, rejects, duplicates, gold, books.
- **Sales** are dirty: 3 % duplicates, 3 % rejects, and spellings that have to be put right. The _floor_ is \`COPY\` of the already clean rows into the same keyed table.
- **Live** times are PostgreSQL's own of each row's commit (\`track_commit_timestamp\`), and those of the stages are the timestamps of their messages.
- **Peak RSS** is the kernel's (\`VmHWM\`) over the whole life of a process.`;

/** @param {Record<string, import('../results.mjs').Taken>} taken */
export function methodSection(taken) {
  const order = new Map(BENCHES.map(({ name }, at) => [name, at]));
  const place = ({ bench }) => order.get(bench) ?? order.size;
  const inOrder = Object.values(taken).sort((a, b) => place(a) - place(b));
  const all = inOrder.filter(({ machine }) => machine);
  const machines = Map.groupBy(all, ({ machine }) => describe(machine));
  const lines = [...machines].map(([text, some]) => {
    const whom = machines.size > 1 ? ` (${some.map(({ bench }) => bench).join(', ')})` : '';
    return `Machine${whom}: ${text}.`;
  });
  return paragraphs(
    '## Method',
    lines.join('\n') || undefined,
    RULES,
    table(
      ['bench', 'command', 'taken', '>minutes', 'commit'],
      inOrder.map(({ bench, command, taken_at, seconds, commit }) => [
        bench,
        `\`${command}\``,
        taken_at?.slice(0, 10) ?? 'by hand',
        seconds === undefined ? '-' : number(seconds / 60, 1),
        commit ? `\`${commit}\`` : '-',
      ]),
    ),
    '`npm run bench:report` runs them all and writes this page; `-- --only live,growth` runs some and keeps the others, `-- --render` runs none. A `+` behind a commit: files differed from it.',
  );
}

function describe({ cpu, cores, memory_bytes, versions }) {
  const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${cores} cores (${cpu}), ${number(memory_bytes / 2 ** 30)} GiB, everything on it; ${programs.join(', ')}`;
}
