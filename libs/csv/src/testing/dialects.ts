import { CHUNK_FLAG, type Dialect } from '@millrace/contracts';
import fc from 'fast-check';
import {
  type CsvCutOptions,
  type CutChunk,
  nextChunk,
  type PositionalReader,
  parseRecords,
  readHeader,
} from '../index.js';

const TEXT_DIALECT: Dialect = {
  delimiter: ',',
  quote: '"',
  escape: '"',
  record_end: 'any',
  comment: null,
  encoding: 'utf-8',
  preamble_lines: 0,
  header_rows: 1,
  footer_lines: 0,
  short_rows: 'reject',
  long_rows: 'reject',
};

/** A dialect that is not plain. */
export function dialectOf(parts: Partial<Dialect> = {}): Dialect {
  return { ...TEXT_DIALECT, ...parts };
}

/** Dialects of all kinds, none of them contradicting itself. */
export const anyDialect: fc.Arbitrary<Dialect> = fc
  .record({
    delimiter: fc.constantFrom(',', ';', '\t', ' ', '|', ', ', '::', '||', '§', '\0'),
    quote: fc.constantFrom('"', "'", '«', null),
    escape: fc.constantFrom('doubled', '\\', null),
    record_end: fc.constantFrom('any', 'lf', 'crlf', 'cr'),
    comment: fc.constantFrom('#', '//', null),
    preamble_lines: fc.constantFrom(0, 0, 1, 3),
    header_rows: fc.constantFrom(0, 1, 1, 2),
    footer_lines: fc.constantFrom(0, 0, 1, 2),
    short_rows: fc.constantFrom('pad', 'reject'),
    long_rows: fc.constantFrom('cut', 'reject'),
  })
  .map(({ escape: kind, ...parts }) => {
    const escaped = kind === 'doubled' ? parts.quote : kind;
    return dialectOf({ ...(parts as Partial<Dialect>), escape: parts.quote === null ? null : escaped });
  });

/** A dialect, and a text of what matters to it, in any order. */
export const dialectAndText: fc.Arbitrary<[Dialect, Buffer]> = anyDialect.chain((dialect) => {
  const { delimiter, quote, comment } = dialect;
  const own = [delimiter, delimiter, quote, quote, dialect.escape, comment].filter((piece) => piece !== null);
  const pairs = quote === null ? [] : [quote + quote, delimiter + quote, quote + delimiter, `${quote}\n`, `\n${quote}`];
  const table = `\n\n${['x', 'y', 'z'].join(delimiter)}\n${[1, 2, 3].join(delimiter)}\n`;
  const pieces = [
    ...own,
    table,
    ...pairs,
    'a',
    'b',
    '7',
    'é',
    ' ',
    '\t',
    '\0',
    '\n',
    '\r\n',
    '\r',
    '\n\n',
    'a,b\n',
    '"',
    ',',
  ];
  const text = fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((found) => Buffer.from(found.join('')));
  return fc.tuple(fc.constant(dialect), text);
});

export const readerOf =
  (file: Buffer, most = Number.POSITIVE_INFINITY): PositionalReader =>
  (position, into) =>
    file.copy(into, 0, position, Math.min(file.length, position + Math.min(into.length, most)));

export interface CutText {
  header: Buffer;
  header_end: number;
  names: string[] | null;
  chunks: CutChunk[];
}

/** The header and all chunks of a text; null when it has no header. */
export async function cutText(text: Buffer, dialect: Dialect, options: CsvCutOptions = {}): Promise<CutText | null> {
  const read = readerOf(text);
  const head = await readHeader(read, text.length, { sealed: options.sealed, dialect });
  if (!head) return null;
  const table = { header: head.header, other: false };
  const chunks: CutChunk[] = [];
  for (let at = head.header_end; ; at = chunks.at(-1)!.byte_end) {
    const chunk = await nextChunk(read, at, text.length, { table, ...options, dialect });
    if (!chunk) return { ...head, chunks };
    table.other ||= (chunk.flags & CHUNK_FLAG.other_table) !== 0;
    chunks.push(chunk);
  }
}

/** [begin, end, flags] of each record of the chunks, as the parser finds them. */
export function recordsOf({ chunks }: CutText, dialect: Dialect): number[][] {
  return chunks.flatMap(({ byte_start, byte_end, flags, raw, records }) => {
    if (flags & CHUNK_FLAG.record_too_long) return [[byte_start, byte_end, flags]];
    if (flags & CHUNK_FLAG.passed_over) return [];
    // What is kept of a comment or blank line over the limit.
    if (records === 0 && raw.length < byte_end - byte_start) return [];
    const parsed = parseRecords(raw, Int32Array.of(0), 1, dialect);
    if (parsed.count !== records) throw new Error(`${records} records cut, ${parsed.count} parsed`);
    return Array.from({ length: parsed.count }, (_unused, row) => [
      byte_start + parsed.record_start[row],
      byte_start + parsed.record_end[row],
      flags,
    ]);
  });
}
