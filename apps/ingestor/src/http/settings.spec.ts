import { LIMITS } from '@millrace/contracts';
import { describe, expect, it } from 'vitest';
import { readHttpSettings } from './settings.js';

describe('the limits of requests', () => {
  it('have defaults whose largest request fits into an inbox message', () => {
    const { body_bytes, rows, backlog_bytes } = readHttpSettings({});
    expect(body_bytes + 4 * rows).toBeLessThan(LIMITS.inbox_message_bytes);
    expect(backlog_bytes).toBeGreaterThan(body_bytes);
  });

  it('are refused where a request within them would not fit', () => {
    const mebibytes = (count: number) => String(count * 1024 * 1024);
    for (const env of [
      { MILLRACE_HTTP_BODY_BYTES: mebibytes(4) },
      { MILLRACE_HTTP_ROWS: '300000' },
      { MILLRACE_BACKLOG_BYTES: mebibytes(2) },
    ]) {
      expect(() => readHttpSettings(env)).toThrow(expect.objectContaining({ code: 'ENVIRONMENT_INVALID' }));
    }
    expect(readHttpSettings({ MILLRACE_HTTP_BODY_BYTES: '2048', MILLRACE_BACKLOG_BYTES: '2048' }).body_bytes).toBe(
      2048,
    );
  });
});
