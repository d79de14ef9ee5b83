import { applyNaming } from '@millrace/dataset';

const NAME_BYTES = 63;

/**
 * A name that PostgreSQL takes as it is and that is not taken yet: snake case, at most 63 bytes, whole characters; a number
 * is put behind it where it is. The same names in the same order give the same ones.
 */
export function safeName(name: string, taken: Set<string>, fallback: string): string {
  const snake = applyNaming(name.replaceAll('\0', ''), 'snake');
  const base = snake === '' ? fallback : /^[_\d]/.test(snake) ? `${fallback}_${snake}` : snake;
  for (let number = 1; ; number++) {
    const suffix = number === 1 ? '' : `_${number}`;
    const candidate = cutTo(base, NAME_BYTES - suffix.length) + suffix;
    if (taken.has(candidate)) continue;
    taken.add(candidate);
    return candidate;
  }
}

/** A dataset's name is part of topic names: ASCII letters, digits and _ only. */
export function safeDatasetName(name: string, taken: Set<string>): string {
  const plain = name.normalize('NFKD').replace(/[^\x20-\x7e]/g, '');
  return safeName(plain, taken, 'dataset');
}

function cutTo(text: string, limit_bytes: number): string {
  // A name of a file may be as long as its header: no more than could stay is gone through. Half a pair takes three bytes, and goes.
  let cut = text.slice(0, limit_bytes);
  while (Buffer.byteLength(cut) > limit_bytes) cut = [...cut].slice(0, -1).join('');
  return cut.replace(/_+$/, '');
}
