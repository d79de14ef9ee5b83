import { open } from 'node:fs/promises';
import type { Dialect } from '@millrace/contracts';
import { nextChunk, readHeader, readRows } from '@millrace/csv';
import { openContent } from '@millrace/formats';
import type { FileSample } from './sample.js';

/** Larger files are not read twice: what does not fit the types of their sample is a reject. */
export const WIDEN_BYTES = 256 * 1024 * 1024;

/**
 * Reads the rest of a CSV file and widens the types of its sample by it, so that no row is rejected for a type that was only
 * guessed. Files of other formats, and large ones, stay as they are. @returns the same sample
 */
export async function widenByRest(sample: FileSample): Promise<FileSample> {
  const { format, dialect, complete, size_bytes, path, compression, fields } = sample;
  if (format !== 'csv' || !dialect || complete || size_bytes > WIDEN_BYTES) return sample;
  const handle = await open(path);
  try {
    const raw = {
      read: async (position: number, into: Uint8Array) => (await handle.read(into, 0, into.length, position)).bytesRead,
    };
    const content = openContent(raw, { compression, encoding: dialect.encoding, format, size_bytes, path });
    try {
      const end = await content.size();
      const read = (position: number, into: Buffer) => content.readInto(into, position);
      let from = (await readHeader(read, end, { dialect }))?.header_end ?? end;
      // Chunks begin at records: what stands before the first of them is behind us.
      const body: Dialect = { ...dialect, preamble_lines: 0, header_rows: 0, footer_lines: 0 };
      for (let skip = sample.rows; ; ) {
        const chunk = await nextChunk(read, from, end, { dialect });
        if (!chunk) break;
        from = chunk.byte_end;
        if (chunk.flags !== 0) continue;
        for (const row of readRows(chunk.raw, body, { from: 0, width: fields.length, tables: false })) {
          if (row.fault !== 0 || skip-- > 0) continue;
          for (const [index, field] of fields.entries()) field.add(row.fields[index] ?? '');
          sample.rows++;
        }
      }
    } finally {
      await content.close();
    }
  } finally {
    await handle.close();
  }
  return { ...sample, complete: true, rows_in_file: sample.rows };
}
