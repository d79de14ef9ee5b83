import { type DatasetPlan, loadPlans, planNamed } from '@millrace/dataset';
import { type DatasetDigest, digest, effectivePlan } from '@millrace/postgres';
import { expect } from 'vitest';
import type { KindAnswer } from './kind-model.js';
import type { KindData } from './kinds.js';
import type { Pipeline } from './pipeline.js';
import { until } from './until.js';

/** Many small chunks: something is on its way at every moment. */
const CHUNK_BYTES = 12 * 1024;

/** Runs all kinds at once through one pipeline, as `run --once` would one after the other. */
export class KindRuns {
  private readonly plans: DatasetPlan[];

  constructor(
    private readonly pipeline: Pipeline,
    configs: string,
    private readonly data: KindData[],
  ) {
    const plans = loadPlans(configs);
    this.plans = data.map(({ kind }) => planNamed(plans, kind.name));
  }

  /**
   * Asks for a directory of each kind, and waits until all are listed: scans are listed in their order, whoever does it, so that
   * sources have the same numbers in every run.
   */
  async request(pass: 0 | 1): Promise<void> {
    const size = { mode: 'streaming', chunk_bytes: CHUNK_BYTES, in_flight_bytes: 1 << 30 };
    await this.pipeline.database.query(
      `insert into millrace.scans (dataset, path, fingerprint, plan)
       select dataset, path, fingerprint, $4 from unnest($1::text[], $2::text[], $3::text[]) with ordinality
         as wanted (dataset, path, fingerprint, number) order by number`,
      [
        this.plans.map(({ name }) => name),
        this.data.map(({ directories }) => directories[pass]),
        this.plans.map(({ fingerprint }) => fingerprint),
        JSON.stringify(size),
      ],
    );
    const requested = "select count(*) from millrace.scans where state = 'requested'";
    await until(async () => (await this.pipeline.count(requested)) === 0);
  }

  /** Scans that are not at their end. @throws while PostgreSQL is away */
  open(): Promise<number> {
    return this.pipeline.count("select count(*) from millrace.scans where state in ('requested', 'listed')");
  }

  /** Parts of chunks that are applied. @throws while PostgreSQL is away */
  applied(): Promise<number> {
    return this.pipeline.count('select count(*) from millrace.ledger');
  }

  async finished(): Promise<void> {
    await expect.poll(() => this.open(), { timeout: 150_000, interval: 100 }).toBe(0);
  }

  /** All that a run leaves behind: digests of rows, gold, duplicates, rejects and books, and the views' rows. */
  async contents(): Promise<Record<string, DatasetDigest & { view: string }>> {
    const { database } = this.pipeline;
    const contents: Record<string, DatasetDigest & { view: string }> = {};
    for (const plan of this.plans) {
      const [{ view }] = await database.query<{ view: string }>(
        `select string_agg(best::text, e'\\n' order by best::text collate "C") as view from public.${plan.top_n[0].view} best`,
      );
      contents[plan.name] = { ...(await digest(database, await effectivePlan(database, plan))), view };
    }
    return contents;
  }

  /** In the terms of the model. */
  async answers(): Promise<Record<string, KindAnswer>> {
    const answers: Record<string, KindAnswer> = {};
    for (const { name } of this.plans) answers[name] = await this.answer(name);
    return answers;
  }

  private async answer(name: string): Promise<KindAnswer> {
    const { database } = this.pipeline;
    const [totals] = await database.query<KindAnswer['totals']>(
      `select sum(rows_in)::int as rows_in, sum(written)::int as written, sum(duplicates)::int as duplicates,
         sum(rejected)::int as rejected from millrace.books where dataset = $1`,
      [name],
    );
    const kept = await database.query<{ place: string }>(
      `select regexp_replace(path, '^.*/', '') || ' ' || _record as place
       from public.${name} join millrace.sources on sources.id = _source`,
    );
    const regions = await database.query<KindAnswer['regions'][number]>(
      `select region, n::int, (total * 100)::int as total, (lowest * 100)::int as lowest, (highest * 100)::int as highest
       from public.${name}_regions order by region`,
    );
    return { totals, kept: kept.map(({ place }) => place).sort(), regions };
  }

  /** Nothing failed, was healed or set aside, and all books are balanced and complete. */
  async expectSound(): Promise<void> {
    const { database } = this.pipeline;
    expect(await database.query("select dataset, error from millrace.scans where state <> 'finished'")).toEqual([]);
    expect(await database.query('select * from millrace.books where not balanced or not complete')).toEqual([]);
    expect(await this.pipeline.faults()).toEqual({ set_aside: '0', heals: '0' });
  }
}
