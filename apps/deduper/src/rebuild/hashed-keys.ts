import { hashKey, partOfHash } from '@millrace/columnar';
import type { KeyFilter } from '../filter/key-filter.js';

/** A range of keys, hashed and grouped by part, in buffers that serve every range of a scan. */
export class HashedKeys {
  /** In the order of the range, two lanes a key; then grouped by part. */
  private readonly lanes: Uint32Array;
  private readonly grouped: Uint32Array;
  private readonly partOfRow: Uint8Array;
  /** Part `p` has the rows `starts[p] .. starts[p + 1]` of `grouped`. */
  private readonly starts: Uint32Array;
  private readonly bitmap: Uint8Array;

  /** @param parts 256 at most @param limit keys at most in a range */
  constructor(
    private readonly parts: number,
    limit: number,
  ) {
    this.lanes = new Uint32Array(2 * limit);
    this.grouped = new Uint32Array(2 * limit);
    this.partOfRow = new Uint8Array(limit);
    this.starts = new Uint32Array(parts + 1);
    this.bitmap = new Uint8Array((limit + 7) >>> 3);
  }

  /** Replaces what is held by these keys. */
  take(keys: Uint8Array[]): void {
    const { lanes, grouped, partOfRow, starts, parts } = this;
    starts.fill(0);
    keys.forEach((key, row) => {
      hashKey(key, 0, key.length, lanes, row);
      partOfRow[row] = partOfHash(lanes[2 * row], lanes[2 * row + 1], parts);
      starts[partOfRow[row] + 1]++;
    });
    for (let part = 0; part < parts; part++) starts[part + 1] += starts[part];
    const next = starts.slice();
    keys.forEach((_key, row) => {
      const to = next[partOfRow[row]]++;
      grouped[2 * to] = lanes[2 * row];
      grouped[2 * to + 1] = lanes[2 * row + 1];
    });
  }

  /** @returns keys of that part in the range */
  addTo(filter: KeyFilter, part: number): number {
    const [start, end] = [this.starts[part], this.starts[part + 1]];
    this.bitmap.fill(0);
    filter.screen(this.grouped.subarray(2 * start, 2 * end), end - start, this.bitmap);
    return end - start;
  }
}
