import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** The sales files under a directory, relative with `/`, in the order in which a scan registers them. */
export function listSalesFiles(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((file) => file.endsWith('.csv') && !file.split('/').some((part) => part.startsWith('.')))
    .sort(compareNaturally);
}

/** part_2 before part_10: runs of digits compare as numbers, the rest by characters. */
export function compareNaturally(a: string, b: string): number {
  const left = a.match(/\d+|\D/g) ?? [];
  const right = b.match(/\d+|\D/g) ?? [];
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const numbers = /\d/.test(left[at]) && /\d/.test(right[at]);
    const order = numbers ? compare(BigInt(left[at]), BigInt(right[at])) : compare(left[at], right[at]);
    if (order !== 0) return order;
  }
  return left.length - right.length || compare(a, b);
}

function compare<T extends string | bigint>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
