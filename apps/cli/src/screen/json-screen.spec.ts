import { describe, expect, it } from 'vitest';
import type { RunResult } from '../run/result.js';
import { JsonScreen } from './json-screen.js';

function record(): { screen: JsonScreen; events: () => Record<string, unknown>[] } {
  const lines: string[] = [];
  const screen = new JsonScreen(
    (line) => lines.push(line),
    () => undefined,
  );
  return {
    screen,
    events: () =>
      lines.map((line) => {
        expect(line.indexOf('\n')).toBe(line.length - 1);
        return JSON.parse(line);
      }),
  };
}

const result: RunResult = {
  rows_in: 10,
  written: 8,
  duplicates: 1,
  rejected: 1,
  failed: 0,
  balanced: true,
  complete: true,
  heals: 0,
  set_aside: 0,
  seconds: 1.5,
};

describe('JsonScreen', () => {
  it('ends with the result and the exit code', () => {
    const { screen, events } = record();
    screen.books([], result);
    screen.rejects([]);
    screen.gold([{ table: 'sales_daily', groups: 1, first: [{ sale_date: '2026-01-01', revenue: '12.50' }] }]);
    screen.result(result, 0, []);
    expect(events().map(({ event }) => event)).toEqual(['books', 'rejects', 'gold', 'result']);
    expect(events().at(-1)).toEqual({ event: 'result', ...result, exit_code: 0 });
  });

  it('ends with a result after an error too', () => {
    const { screen, events } = record();
    screen.failed({ code: 'CONFIG_INVALID', message: 'no dataset "x"', place: null, advice: null }, 3);
    expect(events().at(-1)).toMatchObject({ event: 'result', exit_code: 3, error: { code: 'CONFIG_INVALID' } });
  });

  it('keeps notes off stdout', () => {
    const { screen, events } = record();
    screen.note('waiting for PostgreSQL');
    expect(events()).toEqual([]);
  });

  it('gives progress with its rate as whole rows', () => {
    const { screen, events } = record();
    const progress = { size_bytes: 1, cut_bytes: 1, cut_rows: 1, written: 1, duplicates: 0, rejected: 0, failed: 0 };
    screen.progress(progress, { rows_per_second: 3.7, done_bytes: 1, eta_seconds: 0.04 });
    expect(events()).toEqual([{ event: 'progress', ...progress, done_bytes: 1, rows_per_second: 4, eta_seconds: 0 }]);
  });
});
