import { createLogger } from '@millrace/telemetry';
import { describe, expect, it } from 'vitest';
import { Assignment } from './assignment.js';
import type { ApplyFlow } from './stage.js';

const logger = createLogger({ service: 'test', instance: 'test', level: 'silent' });
const topic = 'silver.sales';
const at = (partition: number) => ({ topic, partition });

/** @param committed by partition; change it to commit as somebody else */
function assignment(
  committed: (bigint | undefined)[],
  begin?: (committed: bigint | undefined) => bigint | undefined,
  more: Pick<ApplyFlow, 'outOfRange'> = {},
) {
  const events: string[] = [];
  const errors: unknown[] = [];
  const flow = {
    async begin({ partition }: { partition: number }, offset: bigint | undefined) {
      events.push(`begin ${partition}`);
      return begin?.(offset);
    },
    lost: ({ partition }: { partition: number }) => void events.push(`lost ${partition}`),
    ...more,
  };
  const kafka = { committed: async () => committed.map((offset, partition) => ({ topic, partition, offset })) };
  const seek = ({ partition, offset }: { partition: number; offset: bigint }) =>
    void events.push(`seek ${partition} ${offset}`);
  const fail = (error: unknown) => void errors.push(error);
  return {
    owned: new Assignment('group', [topic], kafka, () => ({ seek }), flow, false, logger, fail),
    events,
    errors,
  };
}

describe('assignment', () => {
  it('begins what is new and gives up what is gone', async () => {
    const { owned, events } = assignment([5n, undefined]);
    owned.assign([at(0), at(1)]);
    expect(owned.isSettled).toBe(false);
    await owned.settled;
    expect(owned.isSettled).toBe(true);
    expect(owned.find(at(0))?.expected).toBe(5n);
    expect(owned.find(at(1))?.expected).toBe(undefined);
    owned.assign([at(1)]);
    await owned.settled;
    expect(owned.find(at(0))).toBe(undefined);
    expect(events).toEqual(['begin 0', 'begin 1', 'lost 0']);
  });

  it('keeps over a rebalance what nobody else committed for, and goes on behind what is in flight', async () => {
    const committed = [5n];
    const { owned, events } = assignment(committed);
    owned.assign([at(0)]);
    await owned.settled;
    const before = owned.find(at(0));
    before?.take(5n, 1);
    owned.assign([at(0)]);
    await owned.settled;
    expect(owned.find(at(0))).toBe(before);
    expect(events).toEqual(['begin 0', 'seek 0 6']);
  });

  it('begins anew what somebody else committed for, after what was in flight', async () => {
    const committed = [5n];
    const { owned, events } = assignment(committed);
    owned.assign([at(0)]);
    await owned.settled;
    const before = owned.find(at(0))!;
    const taken = before.take(5n, 1);
    committed[0] = 9n;
    owned.assign([at(0)]);
    await new Promise(setImmediate);
    expect(before.abandoned).toBe(true);
    expect(events).toEqual(['begin 0']);
    before.finish(taken);
    await owned.settled;
    expect(events).toEqual(['begin 0', 'lost 0', 'begin 0']);
    expect(owned.find(at(0))?.expected).toBe(9n);
  });

  it('seeks back where begin asks for it, but never skips what is not committed', async () => {
    const back = assignment([5n], () => 2n);
    back.owned.assign([at(0)]);
    await back.owned.settled;
    expect(back.events).toEqual(['begin 0', 'seek 0 2']);
    const ahead = assignment([5n], () => 8n);
    ahead.owned.assign([at(0)]);
    await ahead.owned.settled;
    expect(ahead.owned.find(at(0))?.expected).toBe(5n);
  });

  it('whose log was cut or made anew goes on with whatever it has', async () => {
    const { owned, events } = assignment([5n]);
    owned.assign([at(0)]);
    owned.restart(at(0));
    owned.restart(at(1));
    await owned.settled;
    expect(owned.find(at(0))).toMatchObject({ expected: undefined, committed: undefined });
    expect(owned.find(at(1))).toBe(undefined);
    expect(events).toEqual(['begin 0']);
  });

  it('whose log was cut or made anew goes on where the flow says, after what was in flight', async () => {
    const { owned, events } = assignment([5n], undefined, {
      outOfRange: async ({ partition }) => {
        events.push(`out of range ${partition}`);
        return 3n;
      },
    });
    owned.assign([at(0)]);
    await owned.settled;
    const before = owned.find(at(0))!;
    const taken = before.take(5n, 1);
    owned.restart(at(0));
    await new Promise(setImmediate);
    expect(before.abandoned).toBe(true);
    before.finish(taken);
    await owned.settled;
    expect(events).toEqual(['begin 0', 'lost 0', 'out of range 0', 'seek 0 3']);
    expect(owned.find(at(0))?.expected).toBe(3n);
  });

  it('skips a generation that was overtaken, and reports a begin that fails', async () => {
    const { owned, events } = assignment([0n, 0n]);
    owned.assign([at(0)]);
    owned.assign([at(1)]);
    await owned.settled;
    expect(events).toEqual(['begin 1']);
    const broken = assignment([0n], () => {
      throw new Error('no snapshot');
    });
    broken.owned.assign([at(0)]);
    await broken.owned.settled;
    expect(broken.errors).toEqual([new Error('no snapshot')]);
  });
});
