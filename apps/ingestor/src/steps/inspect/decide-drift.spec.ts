import { parseConfig, planOf } from '@millrace/dataset';
import { compareSchema } from '@millrace/profile';
import { describe, expect, it } from 'vitest';
import { type ComparedSource, decideDrift } from './decide-drift.js';
import { namesAnyColumn } from './known-names.js';

function planWith(source: string) {
  const config = `name: people
source: { pattern: "*.csv", ${source} }
table: people
key: id
columns:
  - { name: id, type: text, required: true }
  - { name: name, type: text }
  - { name: age, type: integer, required: true }
`;
  return planOf(parseConfig(config, 'people.yaml'));
}

function decide(source: string, files: Record<string, string[]>) {
  const plan = planWith(source);
  const compared = Object.entries(files).map(
    ([path, names]): ComparedSource => ({
      path,
      drifts: compareSchema(plan, { names, rows: [] }),
      is_ours: namesAnyColumn(plan, names),
    }),
  );
  const { events, refused, columns } = decideDrift(plan, compared);
  return {
    events: events.map(({ action, kind, column_name, path }) => `${action} ${kind} ${column_name} ${path}`),
    refused: [...refused].map(([path, { code }]) => [path, code]),
    columns: columns.map(({ name, header }) => [name, header]),
  };
}

const OWN = ['id', 'name', 'age'];

describe('drift', () => {
  it('that evolves adds what is new in any of the files, each column once', () => {
    const found = decide('drift: evolve', { a: [...OWN, 'note'], b: [...OWN, 'Note', 'size'], c: OWN });
    expect(found.columns).toEqual([
      ['note', 'note'],
      ['size', 'size'],
    ]);
    expect(found.refused).toEqual([]);
    expect(found.events).toEqual(['evolved new note a', 'evolved new Note b', 'evolved new size b']);
  });

  it('that evolves adds a renamed column as a new one, and drops none', () => {
    const found = decide('drift: evolve', { a: ['id', 'names', 'age'] });
    expect(found.columns).toEqual([['names', 'names']]);
    expect(found.events).toEqual(['evolved renamed name a']);
  });

  it('that evolves takes nothing from a file that has none of the columns', () => {
    const found = decide('drift: evolve', { a: ['1', 'ann', '30'] });
    expect(found.columns).toEqual([]);
    expect(new Set(found.events.map((event) => event.split(' ')[0]))).toEqual(new Set(['reported']));
  });

  it('that evolves leaves to the config what it keeps apart or rejects', () => {
    for (const extra of ['keep', 'reject']) {
      const found = decide(`drift: evolve, extra_columns: ${extra}`, { a: [...OWN, 'note'] });
      expect(found.columns).toEqual([]);
      expect(found.events).toEqual(['reported new note a']);
    }
  });

  it('that evolves gives names that PostgreSQL takes, as the config writes them', () => {
    const long = 'ü'.repeat(40);
    const found = decide('drift: evolve, column_naming: lower', {
      a: [...OWN, 'My Note', '_record', long, `${long}x`],
    });
    expect(found.columns.map(([name]) => name)).toEqual([
      'my note',
      'column_record',
      'ü'.repeat(31),
      `${'ü'.repeat(30)}_2`,
    ]);
    expect(found.columns[0]).toEqual(['my note', 'my note']);
  });

  it('that evolves takes a field as long as a header can be for a name of its first bytes, at once', () => {
    const found = decide('drift: evolve', { a: [...OWN, '😀'.repeat(16_000)] });
    expect(found.columns.map(([name]) => name)).toEqual(['😀'.repeat(15)]);
  });

  it('that is rejected refuses files with other columns, or without one that every row needs', () => {
    const found = decide('drift: reject', { a: OWN, b: [...OWN, 'note'], c: ['id', 'age'], d: ['id', 'name'] });
    expect(found.refused).toEqual([
      ['b', 'SCHEMA_DRIFT'],
      ['d', 'SCHEMA_DRIFT'],
    ]);
    expect(found.columns).toEqual([]);
    expect(found.events).toEqual(['rejected new note b', 'reported missing name c', 'rejected missing age d']);
  });

  it('that is ignored is noted, once for all files that have it', () => {
    const plan = planWith('drift: ignore');
    const drifts = compareSchema(plan, { names: ['id', 'name'], rows: [] });
    const { events, refused } = decideDrift(plan, [
      { path: 'a', drifts, is_ours: true },
      { path: 'b', drifts, is_ours: true },
    ]);
    expect(events).toMatchObject([{ path: 'a', action: 'ignored', detail: 'every row needs it (2 files)' }]);
    expect(refused.size).toBe(0);
  });
});
