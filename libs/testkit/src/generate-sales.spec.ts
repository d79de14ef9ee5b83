import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ANSWER_FILE, type GenerateSalesOptions, generateSales } from './generate-sales.js';
import { answerOf, expectedOf } from './oracle.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-generate-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const usual = { rows: 4000, parts: 4, seed: 1, dup: 0.05, bad: 0.05 };
const generate = (options: Partial<GenerateSalesOptions> = {}, into = directory) =>
  generateSales({ ...usual, ...options, directory: into });
const bytesOf = (from: string) =>
  readdirSync(from)
    .sort()
    .map((name) => [name, readFileSync(join(from, name), 'latin1')]);

describe('generateSales', () => {
  it('gives the same bytes for the same seed, and others for another', () => {
    generate({}, join(directory, 'a'));
    generate({}, join(directory, 'b'));
    generate({ seed: 2 }, join(directory, 'c'));
    expect(bytesOf(join(directory, 'a'))).toEqual(bytesOf(join(directory, 'b')));
    expect(bytesOf(join(directory, 'c'))).not.toEqual(bytesOf(join(directory, 'a')));
  });

  it.each<Partial<GenerateSalesOptions>>([
    {},
    { seed: 2, dup: 0.3, bad: 0.3, parts: 7 },
    { seed: 3, dup: 0, bad: 0 },
    { seed: 4, dup: 0.5, bad: 0.1, parts: 1 },
    { seed: 5, dup: 0.1, bad: 0.8, parts: 3, style: 'random' },
    { seed: 6, dup: 0, bad: 1, parts: 5 },
    { seed: 7, dup: 1, bad: 0, rows: 1000 },
    { seed: 8, rows: 3, parts: 5 },
    { seed: 9, rows: 0, parts: 2 },
  ])('knows what the oracle finds, with %o', (options) => {
    const answer = generate(options);
    expect(answer).toEqual(answerOf(expectedOf(directory)));
    expect(JSON.parse(readFileSync(join(directory, ANSWER_FILE), 'utf8'))).toEqual(answer);
    expect(answer.totals.rows_in).toBe(options.rows ?? usual.rows);
  });

  it('makes about as many duplicates and rejects as asked, across files too', () => {
    const { totals } = generate({ rows: 20_000 });
    expect(totals.duplicates / 20_000).toBeCloseTo(0.05, 2);
    expect(totals.rejected / 20_000).toBeCloseTo(0.05, 2);
    const { duplicates } = expectedOf(directory);
    expect(duplicates.some(({ file, winner_file }) => file !== winner_file)).toBe(true);
  });

  it('makes every kind of dirt', () => {
    const { totals } = generate({ rows: 40_000, bad: 0.1 });
    const [first, crlf, layout, last] = bytesOf(directory)
      .slice(1)
      .map(([, bytes]) => bytes);
    expect(first.startsWith('\xef\xbb\xbforder_id,')).toBe(true);
    expect(crlf.split('\r\n').length).toBeGreaterThan(9000);
    expect(layout.startsWith('sale_date,order_id,')).toBe(true);
    expect(last.endsWith('\n')).toBe(false);
    const all = [first, crlf, layout, last].join('');
    for (const dirt of [/\n# /, /\n[ \t]*\r?\n/, /"Desk, oak"/, /"Lamp\nwide"/, /"Rake, 14"", red"/, /,Monitor 24",/]) {
      expect(all.match(dirt)).not.toBeNull();
    }
    expect(Object.keys(totals.rejected_by_code)).toEqual([
      'blank',
      'invalid_utf8',
      'not_decimal',
      'not_integer',
      'nul_byte',
      'out_of_range',
      'ragged_row',
      'too_long',
      'unclosed_quote',
    ]);
  });

  it('replaces what an earlier run left, and nothing else', () => {
    writeFileSync(join(directory, 'other.txt'), 'mine');
    generate({ parts: 6 });
    generate({ parts: 2 });
    expect(readdirSync(directory).sort()).toEqual([ANSWER_FILE, 'other.txt', 'part_0001.csv', 'part_0002.csv']);
  });

  it('refuses shares that pass 1', () => {
    expect(() => generate({ dup: 0.6, bad: 0.6 })).toThrow(RangeError);
  });
});
