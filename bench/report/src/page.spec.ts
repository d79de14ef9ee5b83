import { describe, expect, it } from 'vitest';
import { renderPage } from './page.mjs';
import { TARGETS } from './targets.mjs';
import { sampleResults } from './testing/sample-results.mjs';

const headings = (page: string) => [...page.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
/** The cells of the row that begins with this text. */
function row(page: string, name: string): string[] {
  const line = page.split('\n').find((text) => text.startsWith(`| ${name}`));
  return (line ?? '')
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

describe('docs/performance.md', () => {
  it('has a section for each bench', () => {
    expect(headings(renderPage(sampleResults()))).toEqual([
      'Against the targets',
      'End to end: dirty files to committed gold',
      'Plain loads',
      'Live, 2,000 rows/s',
      'Where the CPU goes',
      'Each step by itself',
      'The deduper by its number of keys',
      'How cost grows',
      'Sizing',
      'Method',
    ]);
  });

  it('leaves out what was not measured, and says so of targets', () => {
    const { live } = sampleResults();
    const page = renderPage({ live });
    expect(headings(page)).toEqual(['Against the targets', 'Live, 2,000 rows/s', 'Sizing', 'Method']);
    expect(page.match(/not measured/g)).toHaveLength(TARGETS.length - 2);
    expect(headings(renderPage({}))).toEqual(['Against the targets', 'Sizing', 'Method']);
  });

  it('never shows what is no figure', () => {
    for (const taken of [sampleResults(), { growth: sampleResults().growth }, {}]) {
      expect(renderPage(taken)).not.toMatch(/undefined|NaN|null|Infinity|\[object/);
    }
  });

  it('takes its figures from the results', () => {
    const taken = sampleResults();
    taken['end-to-end'].result.millrace.rows_per_second = 123_456;
    taken.live.result.results[1].p99_ms = 987;
    const page = renderPage(taken);
    expect(row(page, 'rows/s  ')[1]).toBe('123,456');
    expect(row(page, 'Kafka (kcat)')[4]).toBe('987 ms');
    expect(row(page, 'live ').slice(1)).toEqual(
      ['node bench/live.mjs', '2026-01-02', '1.5', '0123456789'].map((cell, at) =>
        at === 0 || at === 3 ? `\`${cell}\`` : cell,
      ),
    );
  });

  it('tells machines apart where results come from several', () => {
    const taken = sampleResults();
    expect(renderPage(taken)).toContain('Machine: 2 cores (a CPU), 24 GiB');
    taken.live.machine.cores = 8;
    expect(renderPage(taken)).toContain('Machine (live): 8 cores');
  });
});

describe('targets', () => {
  it('are reached by the sample, all of them', () => {
    const page = renderPage(sampleResults());
    for (const { measure } of TARGETS) expect(row(page, measure).at(-1), measure).toBe('yes');
  });

  it('that are missed are told', () => {
    const taken = sampleResults();
    taken.live.result.results[0].p50_ms = 301;
    taken['end-to-end'].result.ratios.to_floor = 0.59;
    const page = renderPage(taken);
    expect(row(page, 'live, 2,000 rows/s').slice(2)).toEqual(['301 ms', '**no**']);
    expect(row(page, 'whole pipeline').slice(2)).toEqual(['0.59 ×', '**no**']);
  });

  it('of so many rows are not judged by fewer', () => {
    const taken = sampleResults();
    taken['end-to-end'].result.rows = 1e5;
    taken['end-to-end-10m'].result.rows = 2e6;
    taken.load.result.csv.rows = 1e5;
    for (const load of taken.growth.result.sizes) load.rows = Math.min(load.rows, 5e6);
    const page = renderPage(taken);
    const judged = TARGETS.filter(({ measure }) => row(page, measure).at(-1) !== '').map(({ measure }) => measure);
    expect(
      judged.filter((measure) => /end to end|10M|pipeline|CPU seconds per 1M rows, all|20M|CSV 1M/.test(measure)),
    ).toEqual([]);
    expect(judged).toHaveLength(TARGETS.length - 7);
  });
});
