import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answerOf, expectedOfFiles, LiveSales } from '@millrace/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { FileSender } from './file-sender.js';

const directory = mkdtempSync(join(tmpdir(), 'millrace-file-sender-'));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('FileSender', () => {
  it('writes pieces that end within a record, and whole records at its end', async () => {
    const path = join(directory, 'in', 'till.csv');
    const sales = new LiveSales({ seed: 6, dup: 0.1, bad: 0.1 });
    const sender = new FileSender(path, sales);
    await sender.send(40);
    expect(readFileSync(path).at(-1)).not.toBe(0x0a);
    await sender.send(60);
    await sender.close();
    const { totals, gold } = answerOf(expectedOfFiles([{ file: 'till.csv', bytes: readFileSync(path) }]));
    const { rows_in, written, duplicates, rejected } = totals;
    expect(rows_in).toBe(100);
    expect(sales.answer('file')).toMatchObject({ rows_in, written, duplicates, rejected, gold });
  });
});
