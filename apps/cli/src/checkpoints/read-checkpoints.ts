import {
  type Database,
  type Incidents,
  knownDatasets,
  listRepublications,
  type Pause,
  type Republication,
  readIncidents,
  readPauses,
  type SourceCheckpoint,
  type SourceTotals,
  sourceCheckpoints,
  sourceTotals,
} from '@millrace/postgres';

export interface DatasetCheckpoints extends SourceTotals {
  dataset: string;
  paused: Omit<Pause, 'dataset'> | null;
  incidents: Omit<Incidents, 'dataset'>;
  /** Those with something open first; as many as were asked for. */
  shown: SourceCheckpoint[];
  /** Sources beyond these, where none was asked for by name. */
  more: number;
  /** Asked for and not at their end, and the last ones that are. */
  republications: Republication[];
}

export interface CheckpointFilter {
  dataset?: string;
  source?: number;
  /** Sources of each dataset. */
  limit: number;
}

const REPUBLICATIONS = 5;
const NOTHING = { heals: 0, lost_offsets: 0, replaced_partitions: 0 };

/** How far every dataset is, as PostgreSQL has it. */
export async function readCheckpoints(db: Database, filter: CheckpointFilter): Promise<DatasetCheckpoints[]> {
  const { source, limit } = filter;
  const datasets = filter.dataset === undefined ? await knownDatasets(db) : [filter.dataset];
  const pauses = new Map((await readPauses(db)).map(({ dataset, ...pause }) => [dataset, pause]));
  const incidents = new Map((await readIncidents(db)).map(({ dataset, ...counts }) => [dataset, counts]));
  const found: DatasetCheckpoints[] = [];
  for (const dataset of datasets) {
    const shown = await sourceCheckpoints(db, { dataset, source, limit });
    const totals = await sourceTotals(db, dataset);
    const republications = await listRepublications(db, { dataset, source, limit: REPUBLICATIONS });
    found.push({
      dataset,
      paused: pauses.get(dataset) ?? null,
      incidents: incidents.get(dataset) ?? NOTHING,
      ...totals,
      shown,
      more: source === undefined ? totals.sources - shown.length : 0,
      republications,
    });
  }
  return found;
}
