import { groupOf, parseTopic, topicsOf } from '@millrace/contracts';
import { compilePlan, parseConfig } from '@millrace/dataset';
import { describe, expect, it } from 'vitest';
import { SERVICES } from '../../apps/cli/src/scale.js';
import { Overlay } from './overlay.js';

interface ScaledObjectSpec {
  scaleTargetRef: { kind: string; name: string };
  minReplicaCount: number;
  maxReplicaCount: number;
  triggers: { type: string; metadata: Record<string, string>; authenticationRef: { name: string } }[];
}

describe('component keda', () => {
  const overlay = new Overlay('production');
  const scaled = overlay.of('ScaledObject').map(({ metadata, spec }) => ({
    service: metadata.name.replace('millrace-', '') as (typeof SERVICES)[number],
    spec: spec as unknown as ScaledObjectSpec,
  }));
  const [config] = overlay.of('ConfigMap').filter(({ metadata }) => metadata.name.startsWith('millrace-datasets'));
  const partitions = new Map(
    Object.entries(config.data!).flatMap(([file, text]) => {
      const plan = compilePlan(parseConfig(text, file));
      return topicsOf(plan.name, plan.parts).map((topic) => [topic.topic, topic.partitions] as const);
    }),
  );

  it('scales each service by what waits for it, and no further than there are partitions', () => {
    expect(scaled.map(({ service }) => service).sort()).toEqual([...SERVICES].sort());
    for (const { service, spec } of scaled) {
      const topics = spec.triggers.map(({ metadata }) => metadata.topic);
      const read = {
        ingestor: ['inbox'],
        cleaner: ['bronze'],
        deduper: ['silver'],
        aggregator: ['screened', 'rejects'],
      };
      expect(topics.map((topic) => parseTopic(topic)?.layer)).toEqual(read[service]);
      const most = Math.max(...topics.map((topic) => partitions.get(topic) ?? 0));
      expect(spec.maxReplicaCount, service).toBeLessThanOrEqual(most);
      expect(spec.maxReplicaCount).toBeGreaterThan(spec.minReplicaCount);
    }
  });

  it('asks the group that the service is in, with a login that is there', () => {
    for (const { service, spec } of scaled) {
      const { container, manifest } = overlay.ours.find(({ name }) => name === service)!;
      expect(spec.scaleTargetRef).toMatchObject({ kind: manifest.kind, name: manifest.metadata.name });
      // Else each apply would take back what KEDA decided.
      expect(manifest.spec.replicas).toBeUndefined();
      for (const { type, metadata, authenticationRef } of spec.triggers) {
        expect(type).toBe('kafka');
        expect(metadata.consumerGroup).toBe(groupOf(service));
        expect(overlay.environmentOf(container)).toHaveProperty(metadata.bootstrapServersFromEnv);
        const { secretTargetRef } = overlay.named('TriggerAuthentication', authenticationRef.name).spec;
        for (const { name, key } of secretTargetRef as { name: string; key: string }[]) {
          const secret = overlay.secrets.find(({ metadata: { name: found } }) => found === name);
          expect(secret?.stringData).toHaveProperty(key);
        }
      }
    }
  });
});
