import { ENTRY_KIND, encodeInboxBatch, LIMITS } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { entryOf, readMessage } from './read-message.js';

const shape = (value: Buffer | null) => {
  const message = readMessage(value);
  return [message.kind, message.header.toString(), message.rows.map(String)];
};
const text = (content: string) => Buffer.from(content);

describe('a message of an inbox', () => {
  it('is a JSON object when its first byte that is no blank opens one', () => {
    expect(shape(text(' \t\r\n{"a": 1}'))).toEqual([ENTRY_KIND.json, '', [' \t\r\n{"a": 1}']]);
    expect(shape(text('{not JSON at all'))).toEqual([ENTRY_KIND.json, '', ['{not JSON at all']]);
  });

  it('is else one CSV record, as its bytes came', () => {
    for (const row of ['1,a\n', ' 1,"a\nb"', '[1]', '# no comment', '\ufeff{}', 'MLB']) {
      expect(shape(text(row))).toEqual([ENTRY_KIND.csv, '', [row]]);
    }
  });

  it('is a batch with or without a header', () => {
    expect(shape(encodeInboxBatch('json', text(''), [text('{}'), text('')]))).toEqual([
      ENTRY_KIND.json,
      '',
      ['{}', ''],
    ]);
    expect(shape(encodeInboxBatch('csv', text('b,a\n'), [text('1,2')]))).toEqual([ENTRY_KIND.csv, 'b,a\n', ['1,2']]);
    expect(shape(encodeInboxBatch('csv', text(''), []))).toEqual([ENTRY_KIND.csv, '', []]);
  });

  it('is one unreadable record when it is null, blank or a broken batch', () => {
    expect(shape(null)).toEqual([ENTRY_KIND.unreadable, '', ['']]);
    for (const blank of ['', ' ', '\r\n\t ']) expect(shape(text(blank))).toEqual([ENTRY_KIND.unreadable, '', [blank]]);
    const batch = encodeInboxBatch('json', text(''), [text('{}')]);
    for (const broken of [batch.subarray(0, 4), batch.subarray(0, -1), Buffer.concat([batch, text('x')])]) {
      expect(shape(broken)).toEqual([ENTRY_KIND.unreadable, '', [broken.toString()]]);
    }
  });

  it('is one record too long beyond its limit, with its first bytes only', () => {
    const message = readMessage(Buffer.alloc(LIMITS.inbox_message_bytes + 1, '{'));
    expect([message.kind, message.rows.length, message.rows[0].length]).toEqual([ENTRY_KIND.too_long, 1, 4096]);
    expect(readMessage(Buffer.alloc(LIMITS.inbox_message_bytes, '{')).kind).toBe(ENTRY_KIND.json);
  });

  it('has rows that are too long by themselves, beside others', () => {
    const long = Buffer.alloc(LIMITS.inbox_row_bytes + 1, 'x');
    const message = readMessage(encodeInboxBatch('csv', text(''), [long, long.subarray(1)]));
    const [first, second] = message.rows.map((row) => entryOf(message, row));
    expect([first.kind, first.bytes.length]).toEqual([ENTRY_KIND.too_long, LIMITS.reject_raw_bytes]);
    expect([second.kind, second.bytes.length]).toEqual([ENTRY_KIND.csv, LIMITS.inbox_row_bytes]);
  });

  it('is read without copies', () => {
    const value = encodeInboxBatch('csv', text('a\n'), [text('1')]);
    const { header, rows } = readMessage(value);
    expect([header.buffer, rows[0].buffer]).toEqual([value.buffer, value.buffer]);
  });
});
