import { hash } from 'node:crypto';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { CHUNK_FLAG, type Dialect, type Format, LIMITS, PLAIN_DIALECT, type SourceContext } from '@millrace/contracts';
import { parseRecords, SLOT_STRIDE } from '@millrace/csv';
import { readParquetSchema } from '@millrace/formats';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ChunkRow, ReadChunk } from './chunk-row.js';
import { type CutStep, cutSource, type OpenSource } from './cut-source.js';
import { type FileStat, statOf } from './file-stat.js';
import { ReadAhead } from './read-ahead.js';
import { SourceFile } from './source-file.js';
import { readChunk } from './testing/read-chunk.js';

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-formats-'));
  path = join(directory, 'a');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const contextOf = (format: Format, dialect: Partial<Dialect> | null = null): SourceContext => ({
  format,
  path: 'a',
  dialect: dialect && { ...PLAIN_DIALECT, ...dialect },
  names: null,
  date_formats: {},
});

const ROWS = Array.from({ length: 30_000 }, (_, id) => ({
  id,
  name: `the name, of "${id}"`,
  more: 'x'.repeat(id % 90),
}));

function parquet(rows: typeof ROWS): Buffer {
  const columnData = (['id', 'name', 'more'] as const).map((name) => ({ name, data: rows.map((row) => row[name]) }));
  return Buffer.from(parquetWriteBuffer({ columnData, rowGroupSize: 9000 }));
}

const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
const csv = (delimiter: string) =>
  `id${delimiter}name${delimiter}more\n${ROWS.map(({ id, name, more }) => [id, quoted(name), more].join(delimiter) + '\n').join('')}`;
const lines = ROWS.map((row) => `${JSON.stringify(row)}\n`).join('');
const array = `[\n  ${ROWS.map((row) => JSON.stringify(row)).join(',\n  ')}\n]\n`;

interface Cut {
  header: string | undefined;
  header_end: number | undefined;
  chunks: ReadChunk[];
  state: string;
  error: string | undefined;
}

async function sourceOf(content: string | Buffer | null, more: Partial<OpenSource>): Promise<OpenSource> {
  if (content !== null) writeFileSync(path, content);
  const stat = (await statOf(path)) as FileStat;
  const unread = { header: null, header_end: null, last: null, tail: null };
  return {
    id: 7,
    path,
    stat,
    sealed_bytes: stat.size_bytes,
    sealed: true,
    compression: null,
    context: null,
    ...unread,
    ...more,
  };
}

async function cut(source: OpenSource, ahead?: ReadAhead): Promise<Cut> {
  const steps: CutStep[] = [];
  for await (const step of cutSource(source, 'plan', ahead)) {
    steps.push(step.kind === 'chunk' ? { ...step, raw: Buffer.from(step.raw) } : step);
  }
  const header = steps.find((step) => step.kind === 'header');
  const end = steps.at(-1);
  if (end?.kind !== 'end') throw new Error('no end');
  return {
    header: header?.header.toString(),
    header_end: header?.header_end,
    chunks: steps.filter((step) => step.kind === 'chunk'),
    state: end.state,
    error: end.error?.message,
  };
}

const rowsOf = ({ chunks }: Cut): ChunkRow[] => chunks.map(({ row }) => row);
const recordsOf = (found: Cut) => rowsOf(found).reduce((sum, { records }) => sum + records, 0);

/** The source once all of `before` up to a chunk was recorded. */
function recorded(source: OpenSource, before: Cut, last: ChunkRow): OpenSource {
  const header = Buffer.from(before.header ?? '');
  return { ...source, header, header_end: before.header_end ?? 0, last, tail: last };
}

const SOURCES: [string, string | Buffer, Partial<OpenSource>][] = [
  ['JSON lines', lines, { context: contextOf('json_lines') }],
  [
    'JSON lines in zstd',
    zstdCompressSync(Buffer.from(lines)),
    { context: contextOf('json_lines'), compression: 'zstd' },
  ],
  ['a JSON array', array, { context: contextOf('json') }],
  ['a JSON array in gzip', gzipSync(array, { level: 1 }), { context: contextOf('json'), compression: 'gzip' }],
  ['Parquet', parquet(ROWS), { context: contextOf('parquet') }],
  ['CSV in zstd', zstdCompressSync(Buffer.from(csv(','))), { compression: 'zstd' }],
  [
    'CSV in UTF-16',
    Buffer.from(`\ufeff${csv(',')}`, 'utf16le'),
    { context: contextOf('csv', { encoding: 'utf-16le' }) },
  ],
  ['CSV', csv(','), {}],
  ['CSV of a dialect', csv(';'), { context: contextOf('csv', { delimiter: ';' }) }],
];

