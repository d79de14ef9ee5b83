import { type DictionaryColumn, isNull, NULL_CODE, type TextColumn } from '@millrace/columnar';
import { type Bytes, type FieldWriter, LENGTH_BYTES, NULL_LENGTH } from './field-writer.js';

/** From here on the call that copies them beats a loop. */
const LONG_BYTES = 64;

export const textWriter: FieldWriter<TextColumn> = {
  measure({ offsets, nulls }, { rows, from, to }, sizes) {
    for (let index = from; index < to; index++) {
      const row = rows[index];
      if (nulls === null || !isNull(nulls, row)) sizes[index] += offsets[row + 1] - offsets[row];
    }
    return LENGTH_BYTES;
  },

  write({ bytes, offsets, nulls }, { rows, from, to }, out, cursors) {
    const source = readable(bytes);
    for (let index = from; index < to; index++) {
      const row = rows[index];
      const at = cursors[index];
      cursors[index] =
        nulls !== null && isNull(nulls, row)
          ? writeNull(out, at)
          : writeText(source, offsets[row], offsets[row + 1], out, at);
    }
  },
};

export const dictionaryWriter: FieldWriter<DictionaryColumn> = {
  measure({ codes, offsets }, { rows, from, to }, sizes) {
    for (let index = from; index < to; index++) {
      const code = codes[rows[index]];
      if (code !== NULL_CODE) sizes[index] += offsets[code + 1] - offsets[code];
    }
    return LENGTH_BYTES;
  },

  write({ codes, bytes, offsets }, { rows, from, to }, out, cursors) {
    const source = readable(bytes);
    for (let index = from; index < to; index++) {
      const code = codes[rows[index]];
      const at = cursors[index];
      cursors[index] =
        code === NULL_CODE ? writeNull(out, at) : writeText(source, offsets[code], offsets[code + 1], out, at);
    }
  },
};

const JSONB_VERSION = 1;

/** jsonb: its text behind a byte that says version 1. */
export const jsonWriter: FieldWriter<TextColumn> = {
  measure({ offsets, nulls }, { rows, from, to }, sizes) {
    for (let index = from; index < to; index++) {
      const row = rows[index];
      if (nulls === null || !isNull(nulls, row)) sizes[index] += 1 + offsets[row + 1] - offsets[row];
    }
    return LENGTH_BYTES;
  },

  write({ bytes, offsets, nulls }, { rows, from, to }, out, cursors) {
    const source = readable(bytes);
    for (let index = from; index < to; index++) {
      const row = rows[index];
      const at = cursors[index];
      if (nulls !== null && isNull(nulls, row)) {
        cursors[index] = writeNull(out, at);
        continue;
      }
      const size = offsets[row + 1] - offsets[row];
      out.view.setInt32(at, size + 1);
      out.bytes[at + LENGTH_BYTES] = JSONB_VERSION;
      copy(source, offsets[row], size, out, at + LENGTH_BYTES + 1);
      cursors[index] = at + LENGTH_BYTES + 1 + size;
    }
  },
};

/** With whatever stands behind the bytes, for `copy`. */
function readable(bytes: Uint8Array): Bytes {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset) };
}

function writeNull({ view }: Bytes, at: number): number {
  view.setInt32(at, NULL_LENGTH);
  return at + LENGTH_BYTES;
}

function writeText(source: Bytes, start: number, end: number, out: Bytes, at: number): number {
  const size = end - start;
  out.view.setInt32(at, size);
  copy(source, start, size, out, at + LENGTH_BYTES);
  return at + LENGTH_BYTES + size;
}

/**
 * Texts of up to 32 bytes by whole words, whatever their size: to branch on each text's own size, which nothing foretells, would cost
 * more than the bytes. What is written too much lies in the same row, which ends with more bytes than that, and is written over by what comes
 * next; what is read too much is whatever stands behind the text.
 */
function copy(source: Bytes, start: number, size: number, out: Bytes, at: number): void {
  const from = source.view;
  const to = out.view;
  if (size <= 32 && start + 32 <= from.byteLength) {
    to.setInt32(at, from.getInt32(start));
    to.setInt32(at + 4, from.getInt32(start + 4));
    to.setInt32(at + 8, from.getInt32(start + 8));
    to.setInt32(at + 12, from.getInt32(start + 12));
    if (size <= 16) return;
    to.setInt32(at + 16, from.getInt32(start + 16));
    to.setInt32(at + 20, from.getInt32(start + 20));
    to.setInt32(at + 24, from.getInt32(start + 24));
    to.setInt32(at + 28, from.getInt32(start + 28));
  } else if (size < LONG_BYTES) {
    for (let done = 0; done < size; done++) out.bytes[at + done] = source.bytes[start + done];
  } else {
    out.bytes.set(source.bytes.subarray(start, start + size), at);
  }
}
