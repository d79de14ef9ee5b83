import { execFileSync } from 'node:child_process';
import { appendFileSync, copyFileSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { CHUNK_FLAG, type Chunk, encodeChunk, LIMITS, topicName, topicsOf } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { listFiles } from '../../apps/ingestor/src/steps/list-files.js';
import { pickScans } from '../../apps/ingestor/src/steps/pick-scan.js';
import { registerSources } from '../../apps/ingestor/src/steps/register-sources.js';
import { until } from '../harness/until.js';
import { rig, withIngestorRig } from './with-ingestor-rig.js';

const HEADER = 'id,name\n';
const { record_too_long, grown_after_seal } = CHUNK_FLAG;

withIngestorRig('input');

/** The source's chunks as they stand in Kafka, in order; each once, and the same bytes however often it was sent. */
async function published(name: string): Promise<Chunk[]> {
  const { id } = await rig.source(name);
  const chunks = new Map<number, Chunk>();
  for (const chunk of (await rig.bronze()).filter(({ source }) => source === id)) {
    const before = chunks.get(chunk.chunk);
    if (before) expect(encodeChunk(chunk).equals(encodeChunk(before))).toBe(true);
    chunks.set(chunk.chunk, chunk);
  }
  return [...chunks.values()].sort((a, b) => a.chunk - b.chunk);
}

const shapeOf = (chunks: Chunk[]) => chunks.map(({ flags, records, raw }) => [flags, records, raw.toString('latin1')]);

/** About `size` bytes of rows that differ. */
function rows(size: number, from = 1): string {
  let text = '';
  for (let id = from; text.length < size; id++) text += `${id},${'n'.repeat(200)}\n`;
  return text;
}

/** Registers the directory and stops there, as a crash would. */
async function registerOnly(): Promise<number> {
  const id = await rig.request();
  const scan = (await pickScans(rig.db, 1))[0];
  await registerSources(rig.db, scan, await listFiles(scan.path, rig.plan.pattern));
  return id;
}

describe('cutting', () => {
  const files: [string, string | Buffer, [number, number, string][]][] = [
    ['quotes', `${HEADER}1,"a,\n""b"\n2,c\n`, [[0, 2, '1,"a,\n""b"\n2,c\n']]],
    ['CRLF', 'id,name\r\n1,a\r\n2,b\r\n', [[0, 2, '1,a\r\n2,b\r\n']]],
    ['a BOM', `\ufeff${HEADER}1,a\n`, [[0, 1, '1,a\n']]],
    ['no newline at the end', `${HEADER}1,a\n2,b`, [[0, 2, '1,a\n2,b']]],
    ['comments and blank lines', `# x\n${HEADER}# y\n\n1,a\n`, [[0, 1, '# y\n\n1,a\n']]],
    ['nothing at all', '', []],
    ['a header only', HEADER, []],
    ['a header without newline only', 'id,name', []],
  ];

  it('publishes what files hold, header and rows', async () => {
    for (const [name, content] of files) rig.write(`${name}.csv`, content);
    expect((await rig.scan()).state).toBe('finished');
    for (const [name, , expected] of files) {
      const chunks = await published(`${name}.csv`);
      expect([name, shapeOf(chunks)]).toEqual([name, expected]);
      for (const { header } of chunks) expect(header.toString().trim()).toBe('id,name');
      expect((await rig.source(`${name}.csv`)).state).toBe('cut');
    }
  });

  it('makes a record over the limit one chunk of its first bytes, and takes one at the limit as any other', async () => {
    const long = (size: number) => `1,${'x'.repeat(size - 3)}\n`;
    rig.write('at.csv', `${HEADER}${long(LIMITS.record_bytes)}2,b\n`);
    rig.write('over.csv', `${HEADER}${long(LIMITS.record_bytes + 1)}2,b\n`);
    await rig.scan();
    const at = await published('at.csv');
    expect(at.map(({ flags, records, raw }) => [flags, records, raw.length])).toEqual([
      [0, 1, LIMITS.record_bytes],
      [0, 1, 4],
    ]);
    const over = await published('over.csv');
    expect(over.map(({ flags, records, raw }) => [flags, records, raw.length])).toEqual([
      [record_too_long, 1, LIMITS.reject_raw_bytes],
      [0, 1, 4],
    ]);
    expect(over.map(({ first_record }) => first_record)).toEqual([1, 2]);
  });

  it('covers every byte of a file of many chunks exactly once', async () => {
    const body = rows(3.5 * LIMITS.chunk_bytes);
    rig.write('large.csv', HEADER + body);
    await rig.scan();
    const chunks = await published('large.csv');
    expect(chunks.length).toBe(4);
    expect(Buffer.concat(chunks.map(({ raw }) => raw)).equals(Buffer.from(body))).toBe(true);
    expect(chunks.reduce((sum, { records }) => sum + records, 0)).toBe(body.split('\n').length - 1);
  });
});

describe('a file that is not what was listed', () => {
  it('is red, and the rest goes on', async () => {
    for (const name of ['good', 'longer', 'rewritten', 'shorter', 'swapped', 'vanished']) {
      rig.write(`${name}.csv`, `${HEADER}1,${name}\n`);
    }
    const id = await registerOnly();
    appendFileSync(rig.at('longer.csv'), '2,late\n');
    rig.write('rewritten.csv', `${HEADER}1,REWRITTEN\n`);
    truncateSync(rig.at('shorter.csv'), 9);
    copyFileSync(rig.at('swapped.csv'), rig.at('other'));
    renameSync(rig.at('other'), rig.at('swapped.csv'));
    rmSync(rig.at('vanished.csv'));
    expect((await rig.finish(id)).state).toBe('finished');
    const states = (await rig.sources()).map(({ path, state, error }) => [path.split('/').at(-1), state, error?.code]);
    expect(states).toEqual([
      ['good.csv', 'cut', undefined],
      ['longer.csv', 'cut', undefined],
      ['rewritten.csv', 'changed', 'SOURCE_CHANGED'],
      ['shorter.csv', 'changed', 'SOURCE_CHANGED'],
      ['swapped.csv', 'changed', 'SOURCE_CHANGED'],
      ['vanished.csv', 'vanished', 'SOURCE_VANISHED'],
    ]);
    expect(shapeOf(await published('longer.csv'))).toEqual([[0, 1, '1,longer\n']]);
    const books = await rig.db.query<{ balanced: boolean; path: string }>('select path, balanced from millrace.books');
    const red = books.filter(({ path, balanced }) => path.startsWith(rig.directory) && !balanced);
    expect(red.length).toBe(4);
  });

  it('fails with a header over the limit, and reads one that never closes as it looks', async () => {
    rig.write('long.csv', `${'x'.repeat(LIMITS.header_bytes + 1)}\n1\n`);
    rig.write('open.csv', '"id,name\n1,a\n');
    rig.write('then.csv', `${HEADER}1,a\n`);
    expect((await rig.scan()).state).toBe('finished');
    const states = (await rig.sources()).map(({ state, error }) => [state, error?.code]);
    expect(states).toEqual([
      ['failed', 'HEADER_TOO_LONG'],
      ['cut', undefined],
      ['cut', undefined],
    ]);
    expect((await published('open.csv'))[0].context).toMatchObject({
      names: ['"id', 'name'],
      dialect: { quote: null },
    });
  });

  it('is never published from with other bytes than were recorded', async () => {
    rig.write('a.csv', HEADER + rows(2.5 * LIMITS.chunk_bytes));
    rig.write('b.csv', `${HEADER}1,b\n`);
    const id = await rig.request();
    const { exit } = rig.spawn({ MILLRACE_FAULT: 'ingestor.before_publish:1', MILLRACE_HOME: rig.directory });
    expect(await exit).toBe('SIGKILL');
    const text = readFileSync(rig.at('a.csv'), 'utf8');
    rig.write('a.csv', text.replace('nnn', 'NNN'));
    expect((await rig.finish(id)).state).toBe('finished');
    expect(await rig.source('a.csv')).toMatchObject({ state: 'changed', error: { code: 'SOURCE_CHANGED' } });
    expect(await published('a.csv')).toEqual([]);
    expect(shapeOf(await published('b.csv'))).toEqual([[0, 1, '1,b\n']]);
  });
});

describe('killed and started again', () => {
  it.each([
    'ingestor.after_register:1',
    'ingestor.after_record:1',
    'ingestor.after_record:2',
    'ingestor.before_publish:2',
    'ingestor.after_publish:1',
    'ingestor.after_publish:2',
    'ingestor.after_mark:1',
  ])('at %s publishes the same bytes, each chunk recorded once', async (fault) => {
    const body = rows(3.2 * LIMITS.chunk_bytes);
    rig.write('a.csv', HEADER + body);
    rig.write('b.csv', `${HEADER}1,b`);
    const id = await rig.request();
    const { exit } = rig.spawn({ MILLRACE_FAULT: fault, MILLRACE_HOME: rig.directory, MILLRACE_INSTANCE: 'killed' });
    expect(await exit).toBe('SIGKILL');
    expect((await rig.scanRow(id)).state).not.toBe('finished');

    expect((await rig.finish(id, 'killed')).state).toBe('finished');
    const chunks = await published('a.csv');
    expect(Buffer.concat(chunks.map(({ raw }) => raw)).equals(Buffer.from(body))).toBe(true);
    expect(shapeOf(await published('b.csv'))).toEqual([[0, 1, '1,b']]);
    const recorded = await rig.chunkRows((await rig.source('a.csv')).id);
    expect(recorded.map(({ chunk }) => chunk)).toEqual([0, 1, 2, 3]);
    expect(recorded.every(({ published_at, heals }) => published_at !== null && heals === 0)).toBe(true);
  });

  it('or not: another process goes on with what it was at', async () => {
    const body = rows(12 * LIMITS.chunk_bytes);
    for (const name of ['a.csv', 'b.csv']) rig.write(name, HEADER + body);
    const id = await rig.request();
    const env = { MILLRACE_IN_FLIGHT_BYTES: String(LIMITS.chunk_bytes) };
    const first = rig.spawn({ ...env, MILLRACE_INSTANCE: 'ingestor-1' });
    await until(async () => (await rig.bronze()).length > 2);
    const second = rig.spawn({ ...env, MILLRACE_INSTANCE: 'ingestor-2' });
    first.child.kill('SIGKILL');
    await rig.ended(id);
    second.child.kill('SIGTERM');
    expect(await second.exit).toBe(0);
    for (const name of ['a.csv', 'b.csv']) {
      expect(Buffer.concat((await published(name)).map(({ raw }) => raw)).equals(Buffer.from(body))).toBe(true);
      expect((await rig.chunkRows((await rig.source(name)).id)).every(({ heals }) => heals === 0)).toBe(true);
    }
    expect(await rig.db.query(`select from millrace.leases where owner = 'ingestor-2'`)).toEqual([]);
  });
});

describe('a directory that is scanned again', () => {
  const idsOf = async () => (await rig.sources()).map(({ id, path }) => [id, path.split('/').at(-1)]);

  it('brings nothing new when nothing changed', async () => {
    rig.write('a.csv', `${HEADER}1,a\n`);
    await rig.scan();
    const before = await rig.bronze();
    expect(await rig.scan()).toMatchObject({ state: 'finished', files: 1 });
    expect((await rig.bronze()).length).toBe(before.length);
    expect((await rig.sources()).length).toBe(1);
  });

  it('tells renamed, appended, replaced, truncated and copied files apart', async () => {
    const names = ['appended', 'copied', 'renamed', 'replaced', 'truncated'];
    for (const name of names) rig.write(`${name}.csv`, `${HEADER}1,${name}\n2,b\n`);
    await rig.scan();
    const [[first]] = (await idsOf()) as [number, string][];

    appendFileSync(rig.at('appended.csv'), '3,c\n');
    copyFileSync(rig.at('copied.csv'), rig.at('copy.csv'));
    renameSync(rig.at('renamed.csv'), rig.at('moved.csv'));
    rig.write('replaced.csv', `${HEADER}9,other\n8,b\n7,c\n6,d\n`);
    truncateSync(rig.at('truncated.csv'), 14);
    await rig.scan();

    expect(await idsOf()).toEqual([
      [first, 'appended.csv'],
      [first + 1, 'copied.csv'],
      [first + 2, 'moved.csv'],
      [first + 3, 'replaced.csv'],
      [first + 4, 'truncated.csv'],
      [first + 5, 'copy.csv'],
      [first + 6, 'replaced.csv'],
      [first + 7, 'truncated.csv'],
    ]);
    expect(shapeOf(await published('appended.csv'))).toEqual([
      [0, 2, '1,appended\n2,b\n'],
      [0, 1, '3,c\n'],
    ]);
    expect((await published('appended.csv')).map(({ first_record }) => first_record)).toEqual([1, 3]);
    expect(shapeOf(await published('moved.csv'))).toEqual([[0, 2, '1,renamed\n2,b\n']]);
  });

  const growths: [string, string, string, [number, number, string][]][] = [
    ['after a record end', '1,a\n', '2,b\n', [[0, 1, '2,b\n']]],
    ['by the missing newline and more', '1,a', '\n2,b\n', [[0, 1, '\n2,b\n']]],
    ['by the missing LF of a CRLF', '1,a\r', '\n2,b\r\n', [[0, 1, '\n2,b\r\n']]],
    [
      'within a record',
      '1,a',
      'bc\n2,b\n',
      [
        [grown_after_seal, 1, 'bc\n'],
        [0, 1, '2,b\n'],
      ],
    ],
    [
      'within a quoted field',
      '1,"a\n',
      'b\nc"\n2,b\n',
      [
        [grown_after_seal, 1, 'b\nc"\n'],
        [0, 1, '2,b\n'],
      ],
    ],
    ['without coming to a record end', '0,z\n1,a', 'bc', [[grown_after_seal, 1, 'bc']]],
    [
      'within a comment',
      '1,a\n# x',
      'y\n2,b\n',
      [
        [grown_after_seal, 1, 'y\n'],
        [0, 1, '2,b\n'],
      ],
    ],
  ];

  it('continues a file that grew, and rejects what continues a record that was cut already', async () => {
    for (const [name, before] of growths) rig.write(`${name}.csv`, HEADER + before);
    await rig.scan();
    for (const [name, , growth] of growths) appendFileSync(rig.at(`${name}.csv`), growth);
    await rig.scan();
    for (const [name, before, , expected] of growths) {
      const [first, ...rest] = shapeOf(await published(`${name}.csv`));
      expect([name, first[2], rest]).toEqual([name, before, expected]);
    }
    appendFileSync(rig.at('without coming to a record end.csv'), 'd\n2,b\n');
    await rig.scan();
    expect(shapeOf(await published('without coming to a record end.csv')).slice(2)).toEqual([
      [grown_after_seal, 1, 'd\n'],
      [0, 1, '2,b\n'],
    ]);
  });

  it('takes a file up again that was red, when its content is what was recorded', async () => {
    rig.write('a.csv', `${HEADER}1,a\n`);
    const id = await registerOnly();
    renameSync(rig.at('a.csv'), rig.at('.away'));
    await rig.finish(id);
    expect((await rig.source('a.csv')).state).toBe('vanished');
    renameSync(rig.at('.away'), rig.at('a.csv'));
    await rig.scan();
    expect((await rig.sources()).map(({ state }) => state)).toEqual(['cut']);
    expect(shapeOf(await published('a.csv'))).toEqual([[0, 1, '1,a\n']]);
  });
});

describe('listing', () => {
  it('refuses links that lead out, opens no FIFO, ignores partial writes, and says so', async () => {
    rig.write('a.csv', `${HEADER}1,a\n`);
    rig.write('b.csv.part', 'x');
    execFileSync('mkfifo', [rig.at('pipe.csv')]);
    symlinkSync('/etc/hostname', rig.at('out.csv'));
    const scan = await rig.scan();
    expect(scan).toMatchObject({ state: 'finished', files: 1, ignored: 2 });
    expect(scan.refused).toMatchObject([{ name: 'out.csv', code: 'SOURCE_REFUSED' }]);
    expect((await rig.sources()).length).toBe(1);
  });

  it('fails the scan of a directory that is not there, and goes on with the next', async () => {
    const missing = await rig.scan(rig.at('missing'));
    expect(missing).toMatchObject({ state: 'failed', error: { code: 'SOURCE_UNREADABLE' } });
    expect(missing.error?.message).toContain(rig.at('missing'));
    rig.write('a.csv', `${HEADER}1,a\n`);
    expect((await rig.scan(rig.at('a.csv'))).state).toBe('finished');
  });

  it('registers 3,000 files in one transaction with gapless numbers, and cuts them in few', async () => {
    for (let number = 1; number <= 3000; number++) rig.write(`part_${number}.csv`, `${HEADER}${number},a\n`);
    expect(await rig.scan()).toMatchObject({ state: 'finished', files: 3000 });
    const sources = await rig.sources();
    const first = sources[0].id;
    expect(sources.map(({ id, path }) => [id, path.split('/').at(-1)])).toEqual(
      Array.from({ length: 3000 }, (_, index) => [first + index, `part_${index + 1}.csv`]),
    );
    // Rows that one transaction inserted and updated once have the same transaction behind them.
    const [{ transactions }] = await rig.db.query<{ transactions: number }>(
      `select count(distinct xmin::text) as transactions from millrace.scan_sources where source >= $1`,
      [first],
    );
    expect(transactions).toBe(1);
    const [cut] = await rig.db.query<{ groups: number }>(
      `select count(distinct xmin::text) as groups from millrace.sources where id >= $1`,
      [first],
    );
    expect(cut.groups).toBeLessThan(100);
  });
});

describe('in flight', () => {
  it('stays under the bound while nothing is resolved', async () => {
    rig.stages.turn(false);
    rig.write('a.csv', HEADER + rows(6 * LIMITS.chunk_bytes));
    const id = await rig.request();
    const topic = topicName('bronze', rig.plan.name);
    // The client cannot ask for the offsets of a topic that is just being made.
    await rig.kafka.ensureTopics(topicsOf(rig.plan.name, rig.plan.parts));
    const logged = async () => {
      const partitions = await rig.kafka.lag(`${rig.plan.name}-none`, [topic]);
      return partitions.reduce((sum, { high }) => sum + Number(high), 0);
    };
    const flow = rig.run({ limits: { in_flight_bytes: 2.5 * LIMITS.chunk_bytes } });
    let count = -1;
    for (let next = await logged(); next !== count; next = await logged()) {
      count = next;
      await sleep(500);
    }
    const { id: source } = await rig.source('a.csv');
    expect((await rig.bronze()).filter((chunk) => chunk.source === source).length).toBe(2);
    rig.stages.turn(true);
    await rig.ended(id);
    await flow.stop();
    expect((await published('a.csv')).length).toBeGreaterThan(5);
  });

  it('publishes again what was lost, the same bytes, and only when no stage has anything left to do', async () => {
    rig.stages.turn(false);
    const topic = topicName('bronze', rig.plan.name);
    rig.write('a.csv', `${HEADER}1,a\n`);
    const id = await rig.request();
    const flow = rig.run({ limits: { quiet_ms: 100 } });
    await until(async () => (await rig.sources()).length === 1);
    const { id: source } = await rig.source('a.csv');
    await until(async () => (await rig.chunkRows(source))[0]?.published_at != null);
    const before = await published('a.csv');
    // The message is in the topic and no cleaner has committed it: that is lag, not loss.
    await sleep(1000);
    expect((await rig.chunkRows(source))[0].heals).toBe(0);

    await rig.kafka.deleteTopics([topic]);
    await until(async () => (await rig.chunkRows(source))[0].heals > 0);
    await until(async () => (await published('a.csv').catch(() => [])).length === 1);
    expect(await published('a.csv')).toEqual(before);
    rig.stages.turn(true);
    await rig.ended(id);
    await flow.stop();
    expect((await rig.scanRow(id)).state).toBe('finished');
    expect((await rig.chunkRows(source))[0].heals).toBe(1);
  });

  it('gives a lost chunk up whose file is gone, and finishes red', async () => {
    rig.stages.turn(false);
    rig.write('a.csv', `${HEADER}1,a\n`);
    const id = await rig.request();
    const flow = rig.run({ limits: { quiet_ms: 100 } });
    await until(async () => (await rig.sources()).length === 1);
    const { id: source } = await rig.source('a.csv');
    await until(async () => (await rig.chunkRows(source))[0]?.published_at != null);
    rmSync(rig.at('a.csv'));
    await rig.kafka.deleteTopics([topicName('bronze', rig.plan.name)]);
    await rig.ended(id);
    await flow.stop();
    expect((await rig.scanRow(id)).state).toBe('finished');
    expect(await rig.source('a.csv')).toMatchObject({ state: 'vanished' });
    expect((await rig.chunkRows(source))[0].heals).toBe(0);
  });
});
