import { MillraceError } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import { describe, expect, it, vi } from 'vitest';
import { WaitingPlans } from './waiting-plans.js';

const PLAN = { name: 'sales' } as DatasetPlan;

function rig(register: (plans: readonly DatasetPlan[]) => Promise<DatasetPlan[]>) {
  const options = { register: vi.fn(register), note: vi.fn(), problem: vi.fn(), isEnding: () => false };
  const waiting = new WaitingPlans(options, { wait_ms: 100, pause_ms: 1 });
  waiting.add([PLAN]);
  return { waiting, ...options };
}

describe('a config that waits for work under the former one', () => {
  it('is tried again until it is current, also when the database is away meanwhile', async () => {
    let tries = 0;
    const { waiting, register, note, problem } = rig(async (plans) => {
      tries++;
      if (tries === 2) throw new MillraceError('POSTGRES_UNREACHABLE', 'away');
      return tries < 4 ? [...plans] : [];
    });
    await waiting.run();
    expect(register).toHaveBeenCalledTimes(4);
    expect(waiting.isEmpty).toBe(true);
    expect(note).toHaveBeenLastCalledWith('the new config is current now');
    expect(problem).not.toHaveBeenCalled();
  });

  it('is given up after a while, or at once when it can never be', async () => {
    const busy = rig(async (plans) => [...plans]);
    await busy.waiting.run();
    expect(busy.problem).toHaveBeenCalledWith(expect.objectContaining({ code: 'PLAN_BUSY' }));

    const invalid = rig(async () => {
      throw new MillraceError('CONFIG_INVALID', 'the key changes');
    });
    await invalid.waiting.run();
    expect(invalid.register).toHaveBeenCalledTimes(1);
    expect(invalid.problem).toHaveBeenCalledWith(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
