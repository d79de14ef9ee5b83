import type { DatasetWork } from './dataset-work.js';
import type { ManifestMessage } from './messages.js';

/** What one transaction did to the rows of one dataset. */
export interface DatasetOutcomes {
  dataset: string;
  written: number;
  duplicates: number;
  /** Rejects of manifests, and rows that PostgreSQL cannot hold. */
  rejected: number;
  /** Rows written earlier that became duplicates. */
  replaced: number;
  /** The rejects by their code. */
  codes: Map<string, number>;
}

/** By dataset, what became of the rows of a transaction that has committed. */
export function outcomesByDataset(
  works: readonly DatasetWork[],
  manifests: readonly ManifestMessage[],
): DatasetOutcomes[] {
  const outcomes = new Map<string, DatasetOutcomes>();
  const of = (dataset: string): DatasetOutcomes => {
    let known = outcomes.get(dataset);
    if (!known) {
      known = { dataset, written: 0, duplicates: 0, rejected: 0, replaced: 0, codes: new Map() };
      outcomes.set(dataset, known);
    }
    return known;
  };
  const count = ({ codes }: DatasetOutcomes, rejects: readonly { code: string }[]) => {
    for (const { code } of rejects) codes.set(code, (codes.get(code) ?? 0) + 1);
  };
  for (const { plan, batches, replaced, rejects } of works) {
    const own = of(plan.name);
    for (const { message, duplicates, rejected } of batches) {
      own.written += message.data.rows - duplicates - rejected;
      own.duplicates += duplicates;
      own.rejected += rejected;
    }
    own.replaced += replaced.length;
    count(own, rejects);
  }
  for (const { dataset, manifest } of manifests) {
    const own = of(dataset);
    own.rejected += manifest.rejects.length;
    count(own, manifest.rejects);
  }
  return [...outcomes.values()];
}
