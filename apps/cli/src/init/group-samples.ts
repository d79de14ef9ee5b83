import { basename } from 'node:path';
import { type FileSample, globOf } from '@millrace/profile';

export interface SampleGroup {
  /** The first one: it stands for all. */
  sample: FileSample;
  files: string[];
  /** That all of them match. */
  pattern: string;
}

/** Files with the same fields in the same format belong to one dataset. */
export function groupSamples(samples: readonly { file: string; sample: FileSample }[]): SampleGroup[] {
  const groups = Map.groupBy(samples, ({ sample: { format, fields, dialect } }) =>
    JSON.stringify([format, fields.map(({ name }) => name), dialect]),
  );
  return [...groups.values()].map((members) => {
    const files = members.map(({ file }) => file);
    return { sample: members[0].sample, files, pattern: patternOf(files) };
  });
}

/** `orders_*.csv` for orders_1.csv and orders_2.csv. */
function patternOf(files: readonly string[]): string {
  const names = files.map((file) => basename(file));
  const anywhere = files.some((file) => basename(file) !== file) ? '**/' : '';
  if (files.length === 1) return globOf(files[0]);
  const begin = common(names);
  const rest = names.map((name) => name.slice(begin.length));
  const end = reversed(common(rest.map(reversed)));
  return `${anywhere}${globOf(begin)}*${globOf(end)}`;
}

function common([first, ...others]: readonly string[]): string {
  let size = first.length;
  for (const other of others) while (!other.startsWith(first.slice(0, size))) size--;
  return first.slice(0, size);
}

const reversed = (text: string) => [...text].reverse().join('');
