import type { ColumnType } from './plan.js';
import { type ColumnConfig, type DatasetConfig, datasetSchema } from './schema.js';

/** A column that was found in a source and is not in the config. */
export interface EvolvedColumn {
  name: string;
  /** Its name in the source. */
  header: string;
  type: ColumnType;
}

/** The config with evolved columns behind its own, all of them nullable. What the config has come to name itself is left out. */
export function withEvolved(config: unknown, evolved: readonly EvolvedColumn[]): DatasetConfig {
  const parsed = datasetSchema.parse(config);
  const names = new Set(parsed.columns.flatMap(({ name, header }) => [name, ...[header ?? []].flat()]));
  const added = evolved
    .filter(({ name, header }) => !names.has(name) && !names.has(header))
    .map(({ name, header, type }): ColumnConfig => ({ name, header, type, default: null }));
  return { ...parsed, columns: [...parsed.columns, ...added] };
}
