import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { LIMITS } from '@millrace/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ChunkRow, ReadChunk } from './chunk-row.js';
import { type CutStep, cutSource, type OpenSource } from './cut-source.js';
import { type FileStat, statOf } from './file-stat.js';
import { readChunk } from './testing/read-chunk.js';

const HEADER = 'id,name\n';
let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-cut-'));
  path = join(directory, 'a.csv');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** About `size` bytes of rows that differ. */
function rows(size: number): string {
  let text = '';
  for (let row = 1; text.length < size; row++) text += `${row},"the name, of ${row}",${'x'.repeat(100)}\n`;
  return text;
}

async function listed(more: Partial<OpenSource> = {}): Promise<OpenSource> {
  const stat = (await statOf(path)) as FileStat;
  const unread = { context: null, header: null, header_end: null, last: null, tail: null };
  return { id: 7, path, stat, sealed_bytes: stat.size_bytes, sealed: false, compression: null, ...unread, ...more };
}

const write = (content: string | Buffer): Promise<OpenSource> => {
  writeFileSync(path, content);
  return listed();
};

interface Cut {
  headers: string[];
  chunks: ReadChunk[];
  state: string;
  error: string | undefined;
}

/** @param during is done behind the first chunk */
async function cut(source: OpenSource, during = () => {}): Promise<Cut> {
  const steps: CutStep[] = [];
  for await (const step of cutSource(source, 'plan')) {
    if (step.kind === 'chunk' && !steps.some(({ kind }) => kind === 'chunk')) during();
    steps.push(step);
  }
  const end = steps.at(-1);
  if (end?.kind !== 'end') throw new Error('no end');
  return {
    headers: steps.filter((step) => step.kind === 'header').map(({ header }) => header.toString()),
    chunks: steps.filter((step) => step.kind === 'chunk'),
    state: end.state,
    error: end.error?.code,
  };
}

const rowsOf = ({ chunks }: Cut): ChunkRow[] => chunks.map(({ row }) => row);

/** The source as it is listed now, once `before` was recorded of it. */
function recorded(before: Cut, more: Partial<OpenSource> = {}): Promise<OpenSource> {
  const last = rowsOf(before).at(-1) as ChunkRow;
  const header = Buffer.from(HEADER);
  return listed({ header, header_end: header.length, last, tail: last, ...more });
}

describe('cutSource of a file that may still grow', () => {
  it('cuts all whole records that were listed at once, in the chunks that a sealed one is cut in', async () => {
    const text = HEADER + rows(2.5 * LIMITS.chunk_bytes);
    const whole = await cut({ ...(await write(text)), sealed: true });
    const open = await cut(await write(`${text}0,"half`));
    expect(whole).toMatchObject({ headers: [HEADER], state: 'cut', error: undefined });
    expect(open).toMatchObject({ headers: [HEADER], state: 'live', error: undefined });
    expect(open.chunks.length).toBe(3);
    expect(rowsOf(open)).toEqual(rowsOf(whole));
  });

  it('takes no more than was listed, and goes on with the rest where it ended', async () => {
    const source = await write(`${HEADER}1,one\n`);
    appendFileSync(path, '2,two\n');
    const first = await cut(source, () => appendFileSync(path, '3,three\n'));
    expect(first).toMatchObject({ headers: [HEADER], state: 'live' });
    const second = await cut(await recorded(first));
    expect(second).toMatchObject({ headers: [], state: 'live' });
    expect([...first.chunks, ...second.chunks].map(({ raw }) => raw.toString())).toEqual([
      '1,one\n',
      '2,two\n3,three\n',
    ]);
    expect(rowsOf(second)).toMatchObject([{ chunk: 1, first_record: 2, records: 2, byte_start: HEADER.length + 6 }]);
    expect(await cut(await recorded(second))).toMatchObject({ chunks: [], state: 'live' });
  });

  it('takes the header anew as long as nothing was cut behind it', async () => {
    const header = { header: Buffer.from('id\n'), header_end: 3 };
    expect(await cut({ ...(await write(HEADER)), ...header })).toMatchObject({ headers: [HEADER], state: 'live' });
    expect(await cut({ ...(await write('id\n')), ...header })).toMatchObject({ headers: [], state: 'live' });
  });

  it.each(['id', 'id,"na\n1,2\n', '# x'])('waits for the end of the header: %j', async (content) => {
    expect(await cut(await write(content))).toMatchObject({ headers: [], chunks: [], state: 'live', error: undefined });
  });

  it.each<[string, string, () => void]>([
    ['was renamed', 'live', () => renameSync(path, `${path}.1`)],
    [
      'was renamed and made anew',
      'live',
      () => {
        renameSync(path, `${path}.1`);
        writeFileSync(path, `${HEADER}${rows(1000)}`);
      },
    ],
    ['is shorter', 'registered', () => truncateSync(path, 20)],
  ])('leaves it to the next listing what became of a file that %s', async (_name, while_read, change) => {
    const first = await cut(await write(`${HEADER}1,one\n`));
    appendFileSync(path, rows(3 * LIMITS.chunk_bytes));
    const source = await recorded(first);
    // A file that is open is read to its end, whatever it is called meanwhile.
    expect(await cut(source, change)).toMatchObject({ state: while_read, error: undefined });
    expect(await cut(source)).toMatchObject({ chunks: [], state: 'registered', error: undefined });
  });

  it('reads a file that was touched, and not one whose last recorded bytes are other ones', async () => {
    const first = await cut(await write(`${HEADER}1,one\n`));
    appendFileSync(path, '2,two\n');
    const source = await recorded(first);
    utimesSync(path, 1, 1);
    expect(await cut(source)).toMatchObject({ state: 'live', error: undefined });
    writeFileSync(path, `${HEADER}1,ONE\n2,two\n`);
    expect(await cut(source)).toMatchObject({ chunks: [], state: 'changed', error: 'SOURCE_CHANGED' });
  });

  it('finds that a file was rewritten while it was read', async () => {
    const text = rows(10_000);
    const source = await write(HEADER + text);
    const rewrite = () => writeFileSync(path, `${HEADER}${text.toUpperCase()}more\n`);
    expect(await cut(source, rewrite)).toMatchObject({ state: 'changed', error: 'SOURCE_CHANGED' });
  });
});

