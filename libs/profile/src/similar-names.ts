/** Shorter names differ by chance. */
const LEAST_LETTERS = 4;
const LONG_NAME = 6;

/** Whether one name looks like the other one, written differently: case, separators, a letter or two. */
export function areSimilar(a: string, b: string): boolean {
  const [one, other] = [lettersOf(a), lettersOf(b)];
  if (one === other) return one !== '';
  const shortest = Math.min(one.length, other.length);
  if (shortest < LEAST_LETTERS) return false;
  return distance(one, other) <= (shortest < LONG_NAME ? 1 : 2);
}

function lettersOf(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

/** Levenshtein's: letters that are added, left out or changed. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}
