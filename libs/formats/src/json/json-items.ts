import { COMMA, isSpace, OPEN_BRACE, OPEN_BRACKET, SPACE } from '../bytes.js';
import { ItemScan } from './scan-item.js';
import { SENTINEL, skipNested } from './skip.js';

/** Where the items of a JSON text stand in some bytes of it. */
export interface JsonText {
  /** Between brackets; otherwise one behind the other. */
  inArray: boolean;
  /** Whether the bytes begin the text: a byte order mark may stand there. */
  isBegin: boolean;
}

/** An item of the text: `bytes[from .. to)` is its value, blanks aside. */
export interface JsonItem {
  from: number;
  to: number;
  /** It is the end of the array, or of the text, and holds no value. */
  isEmpty: boolean;
}

const BOM = [0xef, 0xbb, 0xbf];

/**
 * Walks over the items of a JSON text, the same in whatever pieces: what separates items belongs to the one behind. A sound
 * object or array is found at the speed of its check; ItemScan looks for the end of anything else.
 */
export class JsonItems {
  /** The item found last; reused. */
  readonly item: JsonItem = { from: 0, to: 0, isEmpty: false };

  /**
   * @param bytes with one byte behind `size`, which is overwritten
   * @param isEnd whether the text ends with these bytes
   */
  constructor(
    private readonly bytes: Uint8Array,
    private readonly size: number,
    private readonly text: JsonText,
    private readonly isEnd: boolean,
  ) {
    bytes[size] = SENTINEL;
  }

  /** Finds the item that begins at `at`. @returns false when its end is not in these bytes */
  next(at: number): boolean {
    const { bytes, item } = this;
    item.from = this.skipLead(at);
    if (bytes[item.from] === OPEN_BRACE || bytes[item.from] === OPEN_BRACKET) {
      item.to = skipNested(bytes, item.from, 0);
      item.isEmpty = false;
      if (item.to >= 0) return true;
    }
    const scan = new ItemScan(this.text.inArray, this.isLineBegin(at));
    if (!scan.take(bytes, this.skipBom(at), this.size)) {
      if (!this.isEnd) return false;
      scan.finish();
    }
    item.to = this.skipBom(at) + scan.end;
    item.isEmpty = scan.isEmpty;
    return true;
  }

  private skipLead(from: number): number {
    const { bytes } = this;
    let at = this.skipBom(from);
    while (bytes[at] === COMMA || (bytes[at] <= SPACE && isSpace(bytes[at]))) at++;
    return at;
  }

  private skipBom(at: number): number {
    return at === 0 && this.text.isBegin && BOM.every((byte, index) => this.bytes[index] === byte) ? BOM.length : at;
  }

  private isLineBegin(at: number): boolean {
    return at === 0 && this.text.isBegin;
  }
}