describe.each(SOURCES)('cutSource of %s', (_name, content, more) => {
  it('gives every record once, in chunks that can be read again, in any order and from any chunk on', async () => {
    const source = await sourceOf(content, more);
    const { compression, context } = source;
    const found = await cut(source);
    expect(found).toMatchObject({ state: 'cut', error: undefined });
    expect(recordsOf(found)).toBe(ROWS.length);
    const rows = rowsOf(found);
    expect(rows.length).toBeGreaterThan(2);
    for (const { raw } of found.chunks) expect(raw.length).toBeLessThanOrEqual(LIMITS.chunk_bytes);
    for (const { row, header, raw } of found.chunks.toReversed()) {
      const again = await readChunk(path, header, row, compression, context);
      expect(again.raw.equals(raw)).toBe(true);
    }
    const from = recorded(source, found, rows[1]);
    expect(rowsOf(await cut(from))).toEqual(rows.slice(2));
    expect(await cut(recorded(source, found, rows.at(-1) as ChunkRow))).toMatchObject({ chunks: [], state: 'cut' });
    const otherHash = { ...rows[1], content_hash: rows[0].content_hash };
    await expect(readChunk(path, Buffer.from(''), otherHash, compression, context)).rejects.toMatchObject({
      code: 'SOURCE_CHANGED',
    });
  });

  it('gives the same chunks where their bytes are only lent, one source after the other', async () => {
    const source = await sourceOf(content, more);
    const found = await cut(source);
    const ahead = new ReadAhead(2 * LIMITS.chunk_bytes);
    expect(digested(await cut(source, ahead))).toEqual(digested(found));
    expect(digested(await cut(recorded(source, found, rowsOf(found)[0]), ahead))).toMatchObject({
      chunks: digested(found).chunks.slice(1),
      state: 'cut',
    });
  });
});

/** Megabytes are compared by their hash: byte by byte takes seconds. */
function digested({ chunks, ...rest }: Awaited<ReturnType<typeof cut>>) {
  return { ...rest, chunks: chunks.map(({ raw, ...chunk }) => ({ ...chunk, raw: hash('sha256', raw) })) };
}

describe('cutSource of Parquet', () => {
  it('gives CSV that the reader of the plain dialect takes for the same values', async () => {
    const rows = [
      ...ROWS.slice(0, 20),
      { id: 20, name: '#', more: ' ' },
      { id: 21, name: '', more: '\r\n' },
      { id: 22, name: '"', more: ',"' },
    ];
    const { chunks } = await cut(await sourceOf(parquet(rows), { context: contextOf('parquet') }));
    const [{ raw }] = chunks;
    const parsed = parseRecords(raw, Int32Array.of(0, 1, 2), 3);
    expect([parsed.count, parsed.skipped, chunks.length]).toEqual([rows.length, 0, 1]);
    const read = (slot: number, row: number) => {
      const at = slot * SLOT_STRIDE + row;
      return parsed.bytes.toString('utf8', parsed.start[at], parsed.end[at]);
    };
    const found = rows.map((_, row) => ({ id: Number(read(0, row)), name: read(1, row), more: read(2, row) }));
    expect(found).toEqual(rows.map((row) => ({ ...row, more: row.more.trim() })));
  });

  it('cuts at row groups, hashes over their borders, and tells where a broken one stands', async () => {
    const source = await sourceOf(parquet(ROWS), { context: contextOf('parquet') });
    const found = await cut(source);
    expect(found.header).toBe('id,name,more\n');
    const rows = rowsOf(found);
    const groups = rows.map(({ byte_start }) => Math.floor(byte_start / 2 ** 36));
    expect([...new Set(groups)]).toEqual([0, 1, 2, 3]);
    for (const { byte_start, byte_end } of rows) expect(byte_end).toBeLessThan(byte_start + 2 ** 36);

    const file = await SourceFile.open(path, null, Infinity, source.context);
    const whole = await file.hashRange(rows[0].byte_start, rows.at(-1)!.byte_end);
    await file.close();
    const { hash } = await import('node:crypto');
    const all = Buffer.concat(found.chunks.map(({ raw }) => raw));
    expect(whole.equals(hash('sha256', all, 'buffer'))).toBe(true);

    const bytes = parquet(ROWS);
    const raw = { read: (position: number, into: Uint8Array) => bytes.copy(into, 0, position) };
    const [first, second] = (await readParquetSchema(raw, bytes.length, path)).row_groups;
    const at = 4 + first.size_bytes + second.size_bytes;
    bytes.fill(0xff, at, at + 100);
    const broken = await cut(await sourceOf(bytes, { context: contextOf('parquet') }));
    expect(broken).toMatchObject({
      state: 'failed',
      error: expect.stringMatching(/row group 2 in the column \w+ by byte/),
    });
    expect(rowsOf(broken)).toEqual(rows.slice(0, broken.chunks.length));
    expect(recordsOf(broken)).toBeGreaterThanOrEqual(18_000);
  });

  it('makes one reject of a row over the limit', async () => {
    const rows = ROWS.slice(0, 5).map((row) => (row.id === 2 ? { ...row, more: 'line\n'.repeat(400_000) } : row));
    const found = await cut(await sourceOf(parquet(rows), { context: contextOf('parquet') }));
    expect(rowsOf(found).map(({ records, flags }) => [records, flags])).toEqual([
      [2, 0],
      [1, CHUNK_FLAG.record_too_long],
      [2, 0],
    ]);
  });
});