describe('cutSource of a sealed file', () => {
  it.each<[string, string, () => void]>([
    ['renamed', 'vanished', () => renameSync(path, `${path}.1`)],
    ['cut off', 'changed', () => truncateSync(path, 3)],
    ['touched', 'changed', () => utimesSync(path, 1, 1)],
  ])('ends red when it was %s since', async (_name, state, change) => {
    const source = { ...(await write(`${HEADER}1,one\n`)), sealed: true };
    change();
    expect(await cut(source)).toMatchObject({ chunks: [], state });
  });

  it('cuts the tail that was left while it grew', async () => {
    const first = await cut(await write(`${HEADER}1,one\n2,tw`));
    const end = await cut(await recorded(first, { sealed: true }));
    expect(end).toMatchObject({ headers: [], state: 'cut' });
    expect(end.chunks.map(({ raw, row }) => [raw.toString(), row.flags, row.records])).toEqual([['2,tw', 0, 1]]);
  });

  it('goes on without the row of the chunk before a growth', async () => {
    const first = await cut({ ...(await write(`${HEADER}1,o`)), sealed: true });
    appendFileSync(path, 'n');
    const grown = await cut(await recorded(first, { sealed: true }));
    appendFileSync(path, 'e\n2,two\n');
    const end = await cut(await recorded(grown, { sealed: true, tail: null }));
    expect(end.chunks.map(({ raw }) => raw.toString())).toEqual(['e\n', '2,two\n']);
  });
});

describe('cutSource of gzip', () => {
  const gzip = { compression: 'gzip', sealed: true } as const;

  it('gives the chunks of the uncompressed file, which can be read again in any order', async () => {
    const text = HEADER + rows(2.5 * LIMITS.chunk_bytes);
    const plain = await cut({ ...(await write(text)), sealed: true });
    const packed = await cut({ ...(await write(gzipSync(text))), ...gzip });
    expect(packed).toMatchObject({ headers: [HEADER], state: 'cut', error: undefined });
    expect(rowsOf(packed)).toEqual(rowsOf(plain));
    for (const { row, header, raw } of packed.chunks.toReversed()) {
      expect((await readChunk(path, header, row, 'gzip')).raw.equals(raw)).toBe(true);
    }
    const [first, second, third] = rowsOf(packed);
    const rest = await cut(await recorded(packed, { ...gzip, last: first, tail: first }));
    expect(rowsOf(rest)).toEqual([second, third]);
    await expect(
      readChunk(path, Buffer.from(HEADER), { ...second, content_hash: first.content_hash }, 'gzip'),
    ).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  });

  it('gives nothing before it is sealed, and nothing of what is broken at its end', async () => {
    const packed = gzipSync(HEADER + rows(2 * LIMITS.chunk_bytes));
    const source = { ...(await write(packed)), compression: 'gzip' } as const;
    expect(await cut(source)).toMatchObject({ headers: [], chunks: [], state: 'registered' });
    packed[packed.length - 5] ^= 1;
    const broken = { ...(await write(packed)), ...gzip };
    expect(await cut(broken)).toMatchObject({ headers: [], chunks: [], state: 'failed', error: 'SOURCE_UNREADABLE' });
  });

  it('reads up to the listed size', async () => {
    const source = { ...(await write(gzipSync(`${HEADER}1,one\n`))), ...gzip };
    appendFileSync(path, gzipSync('2,two\n').subarray(0, 11));
    const first = await cut(source);
    expect(first).toMatchObject({ chunks: [{ raw: Buffer.from('1,one\n') }], state: 'cut' });
  });
});
