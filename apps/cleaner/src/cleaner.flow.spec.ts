import { CONTRACT, encodeChunk, KIND, openEnvelope, sealEnvelope } from '@millrace/contracts';
import type { DatasetPlan } from '@millrace/dataset';
import type { StageMessage } from '@millrace/stage';
import { describe, expect, it } from 'vitest';
import { CleanerFlow } from './cleaner.flow.js';
import { cleanChunk } from './steps/clean-chunk.js';
import { columnOf, fileChunk } from './steps/testing/any-dataset.js';

const plan = columnOf({ type: 'integer', on_invalid: 'reject' });
const chunk = fileChunk(plan, 'a,1\nb,x\nc,3\n', 3);

const bronze = (value: Buffer): StageMessage => ({
  ...{ topic: 'bronze.things', partition: 0, offset: 0n, value, headers: {}, timestamp_ms: 0 },
});
const flowOf = (of: DatasetPlan) => new CleanerFlow(new Map([[of.fingerprint, of]]));

describe('the cleaner', () => {
  it('gives batches and one manifest, all in the contract version of the chunk', () => {
    const { outputs, counts } = flowOf(plan).transform(bronze(encodeChunk(chunk, CONTRACT.oldest)));
    expect(counts).toMatchObject({ records: 3, rows: 2, rejected: 1 });
    expect([...new Set(outputs.map(({ topic }) => topic))]).toEqual(['silver.things', 'rejects.things']);
    expect(outputs.map(({ value }) => value[5])).toEqual(outputs.map(() => CONTRACT.oldest));
  });

  it('makes the same of a chunk in whichever version: nothing but the version differs', () => {
    const [one, other] = [3, 7].map((contract) => cleanChunk(plan, chunk, { contract }));
    expect(other.manifest).toEqual(one.manifest);
    expect(one.batches.length).toBeGreaterThan(0);
    for (const [index, { message, ...rest }] of other.batches.entries()) {
      expect(message[5]).toBe(7);
      const again = Buffer.from(message);
      const { source, chunk: number, plan: fingerprint } = chunk;
      sealEnvelope(again, { kind: KIND.batch, flags: 0, source, chunk: number, plan: fingerprint }, 3);
      expect({ ...rest, message: again }).toEqual(one.batches[index]);
    }
  });

  it('waits for another release where the chunk is of a later one, or its plan has the rules of an earlier one', () => {
    const newer = encodeChunk(chunk);
    sealEnvelope(newer, openEnvelope(newer, [KIND.chunk]), CONTRACT.newest + 1);
    expect(() => flowOf(plan).transform(bronze(newer))).toThrow(
      expect.objectContaining({ code: 'CONTRACT_NEWER', retriable: true }),
    );
    const former = { ...plan, semantics: plan.semantics - 1 };
    expect(() => flowOf(former).transform(bronze(encodeChunk(chunk)))).toThrow(
      expect.objectContaining({ code: 'PLAN_SEMANTICS', retriable: true }),
    );
  });
});
