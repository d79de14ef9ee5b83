/**
 * Each mutant removes one thing that exactness rests on.
 * @typedef {{ name: string, breaks: string, edits: { file: string, from: string, to: string }[], tests: string[] }} Mutant
 * @type {Mutant[]}
 */
export const MUTANTS = [
  {
    name: 'no-ledger-check',
    breaks: 'a batch that the ledger has already is applied again',
    edits: [
      {
        file: 'libs/postgres/src/apply/record-ledger.ts',
        from: 'rows = excluded.rows, written = excluded.written, failed = 0\n     where l.failed > 0',
        to: 'rows = excluded.rows, written = excluded.written, failed = 0',
      },
    ],
    tests: ['tests/integrity/apply.test.ts'],
  },
  {
    name: 'suspects-dropped',
    breaks: 'a suspect counts as a duplicate without asking PostgreSQL',
    edits: [
      {
        file: 'libs/postgres/src/apply/decide.ts',
        from: 'there ? order(candidate, there) : -1',
        to: 'there ? order(candidate, there) : 1',
      },
    ],
    tests: ['tests/integrity/apply.test.ts'],
  },
  {
    name: 'no-retraction',
    breaks: 'a row that is replaced keeps its share in the aggregates',
    edits: [
      {
        file: 'libs/postgres/src/apply/merge-suspects.ts',
        from: 'for (const values of old) work.deltas.retract(values);',
        to: 'void old;',
      },
    ],
    tests: ['tests/integrity/apply.test.ts'],
  },
  {
    name: 'commit-before-ack',
    // Healing would bring the lost batches back: the test demands that it never had to.
    breaks: 'offsets are committed before the outputs are acknowledged',
    edits: [
      {
        file: 'libs/stage/src/transform-worker.ts',
        from: '    const { stage } = this;\n    faultPoint(',
        to: '    const { stage } = this;\n    this.events.finished(work);\n    await new Promise((resolve) => setTimeout(resolve, 400));\n    faultPoint(',
      },
      {
        file: 'libs/stage/src/transform-worker.ts',
        from: "'message done');\n    this.events.finished(work);",
        to: "'message done');",
      },
    ],
    tests: ['tests/chaos/fault-points.test.ts'],
  },
  {
    name: 'other-bytes',
    breaks: 'a chunk is published again with other bytes than were recorded',
    edits: [
      {
        file: 'apps/ingestor/src/steps/cut-source.ts',
        from: "if (!hash('sha256', raw, 'buffer').equals(row.content_hash)) throw changedSince(file.path, row);",
        to: '',
      },
    ],
    tests: ['tests/integrity/ingestor.test.ts'],
  },
  {
    name: 'newer-set-aside',
    breaks: 'what a later release made is set aside instead of waiting for that release',
    edits: [
      {
        file: 'libs/contracts/src/envelope.ts',
        from: 'if (version < CONTRACT.oldest || !isWhole) {',
        to: 'if (version !== 0 || !isWhole) {',
      },
    ],
    tests: ['tests/chaos/rolling-update.test.ts', 'libs/contracts/src/contract.spec.ts'],
  },
  {
    name: 'contract-of-chunk',
    breaks: 'what the cleaner makes has another contract version than the chunk',
    edits: [
      {
        file: 'apps/cleaner/src/cleaner.flow.ts',
        from: 'const contract = contractOf(value);',
        to: 'const contract = contractOf(null);',
      },
    ],
    tests: ['tests/chaos/rolling-update.test.ts', 'libs/contracts/src/contract.spec.ts'],
  },
];
