import { MillraceError } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import type { Transaction } from '@millrace/postgres';
import { currentPlan } from '@millrace/stage';
import type { Logger } from '@millrace/telemetry';
import { type Listed, writeDrift, writeSchemas } from '../steps/drift-log.js';
import { type EvolveParts, evolveDataset } from '../steps/evolve-dataset.js';
import { type DriftDecision, decideDrift } from '../steps/inspect/decide-drift.js';
import { type FileToInspect, type InspectedFile, inspectSource } from '../steps/inspect-source.js';
import { type InspectedSource, writeInspections } from '../steps/inspection.js';
import { unknownDataset } from '../steps/pick-scan.js';
import type { Findings } from '../steps/register-sources.js';
import { isSourceError } from '../steps/source-file.js';

export interface InspectorParts extends EvolveParts {
  log: Logger;
}

const FILES_AT_ONCE = 16;

/**
 * Looks at the new sources of a listing, all of them before any is cut: how each is to be read, and how its fields differ from
 * the dataset's columns. What the dataset's policy makes of that is done here, so that the sources are cut under the version that it leads to.
 */
export class Inspector {
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly parts: InspectorParts) {}

  /** @throws MillraceError PLAN_UNKNOWN; errors of PostgreSQL. Files that cannot be read, or not yet, are left out */
  async inspect(listed: Listed, files: readonly FileToInspect[]): Promise<SourceFindings> {
    const plan = currentPlan(this.parts.plans, listed.dataset);
    if (!plan) throw unknownDataset(listed.dataset);
    const { inspected, errors } = await this.look(files, plan);
    const compared = [...inspected].map(([path, file]) => ({ path, ...file.compared }));
    const decision = decideDrift(plan, compared);
    const current = await this.evolve(plan, decision);
    this.tell(listed, inspected, decision);
    return new SourceFindings(listed, current, inspected, decision, errors);
  }

  private async look(files: readonly FileToInspect[], plan: DatasetPlan) {
    const found: (InspectedFile | null)[] = files.map(() => null);
    const errors = new Map<string, MillraceError>();
    const rest = files.entries();
    const work = async () => {
      for (const [index, file] of rest) {
        try {
          found[index] = await inspectSource(file, plan);
        } catch (error) {
          if (!isSourceError(error)) throw error;
          errors.set(file.path, error);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(FILES_AT_ONCE, files.length) }, work));
    const inspected = new Map(
      files.flatMap(({ path }, index) => {
        const file = found[index];
        return file ? [[path, file] as const] : [];
      }),
    );
    return { inspected, errors };
  }

  /** @returns the plan under which the sources are to be cut */
  private evolve(plan: DatasetPlan, decision: DriftDecision): Promise<DatasetPlan> {
    if (decision.columns.length === 0) return Promise.resolve(plan);
    // One at a time: it needs more than one connection.
    const evolving = this.turn.then(() => this.evolveNow(plan, decision));
    this.turn = evolving.catch(() => {});
    return evolving;
  }

  private async evolveNow(plan: DatasetPlan, decision: DriftDecision): Promise<DatasetPlan> {
    try {
      return await evolveDataset(this.parts, plan.name, decision.columns);
    } catch (error) {
      // The table may have a column of that name and another type: then the files are taken without it.
      if (!(error instanceof MillraceError && error.code === 'CONFIG_INVALID')) throw error;
      this.parts.log.error({ dataset: plan.name, err: error }, 'new columns cannot be added');
      for (const event of decision.events) if (event.action === 'evolved') event.action = 'reported';
      return plan;
    }
  }

  private tell({ dataset, scan }: Listed, inspected: Map<string, InspectedFile>, { events }: DriftDecision): void {
    const { log } = this.parts;
    for (const [path, { observed }] of inspected) {
      const { findings, format, dialect } = observed;
      if (findings.length > 0)
        log.info({ dataset, path, format, dialect, findings }, 'file is read as it was found to be');
    }
    for (const event of events) {
      const level = event.action === 'rejected' ? 'error' : event.action === 'ignored' ? 'debug' : 'warn';
      log[level]({ dataset, scan, ...event }, 'schema drift');
    }
  }
}

/** What was found out about the sources of one listing. */
export class SourceFindings implements Findings {
  constructor(
    private readonly listed: Listed,
    private readonly plan: DatasetPlan,
    private readonly inspected: ReadonlyMap<string, InspectedFile>,
    private readonly decision: DriftDecision,
    /** By path: files that could not be read. */
    readonly errors: ReadonlyMap<string, MillraceError>,
  ) {}

  /** By path; undefined where it could not be looked at. */
  of(path: string): Omit<InspectedSource, 'source'> | undefined {
    const file = this.inspected.get(path);
    if (!file) return undefined;
    const observed = { ...file.observed, plan: this.plan.fingerprint };
    return { context: file.context, observed, refused: this.decision.refused.get(path) ?? null };
  }

  async write(tx: Transaction, sourceOf: (path: string) => number | null): Promise<void> {
    const sources: InspectedSource[] = [];
    const schemas = [];
    for (const path of this.inspected.keys()) {
      const source = sourceOf(path);
      const found = this.of(path);
      if (source === null || !found) continue;
      sources.push({ ...found, source });
      if (found.observed.fields) schemas.push({ path, fields: found.observed.fields });
    }
    await writeInspections(tx, sources);
    await writeDrift(tx, this.listed, this.decision.events, sourceOf);
    await writeSchemas(tx, this.listed, schemas);
  }
}
