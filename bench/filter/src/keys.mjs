/** Order ids that are all different, as a file would have them: hashed and dealt out to parts, without garbage. */

const DIGITS_AT = 4;
const DIGITS = 10;

/** A bijection on 32 bits: what follows in order goes in, what looks random comes out, and nothing twice. @param {number} n */
function scatter(n) {
  let h = n | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

export class Keys {
  #text = Buffer.from('ORD-0000000000');
  #lanes = new Uint32Array(2);

  /**
   * @param {{ hashKey: Function, partOfHash: Function }} columnar libs/columnar of the checkout
   * @param {'random' | 'rising'} order @param {number} parts @param {number} batch_rows
   */
  constructor(columnar, order, parts, batch_rows) {
    this.columnar = columnar;
    this.order = order;
    this.batch_rows = batch_rows;
    this.next = 1;
    this.waiting = Array.from({ length: parts }, () => ({ rows: 0, hashes: new Uint32Array(2 * batch_rows) }));
  }

  /**
   * Hashes keys until a part has a whole batch. Its hashes are valid until the next call.
   * @returns {{ part: number, hashes: Uint32Array }}
   */
  take() {
    const { columnar, waiting, batch_rows } = this;
    const lanes = this.#lanes;
    for (;;) {
      this.#write(this.order === 'random' ? scatter(this.next) : this.next);
      this.next++;
      columnar.hashKey(this.#text, 0, DIGITS_AT + DIGITS, lanes, 0);
      const part = columnar.partOfHash(lanes[0], lanes[1], waiting.length);
      const batch = waiting[part];
      batch.hashes[2 * batch.rows] = lanes[0];
      batch.hashes[2 * batch.rows + 1] = lanes[1];
      if (++batch.rows < batch_rows) continue;
      batch.rows = 0;
      return { part, hashes: batch.hashes };
    }
  }

  #write(number) {
    const text = this.#text;
    let rest = number;
    for (let at = DIGITS_AT + DIGITS - 1; at >= DIGITS_AT; at--) {
      const tenth = Math.floor(rest / 10);
      text[at] = 48 + rest - 10 * tenth;
      rest = tenth;
    }
  }
}