describe('cutSource of JSON', () => {
  it('keeps what stands before a missing end, and says that it is missing', async () => {
    const source = await sourceOf('[{"a":1},\n{"a":2}', { context: contextOf('json') });
    const found = await cut(source);
    expect(found).toMatchObject({
      header: '[',
      state: 'failed',
      error: expect.stringMatching(/has no end, at byte 17/),
    });
    expect(recordsOf(found)).toBe(2);
  });

  it('makes one reject of all that comes behind an end that was read', async () => {
    const before = await cut(await sourceOf('[{"a":1}]\n', { context: contextOf('json') }));
    appendFileSync(path, '{"a":2},{"a":3}]');
    const source = await sourceOf(null, { context: contextOf('json') });
    const after = await cut(recorded(source, before, rowsOf(before).at(-1) as ChunkRow));
    expect(rowsOf(after).map(({ records, flags }) => [records, flags])).toEqual([[1, CHUNK_FLAG.grown_after_seal]]);
  });

  it('reads lines while they are written, and makes one reject of what continues a line that was taken', async () => {
    const context = contextOf('json_lines');
    const live = await sourceOf('{"a":1}\n{"a":', { context, sealed: false });
    const first = await cut(live);
    expect(first).toMatchObject({ header_end: 0, state: 'live' });
    expect(first.chunks.map(({ raw }) => raw.toString())).toEqual(['{"a":1}\n']);
    const sealed = recorded({ ...live, sealed: true }, first, rowsOf(first)[0]);
    const second = await cut(sealed);
    expect(second.chunks.map(({ raw }) => raw.toString())).toEqual(['{"a":']);
    appendFileSync(path, '2}\n{"a":3}\n');
    const grown = recorded(await sourceOf(null, { context }), first, rowsOf(second)[0]);
    const third = await cut(grown);
    expect(third.chunks.map(({ raw, row }) => [raw.toString(), row.flags])).toEqual([
      ['2}\n', CHUNK_FLAG.grown_after_seal],
      ['{"a":3}\n', 0],
    ]);
  });
});

describe('a source that can only be read as a whole', () => {
  it.each<[string, Partial<OpenSource>, string]>([
    ['compressed', { compression: 'zstd' }, 'registered'],
    ['of another encoding', { context: contextOf('csv', { encoding: 'utf-16le' }) }, 'live'],
    ['a JSON array', { context: contextOf('json') }, 'live'],
    ['Parquet', { context: contextOf('parquet') }, 'live'],
    ['with a footer', { context: contextOf('csv', { footer_lines: 1 }) }, 'live'],
  ])('gives nothing before it is sealed: %s', async (_name, more, state) => {
    const source = await sourceOf(zstdCompressSync(Buffer.from('id\n1\n')), { ...more, sealed: false });
    expect(await cut(source)).toMatchObject({ chunks: [], state, error: undefined });
  });
});
