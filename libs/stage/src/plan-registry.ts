import { MillraceError } from '@millrace/contracts';
import { type DatasetPlan, planOf, registeredPlan } from '@millrace/dataset';
import type { Logger } from '@millrace/telemetry';
import { addPlan, currentPlan, type Plans } from './plans.js';
import { setServerUp } from './server-up.js';

/** A version of a dataset's plan, as it is registered. */
export interface RegisteredPlan {
  name: string;
  version: number;
  fingerprint: string;
  config: unknown;
}

export interface PlanReader {
  /** All versions, when they are not those of the last call; else undefined. @throws errors of PostgreSQL */
  read(): Promise<RegisteredPlan[] | undefined>;
  close(): Promise<void>;
}

const POLL_MS = 1000;
/** A fingerprint that the registry does not know is asked for so often at most. */
const ASK_MS = 1000;

/**
 * Keeps a service's plans up to date with the registry in PostgreSQL. A registry that cannot be read is nobody's failure: the
 * plans stay as they are, and it is asked again.
 */
export class PlanRegistry {
  private readonly registered = new Set<string>();
  private readonly given: ReadonlySet<string>;
  private readonly asked = new Map<string, number>();
  /** What became of the registered ones, by their fingerprint there: the last one is what this program makes of it. */
  private readonly compiled = new Map<string, DatasetPlan[]>();
  private served: Set<string> | undefined;
  private outdated = false;
  private turn: Promise<boolean> = Promise.resolve(true);
  private trouble = '';
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  /**
   * @param plans those of files @param reader undefined: there is no registry, only the plans given
   * @param onNewDatasets told once of datasets that came after `watch`: their topics can only be read by a process that is
   * started anew
   */
  constructor(
    readonly plans: Plans,
    private readonly reader: PlanReader | undefined,
    private readonly log: Pick<Logger, 'info' | 'warn' | 'error'>,
    private readonly onNewDatasets: (names: string[]) => void,
  ) {
    this.given = new Set(plans.keys());
  }

  /** Whether a plan is a registered one, as of the last reading. */
  isRegistered(fingerprint: string): boolean {
    return this.registered.has(fingerprint);
  }

  /** Plans that were given and are not registered, and current ones that an earlier program registered as another plan. */
  unregistered(): DatasetPlan[] {
    const { plans } = this;
    const open = [...plans.values()].filter(({ fingerprint }) => !this.registered.has(fingerprint));
    return open.filter((plan) => this.given.has(plan.fingerprint) || currentPlan(plans, plan.name) === plan);
  }

  /** Whether there are datasets that only a process that is started anew takes in: what concerns them is left to that one. */
  get isOutdated(): boolean {
    return this.outdated;
  }

  /** Reads the registry now: what it says is begun to be read after the call. @returns false when it cannot be read */
  refresh(): Promise<boolean> {
    this.turn = this.turn.then(() => this.read());
    return this.turn;
  }

  /** A plan by its fingerprint, asked for in the registry when it is not known. */
  async ask(fingerprint: string): Promise<DatasetPlan | undefined> {
    const known = this.plans.get(fingerprint);
    const now = performance.now();
    if (known || now - (this.asked.get(fingerprint) ?? Number.NEGATIVE_INFINITY) < ASK_MS) return known;
    if (await this.refresh()) this.asked.set(fingerprint, now);
    return this.plans.get(fingerprint);
  }

  /** Why a plan that was asked for is not known, where that is no reason to refuse what was made under it: another one may know it. */
  whyMissing(fingerprint: string): MillraceError | undefined {
    if (this.plans.has(fingerprint)) return undefined;
    if (this.compiled.has(fingerprint)) return ofLaterRelease(fingerprint);
    if (this.trouble === '') return undefined;
    return new MillraceError(
      'POSTGRES_UNREACHABLE',
      `cannot ask the registry for plan ${fingerprint}: ${this.trouble}`,
    );
  }

  /** From now on the datasets are those that are known; their new versions are taken in each second. */
  watch(): void {
    this.served = new Set([...this.plans.values()].map(({ name }) => name));
    if (this.reader) this.schedule();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.turn;
    await this.reader?.close();
  }

  private schedule(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => void this.refresh().then(() => this.schedule()), POLL_MS);
    this.timer.unref();
  }

  private async read(): Promise<boolean> {
    if (!this.reader || this.stopped) return false;
    try {
      const rows = await this.reader.read();
      setServerUp('postgres', true);
      if (this.trouble) this.log.info('the registry of datasets is read again');
      this.trouble = '';
      if (rows) this.take(rows);
      return true;
    } catch (error) {
      setServerUp('postgres', false);
      const message = (error as Error).message || String(error);
      if (message !== this.trouble) this.log.warn({ err: error }, 'cannot read the registry of datasets');
      this.trouble = message;
      return false;
    }
  }

  private take(rows: RegisteredPlan[]): void {
    const strange = new Set<string>();
    for (const row of rows.toSorted((a, b) => a.version - b.version)) {
      if (this.served && !this.served.has(row.name)) {
        strange.add(row.name);
        continue;
      }
      for (const plan of this.plansOf(row)) this.add(plan, row);
    }
    if (strange.size === 0) return;
    this.outdated = true;
    this.onNewDatasets([...strange]);
  }

  private add(plan: DatasetPlan, { name, version, fingerprint }: RegisteredPlan): void {
    const isNew = !this.plans.has(plan.fingerprint);
    if (plan.fingerprint === fingerprint) this.registered.add(fingerprint);
    addPlan(this.plans, plan);
    if (isNew) this.log.info({ dataset: name, version, plan: plan.fingerprint }, 'plan known');
  }

  /**
   * The plan of a registered config. Where another release registered it, its fingerprint may be another one now: the plan as it was
   * registered, if this program can tell, for what is under way; then as this program has it, not registered yet. None for a config
   * that it cannot read.
   */
  private plansOf({ name, version, fingerprint, config }: RegisteredPlan): DatasetPlan[] {
    const known = this.compiled.get(fingerprint);
    if (known) return known;
    const found: DatasetPlan[] = [];
    try {
      const given = this.plans.get(fingerprint);
      const registered = given ?? registeredPlan(config, fingerprint);
      const own = given ?? planOf(config);
      if (registered && registered.fingerprint !== own.fingerprint) found.push(registered);
      found.push(own);
    } catch (error) {
      this.log.error({ dataset: name, version, err: error }, 'registered plan cannot be read');
    }
    this.compiled.set(fingerprint, found);
    return found;
  }
}

/** Nothing may be set aside for it: an instance of that release takes the message. */
function ofLaterRelease(fingerprint: string): MillraceError {
  const message = `plan ${fingerprint} was registered by a later release than this program's: it waits for an instance of that release`;
  return new MillraceError('PLAN_SEMANTICS', message);
}
