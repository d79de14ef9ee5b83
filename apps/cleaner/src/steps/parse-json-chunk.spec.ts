import type { Chunk, Format } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import { isJsonArray, nextJsonChunk, nextJsonLines, readJsonBegin, readLinesBegin } from '@millrace/formats';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanChunk } from './clean-chunk.js';
import { contextOf, datasetOf, fileChunk, rejectsOf, tableOf } from './testing/any-dataset.js';
import type { Row } from './testing/read-cleaned.js';

const plan = datasetOf([
  { name: 'id', type: 'text', required: true },
  { name: 'amount', type: 'decimal', header: ['Amount EUR', 'amount'] },
]);

/** The chunks of a text, as an ingestor cuts them. */
async function chunksOf(format: Format, text: string, chunk_bytes?: number): Promise<Chunk[]> {
  const file = Buffer.from(text);
  const read = (position: number, into: Uint8Array) => file.copy(into, 0, position);
  const begin = format === 'json' ? readJsonBegin : readLinesBegin;
  const { header, header_end } = await begin(read, file.length);
  const inArray = isJsonArray(header);
  const chunks: Chunk[] = [];
  for (let from = header_end; ; from = chunks.at(-1)!.byte_end) {
    const cut =
      format === 'json'
        ? await nextJsonChunk(read, from, file.length, { chunk_bytes, inArray })
        : await nextJsonLines(read, from, file.length, { chunk_bytes });
    if (!cut) return chunks;
    const first_record = 1 + chunks.reduce((sum, { records }) => sum + records, 0);
    const more = { ...cut, header, first_record, context: contextOf({ format }) };
    chunks.push(fileChunk(plan, '', cut.records, more));
  }
}

interface Cleaned {
  rows: [number, Row][];
  rejects: (readonly [number, string, string])[];
  skipped: number;
}

async function clean(format: Format, text: string, chunk_bytes?: number, by: DatasetPlan = plan): Promise<Cleaned> {
  const all: Cleaned = { rows: [], rejects: [], skipped: 0 };
  for (const chunk of await chunksOf(format, text, chunk_bytes)) {
    const cleaned = cleanChunk(by, { ...chunk, plan: by.fingerprint });
    all.rows.push(...tableOf(by, cleaned));
    all.rejects.push(...rejectsOf(cleaned).map(([record, , code, , raw]) => [record, code, raw] as const));
    all.skipped += cleaned.counts.skipped;
  }
  all.rows.sort(([a], [b]) => a - b);
  return all;
}

describe('a chunk of JSON lines', () => {
  it('has a record for each line that is not blank', async () => {
    const text = '\ufeff{"id":"a","amount":1.5}\r\n\n  \n{"id":"b"\n[1]\n{"ID":"c","Amount EUR":"2","amount":3}';
    expect(await clean('json_lines', text)).toEqual({
      rows: [
        [1, { id: 'a', amount: '1.5' }],
        [4, { id: 'c', amount: '2' }],
      ],
      rejects: [
        [2, 'not_json', '{"id":"b"'],
        [3, 'not_json', '[1]'],
      ],
      skipped: 2,
    });
  });
});

describe('a chunk of a JSON text', () => {
  it('has a record for each element of an array', async () => {
    const text = '[ {"id":"a","amount":1e2},\n{"id":"b","amount":null}, 5,\n{"id":"c\\u00e4"} ]\n';
    expect(await clean('json', text)).toEqual({
      rows: [
        [1, { id: 'a', amount: '100' }],
        [2, { id: 'b', amount: null }],
        [4, { id: 'cä', amount: null }],
      ],
      rejects: [[3, 'not_json', '5']],
      skipped: 0,
    });
  });

  it('may be one object, and what is neither is a reject', async () => {
    expect((await clean('json', '{"id":\n"a"}\n')).rows).toEqual([[1, { id: 'a', amount: null }]]);
    expect((await clean('json', 'hello')).rejects).toEqual([[1, 'not_json', 'hello']]);
    expect((await clean('json', '[{"id":"a"}] more')).rejects).toEqual([[2, 'not_json', '] more']]);
  });

  it('has the names that the plan makes of those in the source', async () => {
    const snake = datasetOf(
      [
        { name: 'order_id', type: 'text', required: true },
        { name: 'note', type: 'text', trim: false },
      ],
      { source: { column_naming: 'snake' } },
    );
    const { rows } = await clean('json', '[{"orderId":" a ","Note":" b "}]', undefined, snake);
    expect(rows).toEqual([[1, { order_id: 'a', note: ' b ' }]]);
  });

  it('gives the same rows and rejects in whatever chunks, whatever the text', async () => {
    const row = fc.record({ id: fc.string({ minLength: 1, maxLength: 4 }), amount: fc.integer() });
    const piece = fc.oneof(
      row.map((value) => JSON.stringify(value)),
      fc.constantFrom('{"id":"x', '{"id":1}}', ']', '7', '{"id":[{"id":1},{"id":2}]}', '{', '"', ',', '\n'),
    );
    const text = fc
      .tuple(fc.boolean(), fc.array(fc.tuple(piece, fc.constantFrom(',', ',\n', ' ,\n  ', '\n')), { maxLength: 12 }))
      .map(([inArray, pieces]) => `${inArray ? '[' : ''}${pieces.flat().join('')}${inArray ? ']' : ''}`);
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 60, max: 200 }), async (content, chunk_bytes) => {
        for (const format of ['json', 'json_lines'] as const) {
          const cut = await clean(format, content, chunk_bytes);
          const isLong = cut.rejects.some(([, code]) => code === 'record_too_long');
          if (!isLong) expect(cut).toEqual(await clean(format, content));
        }
      }),
      { numRuns: 150 },
    );
  });
});
