import type { Database } from '@millrace/postgres';

/** A way in which a source of a run differed from its dataset, and what was done about it. */
export interface DriftEvent {
  path: string;
  kind: 'new' | 'missing' | 'renamed' | 'retyped';
  column: string;
  detail: string;
  action: string;
}

/** By column: what happens in a thousand files alike is told once, with the first of them. */
export async function readDrift(db: Database, scan: number): Promise<(DriftEvent & { files: number })[]> {
  return db.query(
    `select (array_agg(path order by id))[1] as path, kind, column_name as "column", (array_agg(detail order by id))[1] as detail,
       action, count(distinct path)::int as files
     from millrace.drift_events where scan = $1 group by kind, column_name, action order by min(id)`,
    [scan],
  );
}

/** What was found out about how the sources of a run are read, where it was not stated: the same finding is told once. */
export async function readFindings(
  db: Database,
  scan: number,
): Promise<{ finding: string; path: string; files: number }[]> {
  return db.query(
    `select finding, min(path) as path, count(*)::int as files
     from millrace.sources s join millrace.scan_sources on source = s.id
       cross join lateral json_array_elements_text(coalesce(s.observed->'findings', '[]')::json) with ordinality as f (finding, place)
     where scan = $1 group by finding order by min(s.id), min(place)`,
    [scan],
  );
}
