import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { recordFences } from './record-fences.js';

const directory = mkdtempSync(join(tmpdir(), 'millrace-fences-'));
afterAll(() => rmSync(directory, { recursive: true }));
const config = (rule: string) => `# Ours, by hand.
name: x
table: x
key: none
columns:
  -   { name: a,   type: text }  # stays as it is
  - name: n
    type: decimal
    outliers: ${rule}
`;
const fences = [{ column: 'n', method: 'iqr' as const, factor: '1.5', values: 9, low: '-1.5', high: '20' }];

function recorded(text: string, name = 'x.yaml'): string {
  const file = join(directory, name);
  writeFileSync(file, text);
  recordFences(file, fences);
  return readFileSync(file, 'utf8');
}

describe('recording fences', () => {
  it('changes nothing else in the file, however the rule is written', () => {
    expect(recorded(config('{ method: iqr, factor: 2 } # ours'))).toBe(
      config('{ method: iqr, low: "-1.5", high: "20", factor: 2 } # ours'),
    );
    expect(recorded(config('\n      method: iqr\n      action: flag'))).toBe(
      config('\n      method: iqr\n      low: "-1.5"\n      high: "20"\n      action: flag'),
    );
  });

  it('replaces fences that are there', () => {
    expect(recorded(config('{ method: iqr, low: 1, high: null }'))).toBe(
      config('{ method: iqr, low: "-1.5", high: "20" }'),
    );
  });

  it('leaves a TOML file to its owner, and says what to put in', () => {
    expect(() => recorded('name = "x"\n', 'x.toml')).toThrow('n: low = "-1.5", high = "20"');
  });
});
