import { decodeRejectsMessage } from '@millrace/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DeduperRig, PARTS, type Verdict } from './deduper-rig.js';

const keys = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
const suspects = (verdicts: Verdict[]) => verdicts.filter(({ suspect }) => suspect).length;

let rig: DeduperRig;

beforeEach(async () => {
  rig = new DeduperRig();
  await rig.open();
});

afterEach(() => rig.close());

describe('the deduper', () => {
  it('forwards every body byte for byte and suspects exactly what may be known', async () => {
    await rig.start();
    const first = await rig.verdicts(await rig.send(keys('a', 10_000)));
    expect(first.length).toBe(10_000);
    expect(suspects(first)).toBeLessThan(30);
    // The second half is new, but for one key that stands twice in one batch.
    const names = await rig.send([...keys('a', 5000), ...keys('b', 5000), 'c', 'c']);
    const second = await rig.verdicts(names);
    expect(second.filter(({ key, suspect }) => key.startsWith('a') && !suspect)).toEqual([]);
    expect(suspects(second.filter(({ key }) => key.startsWith('b')))).toBeLessThan(15);
    expect(second.filter(({ key }) => key === 'c').map(({ suspect }) => suspect)).toEqual([false, true]);
    for (const name of rig.sent.keys()) expect(rig.arrived(name).length).toBe(1);
    expect(rig.screened.length).toBe(rig.sent.size);
  });

  it('sets aside what is no batch or in the wrong partition, and the rest goes on', async () => {
    await rig.start();
    await rig.sendRaw(0, Buffer.from('garbage'));
    await rig.sendRaw(1, rig.batch(9, 2, ['x']));
    const after = await rig.verdicts(await rig.send(keys('a', 2000)));
    expect(suspects(after)).toBeLessThan(10);
    await rig.until(() => rig.rejects.length === 2, 'two messages set aside');
    const setAside = rig.rejects.map(({ value }) => decodeRejectsMessage(value as Buffer));
    const codes = setAside.map((message) => (message.kind === 'set_aside' ? message.setAside.code : 'manifest'));
    expect(codes.sort()).toEqual(['MESSAGE_CONTRACT', 'MESSAGE_GARBAGE']);
    expect(rig.screened.length).toBe(rig.sent.size);
  });

  it('knows every key after kill -9, from its snapshot and what silver holds since', async () => {
    await rig.start();
    await rig.verdicts(await rig.send(keys('a', 4000)));
    await rig.stop('SIGTERM');
    await rig.start();
    await rig.verdicts(await rig.send(keys('b', 4000)));
    await rig.caughtUp();
    await rig.stop('SIGKILL');

    // The table is not empty, as if the aggregator had been at work: nothing but the filter can know these keys.
    await rig.write(['z']);
    await rig.start();
    const begun = rig.said('part begun');
    expect(begun.map(({ from }) => from)).toEqual(Array(PARTS).fill('snapshot'));
    expect(begun.every(({ begin, committed }) => Number(begin) < Number(committed))).toBe(true);
    const forwarded = rig.screened.length;
    const again = await rig.verdicts(await rig.send([...keys('a', 4000), ...keys('b', 4000)]));
    expect(suspects(again)).toBe(8000);
    const fresh = await rig.verdicts(await rig.send(keys('c', 4000)));
    expect(suspects(fresh)).toBeLessThan(15);
    // What only refilled was not published a second time.
    expect(rig.screened.length).toBe(rig.sent.size);
    expect(rig.screened.length).toBeGreaterThan(forwarded);
  });

  it('suspects everything when its snapshots are gone, until the keys are read back from the table', async () => {
    await rig.start();
    await rig.verdicts(await rig.send(keys('a', 30_000)));
    await rig.caughtUp();
    await rig.stop('SIGKILL');
    await rig.write(keys('a', 30_000));
    await rig.trimSilver();
    rig.loseSnapshots();

    const meanwhile = await rig.database.transaction(async (tx) => {
      // Holds the reading back for as long as this transaction lasts.
      await tx.query(`lock table "${rig.dataset}" in access exclusive mode`);
      await rig.start();
      return rig.verdicts(await rig.send(keys('b', 4000)));
    });
    expect(rig.said('part begun').map(({ from }) => from)).toEqual(Array(PARTS).fill('table'));
    expect(suspects(meanwhile)).toBe(4000);

    await rig.until(() => rig.said('keys read back').length > 0, 'keys read back');
    expect(rig.said('keys read back').map((line) => line.keys)).toEqual([30_000]);
    const known = await rig.verdicts(await rig.send([...keys('a', 30_000), ...keys('b', 4000)]));
    expect(suspects(known)).toBe(34_000);
    const fresh = await rig.verdicts(await rig.send(keys('c', 4000)));
    expect(suspects(fresh)).toBeLessThan(15);
  });

  it('goes on with everything suspect while the database is down', async () => {
    await rig.start({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' });
    const verdicts = await rig.verdicts(await rig.send(keys('a', 2000)));
    expect(suspects(verdicts)).toBe(2000);
    await rig.until(() => rig.said('keys cannot be read back yet').length > 0, 'a failed attempt');
  });

  it('never drops a message, whatever is lost at whatever moment', async () => {
    const names = (await Promise.all(['a', 'b', 'c', 'd'].map((prefix) => rig.send(keys(prefix, 20_000))))).flat();
    for (const fault of ['deduper.before_ack:9', 'deduper.before_commit:1', 'deduper.after_commit:1']) {
      await rig.start({ MILLRACE_FAULT: fault });
      await rig.ended();
      rig.loseSnapshots();
    }
    await rig.start();
    await rig.caughtUp();
    const verdicts = await rig.verdicts(names);
    expect(verdicts.length).toBe(80_000);
  });
});
