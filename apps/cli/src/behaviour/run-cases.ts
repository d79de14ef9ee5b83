import { DatabaseLink } from '../run/link.js';
import { runOnce } from '../run/run-once.js';
import type { Servers } from '../run/with-services.js';
import type { RunScreen } from '../screen/run-screen.js';
import { compareCase, type Difference, updateCase } from './compare-case.js';
import type { BehaviourCase } from './find-cases.js';

export interface CaseResult {
  name: string;
  passed: boolean;
  /** Files compared, or written. */
  files: number;
  differences: Difference[];
  /** Why it did not come so far; books that do not balance are one. */
  failure: string | null;
}

export interface CasesOptions {
  servers: Servers;
  update: boolean;
  patience_ms: number;
  signal: AbortSignal;
}

const AT_ONCE = 6;

/** Runs cases through services that know their plans, some at a time, each as `run --once` does, and compares what is in PostgreSQL then. */
export async function runCases(
  cases: BehaviourCase[],
  { servers, update, patience_ms, signal }: CasesOptions,
  onResult: (result: CaseResult) => void,
): Promise<void> {
  const waiting = () => undefined;
  const rest = cases.values();
  const work = async () => {
    const link = new DatabaseLink(servers.database_url, { patience_ms, signal, waiting });
    try {
      for (const behaviour of rest) onResult(await runCase(behaviour, link));
    } finally {
      await link.close();
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, cases.length) }, work));

  async function runCase(behaviour: BehaviourCase, link: DatabaseLink): Promise<CaseResult> {
    const { name, plan, input } = behaviour;
    try {
      const { result } = await runOnce({ plan, path: input, ...servers, patience_ms, signal, link }, SILENT);
      // A file that cannot be read is red, and may be what the case is about: only rows must be accounted for.
      const out = result.written + result.duplicates + result.rejected;
      if (result.rows_in !== out) return failed(name, `${result.rows_in} rows in, ${out} out`);
      if (update) {
        const files = await link.ask((db) => updateCase(db, behaviour));
        return { name, passed: true, files: files.length, differences: [], failure: null };
      }
      const { files, differences } = await link.ask((db) => compareCase(db, behaviour));
      return { name, passed: differences.length === 0, files, differences, failure: null };
    } catch (error) {
      return failed(name, error instanceof Error ? error.message : String(error));
    }
  }
}

function failed(name: string, failure: string): CaseResult {
  return { name, passed: false, files: 0, differences: [], failure };
}

const nothing = () => undefined;
const SILENT: RunScreen = {
  note: nothing,
  found: nothing,
  progress: nothing,
  live: nothing,
  books: nothing,
  drift: nothing,
  rejects: nothing,
  gold: nothing,
  result: nothing,
  summary: nothing,
  failed: nothing,
};
