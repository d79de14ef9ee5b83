import { describe, expect, it } from 'vitest';
import { Differences } from './expect/differences.js';
import type { Queries } from './expect/found-in-database.js';
import { expectAnswer } from './expect-answer.js';
import { answerOf, expectedOfFiles } from './oracle.js';

const lines = ['order_id,quantity,unit_price', '1,2,3.50', '1,2,3.50', '2,x,1', '3,1,0.50'];
const key = answerOf(expectedOfFiles([{ file: 'part_0001.csv', bytes: Buffer.from(lines.join('\n')) }]));
const [file] = key.files;

/** A database that answers as one would that holds what the key says, but for `changes`. */
function databaseOf(changes: { book?: object; rows_digest?: string; orders?: string; books?: object[] } = {}): Queries {
  const book = { ...file, source: 1, path: '/in/part_0001.csv', balanced: true, complete: true, ...changes.book };
  const gold = structuredClone(key.gold);
  if (changes.orders) gold.sales_daily[0].orders = changes.orders;
  const answers: [RegExp, object[]][] = [
    [/millrace\.books/, changes.books ?? [book]],
    [/count\(\*\)::int as count from millrace\.rejects/, [{ source: 1, code: 'not_integer', count: 1 }]],
    [/public\.sales group/, [{ source: 1, count: 2, digest: changes.rows_digest ?? file.rows_digest }]],
    [/duplicates_named/, [{ source: 1, count: 1, digest: file.duplicates_digest }]],
    [/"column"/, [{ source: 1, count: 1, digest: file.rejects_digest }]],
    ...Object.entries(gold).map(([table, rows]): [RegExp, object[]] => [new RegExp(`public\\.${table}$`), rows]),
  ];
  return {
    async query<T>(sql: string) {
      const answer = answers.find(([pattern]) => pattern.test(sql));
      if (!answer) throw new Error(`unexpected query ${sql}`);
      return answer[1] as T[];
    },
  };
}

describe('expectAnswer', () => {
  it('accepts a database that holds what the key says', async () => {
    await expect(expectAnswer(databaseOf(), key)).resolves.toBeUndefined();
    await expect(expectAnswer(databaseOf(), key, { directory: '/in/' })).resolves.toBeUndefined();
  });

  it.each([
    [{ book: { duplicates: 2 } }, 'part_0001.csv: duplicates is 2, must be 1'],
    [{ book: { balanced: false } }, 'part_0001.csv: balanced is false, must be true'],
    [{ rows_digest: '1' }, 'part_0001.csv: rows_digest is "1"'],
    [{ orders: '3' }, 'sales_daily [1970-01-01, north]: orders is "3", must be "2"'],
    [{ books: [] }, 'part_0001.csv: 0 sources in the books, must be 1'],
  ])('says what differs: %o', async (changes, message) => {
    await expect(expectAnswer(databaseOf(changes), key)).rejects.toThrow(message);
  });

  it('finds a file that the key does not know', async () => {
    const stranger = { ...file, source: 2, path: '/elsewhere/part_0001.csv' };
    const mine = { ...file, source: 1, path: '/in/part_0001.csv', balanced: true, complete: true };
    const database = databaseOf({ books: [mine, stranger] });
    await expect(expectAnswer(database, key, { directory: '/in' })).rejects.toThrow('/elsewhere/part_0001.csv: not in');
  });
});

describe('differences', () => {
  it('tell missing, needless and repeated entries apart', () => {
    const differences = new Differences();
    const rows = (...ids: number[]) => ids.map((id) => ({ id }));
    differences.compareByKey('row', rows(1, 2), rows(2, 3, 3), ({ id }) => String(id));
    expect(differences.found).toEqual([
      'row: 1 entries stand there more than once',
      'row [1] is missing: {"id":1}',
      'row [3] must not exist: {"id":3}',
    ]);
  });
});
