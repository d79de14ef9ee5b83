import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseConfig, planOf, registeredPlan, requireSemantics, SEMANTICS } from './index.js';

const text = `
name: people
source: { pattern: "*.csv" }
table: people
key: id
columns:
  - { name: id, type: text, required: true }
`;
/** As `millrace.datasets` gives it back. */
const config = JSON.parse(JSON.stringify(planOf(parseConfig(text, 'people.yaml')).config)) as Record<string, unknown>;

function sorted(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(sorted);
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

/** What a release with these semantics registers a config as. */
function fingerprintBy(of: Record<string, unknown>, semantics: number): string {
  const content = JSON.stringify(sorted({ config: of, parts: of.parts, hash: 'murmur3-2x32', semantics }));
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}

describe('a registered plan', () => {
  it('of this release is what its config gives', () => {
    const plan = planOf(config);
    expect(plan).toMatchObject({ fingerprint: fingerprintBy(config, SEMANTICS), semantics: SEMANTICS });
    expect(registeredPlan(config, plan.fingerprint)).toEqual(plan);
    expect(() => requireSemantics(plan)).not.toThrow();
  });

  it('of an earlier release with other cleaning rules is known, and never cleaned by those of this one', () => {
    const earlier = fingerprintBy(config, SEMANTICS - 1);
    const plan = registeredPlan(config, earlier);
    expect(plan).toMatchObject({ name: 'people', fingerprint: earlier, semantics: SEMANTICS - 1 });
    expect(() => requireSemantics(plan!)).toThrow(expect.objectContaining({ code: 'PLAN_SEMANTICS', retriable: true }));
  });

  it('of a release that had fewer keys in its configs is cleaned as before: their defaults are what was done then', () => {
    const { top_n: _since, ...former } = config;
    const fingerprint = fingerprintBy(former, SEMANTICS);
    expect(fingerprint).not.toBe(planOf(config).fingerprint);
    const plan = registeredPlan(former, fingerprint);
    expect(plan).toEqual({ ...planOf(config), fingerprint });
    expect(() => requireSemantics(plan!)).not.toThrow();
  });

  it('of a later release is not known', () => {
    expect(registeredPlan(config, fingerprintBy(config, SEMANTICS + 1))).toBeUndefined();
    expect(() => registeredPlan({ ...config, of_later: true }, 'f'.repeat(16))).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });
});
